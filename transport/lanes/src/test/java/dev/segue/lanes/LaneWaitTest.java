package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Who waits, and who closes meanwhile. */
@EnabledOnOs(OS.LINUX)
@Timeout(300)
@SuppressWarnings("try") // closes by hand
class LaneWaitTest {
  private static final LanePublisherOptions IMPATIENT =
      LanePublisherOptions.of(Wire.FRAME_BYTE_SIZE).withReaders(4, 4, 4).waiting(Duration.ZERO);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private String prefix = "";
  private Node node;
  private Node otherNode;
  private Session session;
  private Session other;
  private Lanes lanes;
  private Lanes others;

  @BeforeEach
  void open() throws Exception {
    prefix = Wire.newPrefix();
    node = Wire.node(prefix);
    otherNode = Wire.node(prefix);
    session = Wire.listening();
    other = Wire.connected(session.locators().getFirst());
    lanes = Lanes.of(session, node);
    others = Lanes.of(other, otherNode);
  }

  @AfterEach
  void close() throws Exception {
    threads.shutdownNow();
    other.close();
    session.close();
    otherNode.close();
    node.close();
    Wire.assertNothingLeft(prefix);
  }

  private static <T> T result(Future<T> future) throws Exception {
    return future.get(Wire.LONG.toSeconds(), TimeUnit.SECONDS);
  }

  private <T> List<Future<T>> started(int count, Callable<T> task) {
    List<Future<T>> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      started.add(threads.submit(task));
    }
    return started;
  }

  /** While Zenoh is the lane, a message that finds no room in iceoryx2 comes by Zenoh. */
  @Test
  void whatIceoryx2HasNoRoomForComesByZenohWhileThatIsTheLane() throws Exception {
    for (LaneChoice choice : List.of(LaneChoice.NEAREST, LaneChoice.BOTH)) {
      KeyExpr key = KeyExpr.of("test/lanes/" + choice);
      try (LanePublisher publisher = lanes.declarePublisher(key, IMPATIENT)) {
        Wire.put(publisher, 0);
        try (LaneSubscriber subscriber =
            others.declareSubscriber(key, LaneSubscriberOptions.of(choice).withZenoh(Plain.HOLD))) {
          Wire.await(
              "a reader by both lanes",
              () -> {
                assertEquals(Optional.empty(), subscriber.tryReceive());
                return publisher.hasZenohSubscribers() && publisher.nearReaderCount() == 1;
              });
          int near = 0;
          for (int i = 1; i <= 30; i++) {
            near += Wire.put(publisher, i).nearCount();
          }
          assertEquals(4, near);
          for (int i = 1; i <= 30; i++) {
            try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
              assertEquals(i, Wire.number(sample));
            }
          }
          // And iceoryx2 is the lane when it has what comes next.
          int number = 31;
          Lane lane = Lane.ZENOH;
          while (lane == Lane.ZENOH) {
            Wire.put(publisher, number);
            try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
              assertEquals(number++, Wire.number(sample));
              lane = sample.lane();
            }
          }
          assertEquals(0, subscriber.missedCount());
        }
      }
    }
  }

  /** Zenoh tells the end of a publisher before what it put is there, on a line that is slow. */
  @Test
  void whatAPublisherOfZenohLeftOnItsWayComesAfterItsEnd() throws Exception {
    int byteSize = 1_000_000;
    int count = 8;
    String elsewhere = Wire.newPrefix();
    KeyExpr farKey = KeyExpr.of("test/lanes/far");
    KeyExpr nearKey = KeyExpr.of("test/lanes/near");
    try (SlowLine line = new SlowLine(session.locators().getFirst(), 5);
        Node far = Wire.node(elsewhere);
        Session third = Wire.connected(line.locator());
        LanePublisher near = others.declarePublisher(nearKey, Wire.FRAMES);
        LaneSubscriber subscriber = lanes.declareSubscriber(KeyExpr.of("test/lanes/*"))) {
      Wire.await("a match", near::hasZenohSubscribers);
      for (int round = 0; round < 3; round++) {
        LanePublisher publisher =
            Lanes.of(third, far).declarePublisher(farKey, LanePublisherOptions.of(byteSize));
        Wire.await("a match", publisher::hasZenohSubscribers);
        Wire.put(near, round);
        try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
          assertEquals(nearKey, sample.keyExpr());
        }
        int from = round * count;
        Future<Integer> reader =
            threads.submit(
                () -> {
                  for (int i = 0; i < count; i++) {
                    try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
                      assertEquals(farKey, sample.keyExpr());
                      assertEquals(from + i, sample.sequenceNumber().orElseThrow());
                    }
                  }
                  return count;
                });
        for (int i = 0; i < count; i++) {
          publisher.put(publisher.tryLoan(byteSize, Wire.LONG).orElseThrow());
        }
        publisher.close();
        assertEquals(count, result(reader));
      }
      Wire.await(
          "iceoryx2 alone",
          () -> {
            assertEquals(Optional.empty(), subscriber.tryReceive());
            return !subscriber.isOnZenoh();
          });
    }
    Wire.assertNothingLeft(elsewhere);
  }

  /** The ring of a message wakes one of them, who may leave without it. */
  @Test
  void whoIsInterruptedLeavesTheMessageToAnother() throws Exception {
    KeyExpr key = KeyExpr.of("test/lanes/interrupted");
    try (LaneSubscriber subscriber =
        LaneSubscriber.open(session, null, key, LaneSubscriberOptions.of(LaneChoice.ZENOH))) {
      BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
      List<Thread> waiting = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Runnable receives =
            () -> {
              try (LaneSample sample = subscriber.receive(Duration.ofDays(1)).orElseThrow()) {
                ends.add(sample);
              } catch (Exception e) {
                ends.add(e);
              }
            };
        waiting.add(Thread.ofPlatform().daemon().start(receives));
      }
      Wire.await(
          "two that wait",
          () -> waiting.stream().allMatch(t -> t.getState() == Thread.State.TIMED_WAITING));
      subscriber.reading.lock();
      try {
        session.put(key, SegmentedBytes.copyOfUtf8("x"));
        Wire.await("one that was woken", subscriber.reading::hasQueuedThreads);
        // All of them first: who is interrupted wakes the other one, who comes to the lock then.
        List<Thread> woken = waiting.stream().filter(subscriber.reading::hasQueuedThread).toList();
        woken.forEach(Thread::interrupt);
        assertInstanceOf(InterruptedException.class, ends.poll(60, TimeUnit.SECONDS));
      } finally {
        subscriber.reading.unlock();
      }
      assertInstanceOf(LaneSample.class, ends.poll(60, TimeUnit.SECONDS));
    }
  }

  /** A ring can come when one has looked and does not wait yet; another takes it, and a message. */
  @Test
  void whoHasLookedAndDoesNotWaitYetIsRungForByTheOneThatLeaves() throws Exception {
    for (Node with : new Node[] {null, node}) {
      try (Doorbell doorbell = new Doorbell(with)) {
        doorbell.enter();
        doorbell.enter();
        doorbell.ring();
        doorbell.await(with != null, Wire.LONG.toNanos());
        doorbell.leave();
        Future<Boolean> second =
            threads.submit(
                () -> {
                  doorbell.await(with != null, Duration.ofDays(1).toNanos());
                  return true;
                });
        assertTrue(result(second));
        doorbell.leave();
      }
    }
  }

  /** A close waits for a handler on another thread, not while it keeps that from asking. */
  @Test
  void aHandlerMayAskWhileAnotherThreadCloses() throws Exception {
    try (LaneSubscriber subscriber =
        lanes.declareSubscriber(Wire.KEY, LaneSubscriberOptions.of(LaneChoice.ZENOH))) {
      session.put(Wire.KEY, SegmentedBytes.copyOfUtf8("x"));
      List<Object> ends = new ArrayList<>();
      LaneSampleHandler handler =
          _ -> {
            Future<?> closing = threads.submit(subscriber::close);
            try {
              Wire.await("a close", subscriber::isClosed);
              assertThrows(TimeoutException.class, () -> closing.get(300, TimeUnit.MILLISECONDS));
              assertEquals(0, subscriber.missedCount());
              assertFalse(subscriber.isOnZenoh());
              assertThrows(TimeoutException.class, () -> closing.get(300, TimeUnit.MILLISECONDS));
            } catch (Exception e) {
              ends.add(e);
            }
          };
      Wire.await("a sample", () -> subscriber.poll(handler, 1) == 1);
      assertEquals(List.of(), ends);
    }
  }

  @Test
  void severalThreadsThatWaitGetEachMessageOnce() throws Exception {
    int count = 400;
    for (LaneChoice choice : LaneChoice.values()) {
      KeyExpr key = KeyExpr.of("test/lanes/" + choice);
      Set<Integer> got = ConcurrentHashMap.newKeySet();
      try (LaneSubscriber subscriber =
              others.declareSubscriber(
                  key, LaneSubscriberOptions.of(choice).withZenoh(Plain.HOLD));
          LanePublisher publisher = lanes.declarePublisher(key, Wire.FRAMES)) {
        Wire.await(
            "a reader",
            () -> {
              assertEquals(Optional.empty(), subscriber.tryReceive());
              return choice.readsFar()
                  ? publisher.hasZenohSubscribers()
                  : publisher.nearReaderCount() == 1;
            });
        List<Future<Integer>> readers =
            started(
                4,
                () -> {
                  int taken = 0;
                  while (got.size() < count) {
                    Optional<LaneSample> received = subscriber.receive(Duration.ofMillis(50));
                    if (received.isPresent()) {
                      try (LaneSample sample = received.get()) {
                        int number = Wire.number(sample);
                        assertTrue(got.add(number), () -> "twice: " + number);
                        taken++;
                      }
                    }
                  }
                  return taken;
                });
        for (int i = 0; i < count; i++) {
          Wire.put(publisher, i);
        }
        int total = 0;
        for (Future<Integer> reader : readers) {
          total += result(reader);
        }
        assertEquals(count, total);
      }
    }
  }

  @Test
  void aCloseEndsTheWaitsOfAllThreads() throws Exception {
    for (LaneChoice choice : LaneChoice.values()) {
      KeyExpr key = KeyExpr.of("test/lanes/" + choice);
      for (boolean published : new boolean[] {false, true}) {
        try (LanePublisher publisher =
                lanes.declarePublisher(
                    published ? key : KeyExpr.of("test/lanes/elsewhere"), Wire.FRAMES);
            LaneSubscriber subscriber =
                others.declareSubscriber(key, LaneSubscriberOptions.of(choice))) {
          assertEquals(0, publisher.nearReaderCount());
          List<Future<Optional<LaneSample>>> waits =
              started(3, () -> subscriber.receive(Duration.ofDays(1)));
          assertEquals(Optional.empty(), subscriber.receive(Duration.ofMillis(30)));
          subscriber.close();
          for (Future<Optional<LaneSample>> wait : waits) {
            ExecutionException failed = assertThrows(ExecutionException.class, () -> result(wait));
            assertInstanceOf(IllegalStateException.class, failed.getCause());
          }
        }
      }
    }
  }

  /** Of a publisher that comes while it waits, and of one that knows nothing of lanes. */
  @Test
  void whoWaitsIsWokenByAnyLane() throws Exception {
    try (LaneSubscriber subscriber =
        others.declareSubscriber(Wire.KEY, LaneSubscriberOptions.of(LaneChoice.BOTH))) {
      for (int round = 0; round < 3; round++) {
        Future<Lane> waiting =
            threads.submit(
                () -> {
                  try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
                    return sample.lane();
                  }
                });
        if (round % 2 == 0) {
          session.put(Wire.KEY, SegmentedBytes.copyOfUtf8("plain"));
          assertEquals(Lane.ZENOH, result(waiting));
        } else {
          try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES)) {
            Wire.await("a near reader", () -> publisher.nearReaderCount() == 1);
            Wire.put(publisher, 0);
            assertEquals(Lane.ICEORYX2, result(waiting));
            assertEquals(Optional.empty(), subscriber.tryReceive());
          }
        }
      }
    }
  }

  @Test
  void aCloseEndsAPutThatWaitsForAReader() throws Exception {
    LanePublisherOptions patient =
        LanePublisherOptions.of(Wire.FRAME_BYTE_SIZE)
            .withReaders(4, 2, 4)
            .waiting(Duration.ofDays(1));
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, patient);
        LaneSubscriber subscriber =
            others.declareSubscriber(Wire.KEY, LaneSubscriberOptions.of(LaneChoice.ICEORYX2))) {
      Wire.await(
          "a near reader",
          () -> {
            assertEquals(Optional.empty(), subscriber.tryReceive());
            return publisher.nearReaderCount() == 1;
          });
      Wire.put(publisher, 0);
      Wire.put(publisher, 1);
      Future<LaneDelivery> waiting = threads.submit(() -> Wire.put(publisher, 2));
      assertThrows(TimeoutException.class, () -> waiting.get(300, TimeUnit.MILLISECONDS));
      publisher.close();
      assertEquals(new LaneDelivery(0, 1), result(waiting));
      for (int i = 0; i < 2; i++) {
        try (LaneSample sample = subscriber.receive(Wire.LONG).orElseThrow()) {
          assertEquals(i, Wire.number(sample));
        }
      }
    }
  }
}
