package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Threads of handlers start when there is something for them, and not before. */
@SuppressWarnings("try") // closes by hand
class LateThreadTest {
  private static final KeyExpr KEY = KeyExpr.of("test/late");

  private static boolean runs(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(name));
  }

  @Test
  void aHandlerHasAThreadFromItsFirstSampleToItsClose() throws Exception {
    String name = "segue-subscriber-" + KEY;
    BlockingQueue<Long> came = new LinkedBlockingQueue<>();
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber =
            session.declareSubscriber(
                KEY, SubscriberOptions.defaults(), sample -> came.add(Payloads.numberOf(sample)))) {
      assertFalse(runs(name));
      session.put(KEY, Payloads.number(7));
      assertEquals(7, came.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
      assertTrue(runs(name));
      subscriber.close();
      assertFalse(runs(name));
    }
  }

  @Test
  void noneStartsForHandlersThatAreClosedUnused() throws Exception {
    AtomicInteger handled = new AtomicInteger();
    try (Session session = Session.open(Config.isolated())) {
      Subscriber subscriber =
          session.declareSubscriber(
              KEY, SubscriberOptions.defaults(), _ -> handled.incrementAndGet());
      Queryable queryable =
          session.declareQueryable(
              KEY, QueryableOptions.defaults(), _ -> handled.incrementAndGet());
      assertTrue(subscriber.close(Duration.ofSeconds(10)));
      assertTrue(queryable.close(Duration.ofSeconds(10)));
      session.put(KEY, Payloads.number(1));
      assertFalse(runs("segue-subscriber-" + KEY));
      assertFalse(runs("segue-queryable-" + KEY));
    }
    assertEquals(0, handled.get());
  }

  @Test
  void aQueryableIsAsGoodAsOneThatRuns() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Queryable _ =
            session.declareQueryable(
                KEY, QueryableOptions.defaults(), query -> query.reply(KEY, Payloads.number(5)));
        Replies replies = session.get(Selector.of(KEY))) {
      List<Long> numbers = new ArrayList<>();
      for (Reply reply : replies) {
        if (reply instanceof Reply.Success success) {
          numbers.add(Payloads.numberOf(success.sample()));
        }
      }
      assertEquals(List.of(5L), numbers);
    }
  }

  /** While the session closes another thread puts, so that the first sample meets the close. */
  @Test
  void samplesThatComeWhileOneClosesNeitherHangItNorRunItAfterwards() throws Exception {
    for (int i = 0; i < 200; i++) {
      try (Session session = Session.open(Config.isolated())) {
        AtomicInteger handled = new AtomicInteger();
        Subscriber subscriber =
            session.declareSubscriber(
                KEY, SubscriberOptions.defaults(), _ -> handled.incrementAndGet());
        CountDownLatch begun = new CountDownLatch(1);
        Thread putting =
            Threads.start(
                () -> {
                  begun.countDown();
                  session.put(KEY, Payloads.number(1));
                });
        begun.await();
        assertTrue(subscriber.close(Duration.ofSeconds(10)));
        int before = handled.get();
        putting.join();
        assertEquals(before, handled.get());
      }
    }
  }

  @Test
  void allSamplesThatWaitedForTheThreadComeInOrder() throws Exception {
    List<Long> expected = LongStream.range(0, 500).boxed().toList();
    for (int i = 0; i < 20; i++) {
      BlockingQueue<Long> came = new LinkedBlockingQueue<>();
      try (Session session = Session.open(Config.isolated());
          Subscriber _ =
              session.declareSubscriber(
                  KEY,
                  SubscriberOptions.defaults().backlog(Backlog.hold(1000)),
                  sample -> came.add(Payloads.numberOf(sample)))) {
        for (long number : expected) {
          session.put(KEY, Payloads.number(number));
        }
        Await.until("all samples", () -> came.size() >= expected.size());
        assertEquals(expected, List.copyOf(came));
      }
    }
  }

  @Test
  void aMomentWithoutRoomForAThreadPostponesIt() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    AtomicInteger tries = new AtomicInteger();
    Thread thread =
        new Thread(ran::countDown) {
          @Override
          public void start() {
            if (tries.incrementAndGet() <= 2) {
              throw new OutOfMemoryError("unable to create native thread");
            }
            super.start();
          }
        };
    thread.setDaemon(true);
    LateThread late = new LateThread(thread, new Bell());
    late.startWhenNeeded(() -> false);
    assertFalse(late.hasStarted());
    assertTrue(ran.await(Await.LONG.toSeconds(), TimeUnit.SECONDS));
    assertTrue(late.join(Await.LONG));
    assertEquals(3, tries.get());
  }

  @Test
  void oneThatIsCancelledNeverStarts() throws Exception {
    LateThread late = new LateThread(new Thread(() -> {}), new Bell());
    late.cancel();
    late.startWhenNeeded(() -> false);
    assertFalse(late.hasStarted());
    assertTrue(late.join(Await.LONG));
  }
}
