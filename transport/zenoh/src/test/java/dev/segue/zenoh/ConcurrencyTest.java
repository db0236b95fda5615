package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Closing, putting and receiving from several threads at once. */
@SuppressWarnings("try") // closes by hand
class ConcurrencyTest {
  private static final KeyExpr KEY = KeyExpr.of("test/concurrency");
  private static final Duration VERY_LONG = Duration.ofDays(365_000);

  @Test
  void closingASubscriberWakesWhoReceives() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      CompletableFuture<Optional<Sample>> one = Threads.call(() -> subscriber.receive(VERY_LONG));
      CompletableFuture<Optional<Sample>> other = Threads.call(() -> subscriber.receive(VERY_LONG));
      Thread.sleep(100);
      assertFalse(one.isDone() || other.isDone());
      subscriber.close();
      assertInstanceOf(IllegalStateException.class, Threads.failureOf(one));
      assertInstanceOf(IllegalStateException.class, Threads.failureOf(other));
    }
  }

  @Test
  void closingASessionWakesWhoReceives() throws Exception {
    Session session = Session.open(Config.isolated());
    Subscriber subscriber = session.declareSubscriber(KEY);
    CompletableFuture<Optional<Sample>> one = Threads.call(() -> subscriber.receive(VERY_LONG));
    Thread.sleep(100);
    session.close();
    assertInstanceOf(IllegalStateException.class, Threads.failureOf(one));
  }

  @Test
  void anInterruptEndsAReceive() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      CompletableFuture<Thread> receiver = new CompletableFuture<>();
      CompletableFuture<Optional<Sample>> call =
          Threads.call(
              () -> {
                receiver.complete(Thread.currentThread());
                return subscriber.receive(VERY_LONG);
              });
      receiver.get().interrupt();
      assertInstanceOf(InterruptedException.class, Threads.failureOf(call));
    }
  }

  @Test
  void aReceiveWithNoTimeOrLessLooksOnce() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      assertTrue(subscriber.receive(Duration.ZERO).isEmpty());
      assertTrue(subscriber.receive(Duration.ofSeconds(-1)).isEmpty());
      assertTrue(subscriber.receive(Duration.ofMillis(120)).isEmpty());
      session.put(KEY, Payloads.number(1));
      subscriber.receive(Duration.ZERO).orElseThrow().close();
    }
  }

  @Test
  void aPutThatIsBlockedByCongestionEndsAfterTheTimeThatTheCoreIsTold() throws Exception {
    String wait = "transport/link/tx/queue/congestion_control/block/wait_before_close";
    try (Pair pair =
            Pair.open(config -> config.sharedMemory(false).set(wait, "500000"), config -> config);
        Subscriber stuck =
            pair.far()
                .declareSubscriber(KEY, SubscriberOptions.defaults().backlog(Backlog.hold(1)));
        Publisher publisher = pair.publisher(KEY)) {
      SegmentedBytes payload = Payloads.random(1 << 20, 1);
      CompletableFuture<Void> putting =
          Threads.call(
              () -> {
                while (true) {
                  publisher.put(payload);
                }
              });
      Await.until("the backlog to be full", () -> stuck.counts().received() > 1);
      Thread.sleep(200);
      assertFalse(putting.isDone());
      publisher.close();
      pair.near().close();
      Throwable failure = Threads.failureOf(putting);
      assertTrue(
          failure instanceof IllegalStateException
              || (failure instanceof ZenohException core
                  && core.kind() == ZenohException.Kind.CLOSED),
          failure::toString);
      Await.until("the release", () -> !payload.isLent());
    }
  }

  @Test
  void eightThreadsPutToOnePublisherAndNothingIsLostOrMixed() throws Exception {
    int threads = 8;
    int each = 500;
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber =
            pair.far()
                .declareSubscriber(KEY, SubscriberOptions.defaults().backlog(Backlog.hold(64)));
        Publisher publisher = pair.publisher(KEY)) {
      for (int t = 0; t < threads; t++) {
        int thread = t;
        Threads.start(
            () -> {
              for (int i = 0; i < each; i++) {
                SegmentedBytes number = Payloads.number(thread * 1000L + i);
                SegmentedBytes payload =
                    SegmentedBytes.concat(List.of(number, Payloads.scattered(i % 9, i)));
                if (i % 2 == 0) {
                  publisher.put(payload);
                } else {
                  publisher.put(payload, PutOptions.none().attachment(number));
                }
              }
            });
      }
      int[] next = new int[threads];
      for (int n = 0; n < threads * each; n++) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          long number = Payloads.numberOf(sample);
          int thread = (int) (number / 1000);
          int i = next[thread]++;
          assertEquals(i, number % 1000, "order within a thread");
          assertEquals(Payloads.scattered(i % 9, i), sample.payload().slice(Long.BYTES));
          assertEquals(i % 2 == 1, sample.attachment().isPresent());
        }
      }
      assertEquals(0, pair.near().droppedCount());
    }
  }

  @Test
  void declaringAndClosingFromManyThreadsWhileOthersPut() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<Integer>> calls = new ArrayList<>();
    try (Session session = Session.open(Config.isolated())) {
      for (int t = 0; t < 4; t++) {
        calls.add(
            Threads.call(
                () -> {
                  int rounds = 0;
                  for (; rounds < 200; rounds++) {
                    Subscriber handled =
                        session.declareSubscriber(
                            KEY, SubscriberOptions.defaults(), Sample::payload);
                    Subscriber polled = session.declareSubscriber(KEY);
                    polled.poll(Sample::keyExpr, 10);
                    try (Publisher publisher = session.declarePublisher(KEY)) {
                      publisher.put(Payloads.number(rounds));
                    }
                    handled.close();
                    polled.close();
                  }
                  return rounds;
                }));
      }
      Thread putting =
          Threads.start(
              () -> {
                while (!stop.get()) {
                  session.put(KEY, Payloads.number(1));
                }
              });
      for (CompletableFuture<Integer> call : calls) {
        assertEquals(200, call.get(60, TimeUnit.SECONDS));
      }
      stop.set(true);
      Await.ended(putting);
    }
    Await.until("all leases to end", () -> Leases.heldCount() == 0);
  }

  /** The number of a key was used before the routing knew it. */
  @Test
  void publishersOfOneKeyThatThreadsDeclareAtOnceLoseNothing() throws Exception {
    int threadCount = 6;
    int putCount = 3000;
    SubscriberOptions all = SubscriberOptions.defaults().backlog(Backlog.last(1 << 20));
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = pair.far().declareSubscriber(KeyExpr.of(KEY + "/*"), all);
        Publisher first = pair.publisher(KeyExpr.of(KEY + "/first"))) {
      Await.matched(first);
      List<CompletableFuture<Boolean>> threads = new ArrayList<>();
      for (int i = 0; i < threadCount; i++) {
        threads.add(
            Threads.call(
                () -> {
                  for (int n = 0; n < putCount; n++) {
                    KeyExpr key = KeyExpr.of(KEY + "/" + n % 8);
                    try (Publisher own =
                        pair.near().declarePublisher(key, PublisherOptions.blocking())) {
                      own.put(SegmentedBytes.copyOfUtf8("n"));
                    }
                  }
                  return true;
                }));
      }
      for (CompletableFuture<Boolean> thread : threads) {
        assertTrue(thread.get());
      }
      long sent = (long) threadCount * putCount;
      Await.until("all samples", () -> subscriber.counts().received() >= sent);
      assertEquals(sent, subscriber.counts().received());
    }
  }

  @Test
  void closingASessionWhileOthersUseIt() throws Exception {
    for (int round = 0; round < 10; round++) {
      Session session = Session.open(Config.isolated());
      Subscriber subscriber = session.declareSubscriber(KEY);
      Publisher publisher = session.declarePublisher(KEY);
      CountDownLatch running = new CountDownLatch(3);
      List<CompletableFuture<Void>> calls =
          List.of(
              Threads.call(() -> forever(running, () -> publisher.put(Payloads.number(1)))),
              Threads.call(() -> forever(running, () -> subscriber.poll(Sample::payload, 3))),
              Threads.call(() -> forever(running, () -> session.declareSubscriber(KEY).close())));
      running.await();
      Thread.sleep(5);
      session.close();
      for (CompletableFuture<Void> call : calls) {
        Throwable failure = Threads.failureOf(call);
        assertTrue(
            failure instanceof IllegalStateException
                || String.valueOf(failure.getMessage()).contains("session closed"),
            failure::toString);
      }
    }
    Await.until("all leases to end", () -> Leases.heldCount() == 0);
  }

  private static Void forever(CountDownLatch running, Threads.Body body) throws Exception {
    for (int i = 0; ; i++) {
      body.run();
      if (i == 0) {
        running.countDown();
      }
    }
  }

  @Test
  void aRetainedSampleIsClosedWhileOthersReadIt() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      for (int round = 0; round < 200; round++) {
        PutOptions options = PutOptions.none().encoding(new Encoding("x/" + round));
        session.put(KEY, Payloads.number(round), Qos.defaults(), options);
        Sample retained;
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          retained = sample.retain();
        }
        int number = round;
        CompletableFuture<Void> reading =
            Threads.call(
                () -> {
                  while (true) {
                    assertEquals("x/" + number, retained.encoding().text());
                    assertEquals(KEY, retained.keyExpr());
                    assertEquals(number, Payloads.numberOf(retained));
                    retained.retain().close();
                  }
                });
        Thread.sleep(1);
        retained.close();
        assertInstanceOf(IllegalStateException.class, Threads.failureOf(reading));
      }
    }
  }

  @Test
  void onlyOneThreadPollsAtATime() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      session.put(KEY, Payloads.number(1));
      subscriber.poll(
          sample -> {
            CompletableFuture<Integer> other = Threads.call(() -> subscriber.poll(s -> {}, 1));
            Throwable failure =
                assertThrows(Exception.class, () -> other.get(30, TimeUnit.SECONDS)).getCause();
            assertInstanceOf(IllegalStateException.class, failure);
          },
          1);
    }
  }

  @Test
  void segmentsOfOnePayloadAreReadFromManySessionsAtOnce() throws Exception {
    SegmentedBytes payload = Payloads.scattered(100, 1);
    List<Long> addresses = payload.segments().stream().map(MemorySegment::address).toList();
    try (Session session = Session.open(Config.isolated());
        Publisher publisher = session.declarePublisher(KEY);
        Subscriber one = session.declareSubscriber(KEY);
        Subscriber other = session.declareSubscriber(KEY)) {
      publisher.put(payload);
      Sample first = one.receive(Await.LONG).orElseThrow();
      try (Sample second = other.receive(Await.LONG).orElseThrow()) {
        first.close();
        assertTrue(payload.isLent());
        assertEquals(
            addresses, second.payload().segments().stream().map(MemorySegment::address).toList());
      }
      Await.until("the release", () -> !payload.isLent());
    }
  }
}
