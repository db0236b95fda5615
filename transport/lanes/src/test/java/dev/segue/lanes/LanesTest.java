package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.iceoryx2.Node;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One put, both lanes. */
@EnabledOnOs(OS.LINUX)
@Timeout(300)
@SuppressWarnings("try") // closes by hand
class LanesTest {
  private String prefix = "";
  private Node node;
  private Node otherNode;
  private Session session;
  private Session other;
  private Lanes lanes;

  /** Of a session and node that stand for another process. */
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
    other.close();
    session.close();
    otherNode.close();
    node.close();
    Wire.assertNothingLeft(prefix);
  }

  private static LaneSample next(LaneSubscriber subscriber) throws Exception {
    return subscriber.receive(Wire.LONG).orElseThrow();
  }

  /** Publishes frames from a number on until the subscriber reads by iceoryx2 alone. */
  private static int putUntilNear(LanePublisher publisher, LaneSubscriber subscriber, int from)
      throws Exception {
    int number = from;
    while (subscriber.isOnZenoh()) {
      int put = number++;
      Wire.put(publisher, put);
      try (LaneSample sample = next(subscriber)) {
        assertEquals(put, Wire.number(sample));
      }
      Optional<LaneSample> twice = subscriber.tryReceive();
      assertTrue(twice.isEmpty(), twice::toString);
    }
    return number;
  }

  @Test
  void aNearReaderLeavesZenohAndReadsWhereThePublisherWrote() throws Exception {
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
        LaneSubscriber subscriber = others.declareSubscriber(Wire.KEY)) {
      assertTrue(subscriber.isOnZenoh());
      Wire.await("a match", publisher::hasZenohSubscribers);
      int number = putUntilNear(publisher, subscriber, 0);
      Wire.await("nobody on Zenoh", () -> !publisher.hasZenohSubscribers());
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      Loan loan = publisher.loan(Wire.FRAME_BYTE_SIZE);
      Wire.fill(loan.segment(), number);
      String written = Mapping.of(loan.segment().address());
      assertEquals(new LaneDelivery(1, 0), publisher.put(loan));
      try (LaneSample sample = next(subscriber)) {
        assertEquals(Lane.ICEORYX2, sample.lane());
        assertEquals(written, Mapping.of(sample.payload().segment(0).address()));
        assertTrue(sample.payload().segment(0).isReadOnly());
        assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
        assertEquals(number, Wire.number(sample));
      }
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void eachReaderHasEachMessageOnceWhileReadersComeAndGo() throws Exception {
    int count = 600;
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
        Subscriber plain = other.declareSubscriber(Wire.KEY, Plain.HOLD);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      Wire.await("a match", publisher::hasZenohSubscribers);
      AtomicBoolean done = new AtomicBoolean();
      List<CompletableFuture<Integer>> readers = new ArrayList<>();
      for (LaneChoice choice :
          List.of(LaneChoice.NEAREST, LaneChoice.NEAREST, LaneChoice.BOTH, LaneChoice.ICEORYX2)) {
        Lanes of = readers.size() % 2 == 0 ? others : lanes;
        CompletableFuture<Integer> reader = new CompletableFuture<>();
        threads.execute(
            () -> reader.completeAsync(() -> comeAndGo(of, choice, done), Runnable::run));
        readers.add(reader);
      }
      CompletableFuture<Integer> far = new CompletableFuture<>();
      threads.execute(() -> far.completeAsync(() -> Plain.count(plain, count), Runnable::run));
      for (int i = 0; i < count; i++) {
        Wire.put(publisher, i);
      }
      assertEquals(count, far.get(Wire.LONG.toSeconds(), TimeUnit.SECONDS));
      done.set(true);
      for (CompletableFuture<Integer> reader : readers) {
        reader.get(Wire.LONG.toSeconds(), TimeUnit.SECONDS);
      }
      assertEquals(Optional.empty(), plain.tryReceive());
      Wire.await("all loans", () -> publisher.availableByteSize() == publisher.capacityByteSize());
    }
  }

  /** Reads 30 messages at a time, each of which follows the one before it. */
  private static int comeAndGo(Lanes lanes, LaneChoice choice, AtomicBoolean done) {
    int total = 0;
    try {
      while (!done.get()) {
        try (LaneSubscriber subscriber =
            lanes.declareSubscriber(
                Wire.KEY, LaneSubscriberOptions.of(choice).withZenoh(Plain.HOLD))) {
          int next = -1;
          for (int i = 0; i < 30 && !done.get(); ) {
            Optional<LaneSample> received = subscriber.receive(java.time.Duration.ofMillis(10));
            if (received.isEmpty()) {
              continue;
            }
            try (LaneSample sample = received.get()) {
              int number = Wire.number(sample);
              if (next >= 0) {
                assertEquals(next, number, () -> choice + " by " + sample.lane());
              }
              next = number + 1;
              i++;
              total++;
            }
          }
          assertEquals(0, subscriber.missedCount());
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return total;
  }

  @Test
  void whatGoesWithAPayloadComesByBothLanes() throws Exception {
    PublisherOptions zenoh =
        PublisherOptions.blocking()
            .qos(
                PublisherOptions.blocking()
                    .qos()
                    .priority(Priority.INTERACTIVE_HIGH)
                    .express(true));
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES.withZenoh(zenoh));
        LaneSubscriber near =
            others.declareSubscriber(Wire.KEY, LaneSubscriberOptions.of(LaneChoice.ICEORYX2));
        LaneSubscriber far =
            others.declareSubscriber(
                KeyExpr.of("test/*/camera"), LaneSubscriberOptions.of(LaneChoice.ZENOH))) {
      Wire.await("a match", publisher::hasZenohSubscribers);
      Wire.await(
          "a near reader",
          () -> {
            assertEquals(Optional.empty(), near.tryReceive());
            return publisher.putCopy(SegmentedBytes.empty(), PutOptions.none()).nearCount() == 1;
          });
      drain(near);
      PutOptions with =
          PutOptions.none()
              .encoding(Encoding.APPLICATION_JSON.withSchema("x"))
              .attachment(SegmentedBytes.copyOfUtf8("beside"))
              .timestamp(session.newTimestamp());
      publisher.putCopy(SegmentedBytes.copyOfUtf8("{}"), with);
      publisher.delete(PutOptions.none().attachment(SegmentedBytes.copyOfUtf8("")));
      assertWhole(near, Lane.ICEORYX2, with);
      LaneSample empty = next(far);
      while (empty.payload().isEmpty() && empty.attachment().isEmpty()) {
        assertEquals(SampleKind.PUT, empty.kind());
        empty.close();
        empty = next(far);
      }
      assertWhole(empty, far, Lane.ZENOH, with);
    }
  }

  private static void drain(LaneSubscriber subscriber) throws Exception {
    try (LaneSample sample = next(subscriber)) {
      assertTrue(sample.payload().isEmpty());
      assertEquals(Encoding.ZENOH_BYTES, sample.encoding());
    }
  }

  private void assertWhole(LaneSubscriber subscriber, Lane lane, PutOptions with) throws Exception {
    assertWhole(next(subscriber), subscriber, lane, with);
  }

  private void assertWhole(LaneSample first, LaneSubscriber subscriber, Lane lane, PutOptions with)
      throws Exception {
    try (LaneSample sample = first) {
      assertEquals(lane, sample.lane());
      assertEquals(Wire.KEY, sample.keyExpr());
      assertEquals(SampleKind.PUT, sample.kind());
      assertEquals("{}", sample.payload().copyToUtf8String());
      assertEquals(with.encoding(), sample.encoding());
      assertEquals("beside", sample.attachment().orElseThrow().copyToUtf8String());
      assertEquals(with.timestamp(), sample.timestamp().orElseThrow());
      assertEquals(Priority.INTERACTIVE_HIGH, sample.priority());
      assertEquals(CongestionControl.BLOCK, sample.congestionControl());
      assertEquals(Reliability.RELIABLE, sample.reliability());
      assertTrue(sample.isExpress());
      assertEquals(session.zid(), sample.sourceInfo().orElseThrow().node());
    }
    try (LaneSample sample = next(subscriber)) {
      assertEquals(SampleKind.DELETE, sample.kind());
      assertTrue(sample.payload().isEmpty());
      assertTrue(sample.attachment().orElseThrow().isEmpty());
    }
  }

  @Test
  void aLoanComesBackOnlyWhenZenohHasLetGo() throws Exception {
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES.withLoanCount(1));
        Subscriber here = session.declareSubscriber(Wire.KEY)) {
      Wire.put(publisher, 0);
      Sample held = here.receive(Wire.LONG).orElseThrow();
      assertEquals(Optional.empty(), publisher.tryLoan(1));
      assertEquals(0, publisher.availableByteSize());
      assertEquals(0, Wire.number(held.payload()));
      held.close();
      Wire.put(publisher, 1);
      try (Sample second = here.receive(Wire.LONG).orElseThrow()) {
        assertEquals(1, Wire.number(second.payload()));
      }
    }
  }

  @Test
  void whatZenohStillReadsOutlivesThePublisher() throws Exception {
    try (Subscriber here = session.declareSubscriber(Wire.KEY)) {
      LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
      Wire.put(publisher, 5);
      publisher.close();
      try (LanePublisher again = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
          Sample held = here.receive(Wire.LONG).orElseThrow()) {
        Wire.put(again, 6);
        assertEquals(5, Wire.number(held.payload()));
      }
    }
  }

  @Test
  void aReaderTooManyStaysOnZenohUntilThereIsRoom() throws Exception {
    try (LanePublisher publisher =
            lanes.declarePublisher(Wire.KEY, Wire.FRAMES.withReaders(1, 4, 4));
        LaneSubscriber second = others.declareSubscriber(Wire.KEY)) {
      LaneSubscriber first = others.declareSubscriber(Wire.KEY);
      Wire.await("a match", publisher::hasZenohSubscribers);
      int number = putUntilNear(publisher, first, 0);
      for (int i = 0; i < number; i++) {
        try (LaneSample sample = next(second)) {
          assertEquals(i, Wire.number(sample));
          assertEquals(Lane.ZENOH, sample.lane());
        }
      }
      first.close();
      putUntilNear(publisher, second, number);
    }
  }

  @Test
  void oneThatComesAfterAnotherOnTheSameKeyIsReadOn() throws Exception {
    try (LaneSubscriber subscriber = others.declareSubscriber(Wire.KEY)) {
      int number = 0;
      for (int round = 0; round < 3; round++) {
        try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES)) {
          assertThrows(
              IllegalStateException.class, () -> lanes.declarePublisher(Wire.KEY, Wire.FRAMES));
          Wire.await(
              "a match",
              () -> {
                assertEquals(Optional.empty(), subscriber.tryReceive());
                return publisher.hasZenohSubscribers();
              });
          number = putUntilNear(publisher, subscriber, number);
        }
        Wire.await(
            "its end",
            () -> {
              assertEquals(Optional.empty(), subscriber.tryReceive());
              return subscriber.isOnZenoh();
            });
      }
    }
  }

  /** Samples that are open keep the rest in the buffer; the next publisher must not discard it. */
  @Test
  void whatWaitsOfAPublisherThatEndedIsReadBeforeTheNextOne() throws Exception {
    List<LaneSample> open = new ArrayList<>();
    try (LaneSubscriber subscriber = others.declareSubscriber(Wire.KEY)) {
      LanePublisher first = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
      Wire.await("a match", first::hasZenohSubscribers);
      int number = putUntilNear(first, subscriber, 0);
      for (int i = 0; i < 4; i++) {
        Wire.put(first, number);
        LaneSample sample = next(subscriber);
        open.add(sample);
        assertEquals(number++, Wire.number(sample));
      }
      Wire.put(first, number);
      Wire.put(first, number + 1);
      first.close();
      try (LanePublisher second = lanes.declarePublisher(Wire.KEY, Wire.FRAMES)) {
        AtomicInteger put = new AtomicInteger(number + 2);
        Wire.await(
            "a reader of the next one",
            () -> {
              assertThrows(IllegalStateException.class, subscriber::tryReceive);
              return Wire.put(second, put.getAndIncrement()).nearCount() == 1;
            });
        open.forEach(LaneSample::close);
        for (int i = 0; i < 2; i++) {
          try (LaneSample sample = next(subscriber)) {
            assertEquals(number + i, Wire.number(sample));
          }
        }
      }
    }
  }

  /** A number that nobody gave must not make the reader take later messages for copies. */
  @Test
  void aForgedNumberOnZenohSilencesNoNearPublisher() throws Exception {
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
        LaneSubscriber subscriber =
            others.declareSubscriber(Wire.KEY, LaneSubscriberOptions.of(LaneChoice.BOTH));
        Subscriber plain = other.declareSubscriber(Wire.KEY, Plain.HOLD)) {
      Wire.await("a match", publisher::hasZenohSubscribers);
      int number = 0;
      Lane lane = Lane.ZENOH;
      while (lane == Lane.ZENOH) {
        Wire.put(publisher, number);
        try (Sample copy = plain.receive(Wire.LONG).orElseThrow();
            LaneSample sample = next(subscriber)) {
          assertEquals(number, Wire.number(copy.payload()));
          assertEquals(number++, Wire.number(sample));
          lane = sample.lane();
        }
      }
      session.put(
          Wire.KEY,
          SegmentedBytes.copyOfUtf8("forged"),
          Qos.defaults(),
          PutOptions.none().sequenceNumber(1_000_000));
      try (Sample forged = plain.receive(Wire.LONG).orElseThrow()) {
        assertEquals("forged", forged.payload().copyToUtf8String());
      }
      for (int i = 0; i < 20; i++) {
        Wire.put(publisher, number);
        try (Sample copy = plain.receive(Wire.LONG).orElseThrow();
            LaneSample sample = next(subscriber)) {
          assertEquals(number, Wire.number(copy.payload()));
          assertEquals(number++, Wire.number(sample));
          assertEquals(Lane.ICEORYX2, sample.lane());
        }
      }
    }
  }

  /** Zenoh holds what waits; a buffer in which the oldest gives way doesn't. */
  @Test
  void aSubscriberThatPushesBackLosesNothingOfAPublisherThatOverwrites() throws Exception {
    int count = 60;
    LanePublisherOptions overwriting =
        LanePublisherOptions.of(Wire.FRAME_BYTE_SIZE).withReaders(4, 2, 4);
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, overwriting);
        LaneSubscriber subscriber =
            others.declareSubscriber(
                Wire.KEY, LaneSubscriberOptions.defaults().withZenoh(Plain.HOLD))) {
      Wire.await("a match", publisher::hasZenohSubscribers);
      for (int i = 0; i < 5; i++) {
        Wire.put(publisher, i);
        try (LaneSample sample = next(subscriber)) {
          assertEquals(i, Wire.number(sample));
        }
      }
      for (int i = 5; i < count; i++) {
        Wire.put(publisher, i);
      }
      for (int i = 5; i < count; i++) {
        try (LaneSample sample = next(subscriber)) {
          assertEquals(i, Wire.number(sample));
        }
      }
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void misuseIsRefusedAndNothingIsSent() throws Exception {
    try (LanePublisher publisher = lanes.declarePublisher(Wire.KEY, Wire.FRAMES);
        LanePublisher another =
            lanes.declarePublisher(KeyExpr.of("test/lanes/other"), Wire.FRAMES)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> lanes.declarePublisher(KeyExpr.of("test/*"), Wire.FRAMES));
      assertThrows(IllegalArgumentException.class, () -> publisher.loan(0));
      assertThrows(IllegalArgumentException.class, () -> publisher.loan(Wire.FRAME_BYTE_SIZE + 1));
      Loan loan = publisher.loan(8);
      assertThrows(IllegalArgumentException.class, () -> another.put(loan));
      PutOptions large = PutOptions.none().attachment(SegmentedBytes.copyOf(new byte[2000]));
      assertThrows(IllegalArgumentException.class, () -> publisher.put(loan, large));
      SegmentedBytes bytes = loan.handOver();
      CopyLedger.snapshot();
      try (Subscriber here = session.declareSubscriber(KeyExpr.of("test/elsewhere"))) {
        session.put(KeyExpr.of("test/elsewhere"), bytes);
        assertThrows(IllegalStateException.class, () -> publisher.put(loan));
        try (Sample held = here.receive(Wire.LONG).orElseThrow()) {
          assertEquals(8, held.payload().byteSize());
        }
      }
      loan.close();
      assertThrows(IllegalStateException.class, () -> publisher.put(loan));
      Wire.await("all loans", () -> publisher.availableByteSize() == publisher.capacityByteSize());
      Loan left = publisher.loan(8);
      publisher.close();
      publisher.close();
      assertThrows(IllegalStateException.class, () -> publisher.put(left));
      left.close();
      assertThrows(IllegalStateException.class, () -> publisher.loan(8));
    }
    LaneSubscriber subscriber = others.declareSubscriber(Wire.KEY);
    subscriber.close();
    subscriber.close();
    assertFalse(subscriber.isOnZenoh());
    assertThrows(IllegalStateException.class, subscriber::tryReceive);
  }

  /** Where an address lies in which file. */
  private static final class Mapping {
    private Mapping() {}

    static String of(long address) throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        String[] fields = line.split("\\s+", -1);
        String[] range = fields[0].split("-", -1);
        long start = Long.parseUnsignedLong(range[0], 16);
        if (start <= address && address < Long.parseUnsignedLong(range[1], 16)) {
          return fields[3]
              + ":"
              + fields[4]
              + "+"
              + (Long.parseUnsignedLong(fields[2], 16) + address - start);
        }
      }
      throw new AssertionError("no mapping of " + Long.toHexString(address));
    }
  }
}
