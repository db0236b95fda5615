package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Virtual threads that receive and put. */
@SuppressWarnings("try") // closes by hand
class VirtualThreadTest {
  private static final KeyExpr KEY = KeyExpr.of("test/virtual");
  private static final int RECEIVER_COUNT = 8 * Runtime.getRuntime().availableProcessors();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    session.close();
    threads.shutdownNow();
  }

  private List<Future<Long>> start(int count, Callable<Long> receiver) {
    List<Future<Long>> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      started.add(threads.submit(receiver));
    }
    return started;
  }

  private static Long receive(Subscriber subscriber) throws InterruptedException {
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
      return Payloads.numberOf(sample);
    }
  }

  @Test
  void manyThatWaitLetAllOthersRun() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY)) {
      List<Future<Long>> waiting = start(RECEIVER_COUNT, () -> receive(subscriber));
      for (int i = 0; i < 100; i++) {
        assertEquals(7, threads.submit(() -> 7).get(60, TimeUnit.SECONDS));
        Thread.sleep(1);
      }
      assertTrue(waiting.stream().noneMatch(Future::isDone), "a receiver came first");
      for (long i = 0; i < RECEIVER_COUNT; i++) {
        session.put(KEY, Payloads.number(i));
      }
      var numbers = ConcurrentHashMap.newKeySet();
      for (Future<Long> receiver : waiting) {
        assertTrue(numbers.add(receiver.get(60, TimeUnit.SECONDS)));
      }
    }
  }

  @Test
  void eachSampleIsReceivedOnceAndNoneIsMissed() throws Exception {
    int count = 20_000;
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(16));
    var numbers = ConcurrentHashMap.newKeySet();
    try (Subscriber subscriber = session.declareSubscriber(KEY, options)) {
      List<Future<Long>> receivers =
          start(
              4,
              () -> {
                while (numbers.size() < count) {
                  Optional<Sample> next = subscriber.receive(Duration.ofMillis(200));
                  if (next.isPresent()) {
                    try (Sample sample = next.get()) {
                      assertTrue(numbers.add(Payloads.numberOf(sample)));
                    }
                  }
                }
                return 0L;
              });
      for (long i = 0; i < count; i++) {
        session.put(KEY, Payloads.number(i));
      }
      for (Future<Long> receiver : receivers) {
        assertEquals(0, receiver.get(60, TimeUnit.SECONDS));
      }
      assertEquals(count, numbers.size());
    }
  }

  /** They keep no carrier from the one that makes the room. */
  @Test
  void manyThatPutToAFullSubscriberWaitForRoomAndLetItsReaderRun() throws Exception {
    int count = 50;
    int capacity = 4;
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(capacity));
    KeyExpr other = KeyExpr.of("test/virtual/other");
    try (Subscriber subscriber = session.declareSubscriber(KEY, options);
        AdvancedSubscriber _ =
            session.declareAdvancedSubscriber(other, AdvancedSubscriberOptions.defaults());
        Subscriber both = session.declareSubscriber(other, options);
        Publisher publisher = session.declarePublisher(KEY)) {
      PutOptions beside = PutOptions.none().attachment(Payloads.number(1));
      List<Future<Long>> putters =
          start(
              RECEIVER_COUNT,
              () -> {
                Thread.currentThread().interrupt();
                for (long i = 0; i < count; i++) {
                  publisher.put(Payloads.number(i));
                  publisher.put(Payloads.number(i), beside);
                  session.put(other, Payloads.number(i));
                }
                return Thread.interrupted() ? 1L : 0L;
              });
      Await.until("they wait", () -> subscriber.counts().waiting() == capacity + RECEIVER_COUNT);
      Thread.sleep(100);
      assertEquals(capacity + RECEIVER_COUNT, subscriber.counts().received());
      List<Future<Long>> readers =
          List.of(
              threads.submit(() -> drain(subscriber, 2 * count * RECEIVER_COUNT)),
              threads.submit(() -> drain(both, count * RECEIVER_COUNT)));
      for (Future<Long> putter : putters) {
        assertEquals(1, putter.get(60, TimeUnit.SECONDS));
      }
      for (Future<Long> reader : readers) {
        assertEquals(0, reader.get(60, TimeUnit.SECONDS));
      }
      assertEquals(0, subscriber.counts().dropped() + both.counts().dropped());
    }
  }

  /** One on a platform thread waits for room in the core, where puts leave one after the other. */
  @Test
  void manyThatPutByAnAdvancedPublisherBehindAPlatformThreadLetTheReaderRun() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    AdvancedPublisherOptions numbered =
        AdvancedPublisherOptions.defaults().sampleMissDetection(MissDetectionConfig.defaults());
    try (Subscriber subscriber = session.declareSubscriber(KEY, options);
        Publisher publisher = session.declareAdvancedPublisher(KEY, numbered)) {
      publisher.put(Payloads.number(0));
      Thread platform = Threads.start(() -> publisher.put(Payloads.number(1)));
      Await.busy(platform);
      List<Future<Long>> putters =
          start(
              RECEIVER_COUNT,
              () -> {
                publisher.put(Payloads.number(2));
                publisher.put(Payloads.number(3), PutOptions.none().attachment(Payloads.number(4)));
                publisher.delete();
                return 0L;
              });
      Thread.sleep(100);
      int count = 2 + 3 * RECEIVER_COUNT;
      Future<Long> reader =
          threads.submit(
              () -> {
                for (int i = 0; i < count; i++) {
                  subscriber.receive(Await.LONG).orElseThrow().close();
                }
                return 0L;
              });
      for (Future<Long> putter : putters) {
        assertEquals(0, putter.get(60, TimeUnit.SECONDS));
      }
      assertEquals(0, reader.get(60, TimeUnit.SECONDS));
      platform.join(Await.LONG);
    }
  }

  private static final SubscriberOptions HOLD =
      SubscriberOptions.defaults().backlog(Backlog.hold(4));

  /** Declares what has a token, under a key of its own. */
  private interface Declaration {
    AutoCloseable of(KeyExpr keyExpr) throws ZenohException;
  }

  /** Its reader is a virtual thread as well, which needs a carrier. */
  private void declareAndClose(KeyExpr seen, Declaration declaration) throws Exception {
    int count = 10;
    AtomicInteger last = new AtomicInteger();
    try (Subscriber full = session.liveliness().declareSubscriber(seen, false, HOLD)) {
      List<Future<Long>> declarers =
          start(
              RECEIVER_COUNT,
              () -> {
                for (int i = 0; i < count; i++) {
                  declaration.of(KeyExpr.of(KEY + "/" + last.incrementAndGet())).close();
                }
                return 0L;
              });
      Await.until("it to be full", () -> full.counts().received() > 4);
      Thread.sleep(100);
      for (Future<Long> declarer : declarers) {
        assertFalse(declarer.isDone(), () -> "it waits for room: " + declarer);
      }
      assertEquals(7, threads.submit(() -> 7).get(30, TimeUnit.SECONDS), "others run");
      Future<Long> reader =
          threads.submit(
              () -> {
                for (int i = 0; i < 2 * count * RECEIVER_COUNT; i++) {
                  full.receive(Await.LONG).orElseThrow().close();
                }
                return full.counts().waiting();
              });
      for (Future<Long> declarer : declarers) {
        assertEquals(0, declarer.get(60, TimeUnit.SECONDS));
      }
      assertEquals(0, reader.get(60, TimeUnit.SECONDS));
      assertEquals(0, full.counts().dropped());
    }
  }

  @Test
  void manyThatDeclareTokensOfAFullSubscriberLetItsReaderRun() throws Exception {
    declareAndClose(KeyExpr.of(KEY + "/*"), key -> session.liveliness().declareToken(key));
  }

  @Test
  void manyThatDeclareAdvancedPublishersOfAFullSubscriberLetItsReaderRun() throws Exception {
    declareAndClose(
        KeyExpr.of(KEY + "/*/@adv/pub/**"),
        key ->
            session.declareAdvancedPublisher(
                key, AdvancedPublisherOptions.defaults().detectable()));
  }

  @Test
  void manyThatDeclareAdvancedSubscribersOfAFullSubscriberLetItsReaderRun() throws Exception {
    declareAndClose(
        KeyExpr.of(KEY + "/*/@adv/sub/**"),
        key ->
            session.declareAdvancedSubscriber(
                key, AdvancedSubscriberOptions.defaults().detectable()));
  }

  /** Others keep the queue full all the time. */
  @Test
  void oneThatPutsToAFullSubscriberWaitsForItsOwnShareAlone() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    for (boolean isVirtual : new boolean[] {true, false}) {
      try (Subscriber subscriber = session.declareSubscriber(KEY, options)) {
        session.put(KEY, Payloads.number(0));
        Callable<Long> put =
            () -> {
              session.put(KEY, Payloads.number(1));
              return 1L;
            };
        Future<Long> first = isVirtual ? threads.submit(put) : Threads.call(put);
        Await.until("it waits", () -> subscriber.counts().received() == 2);
        List<Future<Long>> others =
            start(
                4,
                () -> {
                  while (!subscriber.isClosed()) {
                    session.put(KEY, Payloads.number(2));
                  }
                  return 2L;
                });
        for (int i = 0; i < 100; i++) {
          Await.until("others", () -> subscriber.counts().waiting() >= 4);
          subscriber.receive(Await.LONG).orElseThrow().close();
        }
        assertEquals(1, first.get(30, TimeUnit.SECONDS));
        subscriber.close();
        for (Future<Long> other : others) {
          assertEquals(2, other.get(60, TimeUnit.SECONDS));
        }
      }
    }
  }

  private static Long drain(Subscriber subscriber, int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      receive(subscriber);
    }
    return subscriber.counts().waiting();
  }

  @Test
  void oneThatPutsToAFullSubscriberGoesOnWhenThatOrTheSessionIsClosed() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    for (boolean ofSession : new boolean[] {false, true}) {
      Subscriber subscriber = session.declareSubscriber(KEY, options);
      Future<Long> putter =
          threads.submit(
              () -> {
                session.put(KEY, Payloads.number(0));
                session.put(KEY, Payloads.number(1));
                return 2L;
              });
      Await.until("it waits", () -> subscriber.counts().waiting() == 2);
      Thread.sleep(50);
      assertFalse(putter.isDone());
      if (ofSession) {
        session.close();
      } else {
        subscriber.close();
      }
      assertEquals(2, putter.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void manyThatReplyToAnAskerWhoseQueueIsFullLetItRun() throws Exception {
    int count = 100;
    GetOptions options =
        GetOptions.defaults().consolidation(ConsolidationMode.NONE).backlog(Backlog.hold(2));
    try (Queryable queryable = session.declareQueryable(KEY);
        Replies replies = session.get(Selector.of(KEY), options)) {
      Query query = queryable.receive(Await.LONG).orElseThrow();
      List<Future<Long>> repliers =
          start(
              RECEIVER_COUNT,
              () -> {
                for (long i = 0; i < count; i++) {
                  query.reply(KEY, Payloads.number(i));
                }
                return 0L;
              });
      Future<Long> asker =
          threads.submit(
              () -> {
                long found = 0;
                for (Reply _ : replies) {
                  found++;
                }
                return found;
              });
      for (Future<Long> replier : repliers) {
        assertEquals(0, replier.get(60, TimeUnit.SECONDS));
      }
      query.close();
      assertEquals((long) count * RECEIVER_COUNT, asker.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void oneThatWaitsEndsWithTheTimeTheSubscriberOrAnInterrupt() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY)) {
      assertFalse(
          threads
              .submit(() -> subscriber.receive(Duration.ofMillis(50)))
              .get(60, TimeUnit.SECONDS)
              .isPresent());
      Thread interrupted =
          Thread.ofVirtual()
              .unstarted(
                  () -> {
                    try {
                      subscriber.receive(Duration.ofDays(1));
                    } catch (InterruptedException _) {
                      // expected
                    }
                  });
      interrupted.start();
      Thread.sleep(50);
      interrupted.interrupt();
      Await.ended(interrupted);
      Future<Long> closed = threads.submit(() -> receive(subscriber));
      Thread.sleep(50);
      subscriber.close();
      try {
        throw new AssertionError("no failure, but " + closed.get(60, TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        assertInstanceOf(IllegalStateException.class, e.getCause());
      }
    }
  }
}
