package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What handlers may do, and what becomes of what they throw. */
@SuppressWarnings("try") // closes by hand
class HandlerTest {
  private static final KeyExpr KEY = KeyExpr.of("test/handler");
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    session.close();
  }

  private void put(long from, long to) throws ZenohException {
    for (long i = from; i < to; i++) {
      session.put(KEY, Payloads.number(i));
    }
  }

  private static List<Long> range(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  @Test
  void whatAHandlerThrowsComesOutOfPollAndTheRestFollowsAtTheNext() throws Exception {
    List<Long> numbers = new ArrayList<>();
    try (Subscriber subscriber = session.declareSubscriber(KEY)) {
      put(0, 200);
      RuntimeException thrown = new RuntimeException("of the handler");
      SampleHandler handler =
          sample -> {
            numbers.add(Payloads.numberOf(sample));
            if (numbers.size() % 10 == 3) {
              throw thrown;
            }
          };
      int failures = 0;
      while (numbers.size() < 200) {
        try {
          subscriber.poll(handler, 7);
        } catch (RuntimeException e) {
          assertSame(thrown, e);
          failures++;
        }
      }
      assertEquals(range(0, 200), numbers);
      assertEquals(20, failures);
    }
  }

  @Test
  void pollTakesNoMoreThanItsLimit() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY)) {
      put(0, 200);
      assertEquals(0, subscriber.poll(sample -> {}, 0));
      assertEquals(1, subscriber.poll(sample -> {}, 1));
      assertEquals(64, subscriber.poll(sample -> {}, 64));
      assertEquals(100, subscriber.poll(sample -> {}, 100));
      assertEquals(35, subscriber.poll(sample -> {}, 1000));
      assertEquals(0, subscriber.poll(sample -> {}, 1000));
      assertTrue(subscriber.tryReceive().isEmpty());
    }
  }

  @Test
  void aHandlerThatPollsItsOwnSubscriberIsRefused() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY)) {
      put(0, 2);
      List<Long> numbers = new ArrayList<>();
      subscriber.poll(
          sample -> {
            assertThrows(IllegalStateException.class, () -> subscriber.poll(other -> {}, 1));
            numbers.add(Payloads.numberOf(sample));
          },
          2);
      assertEquals(range(0, 2), numbers);
    }
  }

  @Test
  void theThreadOfTheLibraryGoesOnWhateverItsHandlerThrows() throws Exception {
    BlockingQueue<Long> numbers = new LinkedBlockingQueue<>();
    BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();
    SubscriberOptions options =
        SubscriberOptions.defaults()
            .onHandlerError(
                (subscriber, error) -> {
                  assertEquals(KEY, subscriber.keyExpr());
                  errors.add(error);
                });
    try (Subscriber _ =
        session.declareSubscriber(
            KEY,
            options,
            sample -> {
              numbers.add(Payloads.numberOf(sample));
              throw new AssertionError(Payloads.numberOf(sample));
            })) {
      put(0, 100);
      for (long i = 0; i < 100; i++) {
        Throwable error = errors.poll(30, TimeUnit.SECONDS);
        assertEquals(Long.toString(i), error == null ? null : error.getMessage());
      }
      assertEquals(range(0, 100), List.copyOf(numbers));
    }
  }

  @Test
  void theThreadOfTheLibraryGoesOnEvenWhenItsErrorConsumerThrows() throws Exception {
    BlockingQueue<Throwable> uncaught = new LinkedBlockingQueue<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught.add(error));
    try {
      CountDownLatch third = new CountDownLatch(3);
      SubscriberOptions options =
          SubscriberOptions.defaults()
              .onHandlerError(
                  (subscriber, error) -> {
                    throw new IllegalStateException("of the consumer");
                  });
      try (Subscriber _ =
          session.declareSubscriber(
              KEY,
              options,
              sample -> {
                third.countDown();
                throw new IllegalArgumentException("of the handler");
              })) {
        put(0, 3);
        assertTrue(third.await(30, TimeUnit.SECONDS));
        Throwable error = uncaught.poll(30, TimeUnit.SECONDS);
        assertTrue(error != null && "of the consumer".equals(error.getMessage()));
        assertEquals("of the handler", error.getSuppressed()[0].getMessage());
      }
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void theThreadOfTheLibraryGoesOnWhenItsErrorConsumerThrowsTheErrorOnAndNobodyTakesIt()
      throws Exception {
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> {
          throw new IllegalStateException("of the thread's handler", error);
        });
    try {
      CountDownLatch third = new CountDownLatch(3);
      CountDownLatch second = new CountDownLatch(2);
      try (Subscriber _ =
              session.declareSubscriber(
                  KEY,
                  SubscriberOptions.defaults().onHandlerError((_, error) -> throwOn(error)),
                  sample -> {
                    third.countDown();
                    throw new IllegalArgumentException("of the handler");
                  });
          Queryable _ =
              session.declareQueryable(
                  KEY,
                  QueryableOptions.defaults().onHandlerError((_, error) -> throwOn(error)),
                  query -> {
                    second.countDown();
                    throw new IllegalArgumentException("of the handler");
                  })) {
        put(0, 3);
        assertTrue(third.await(30, TimeUnit.SECONDS));
        for (int i = 0; i < 2; i++) {
          session.get(Selector.of(KEY)).receive(Duration.ofSeconds(30));
        }
        assertTrue(second.await(30, TimeUnit.SECONDS));
      }
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  private static void throwOn(Throwable error) {
    if (error instanceof RuntimeException unchecked) {
      throw unchecked;
    }
  }

  @Test
  void aHandlerClosesItsOwnSubscriber() throws Exception {
    BlockingQueue<Long> numbers = new LinkedBlockingQueue<>();
    CountDownLatch declared = new CountDownLatch(1);
    Subscriber[] own = new Subscriber[1];
    own[0] =
        session.declareSubscriber(
            KEY,
            SubscriberOptions.defaults(),
            sample -> {
              await(declared);
              own[0].close();
              numbers.add(Payloads.numberOf(sample));
            });
    put(0, 10);
    declared.countDown();
    assertEquals(0, numbers.poll(30, TimeUnit.SECONDS));
    put(10, 20);
    Thread.sleep(100);
    assertTrue(numbers.isEmpty(), "a sample after close");

    try (Subscriber polled = session.declareSubscriber(KEY)) {
      put(0, 10);
      int count =
          polled.poll(
              sample -> {
                polled.close();
                assertEquals(0, Payloads.numberOf(sample), "the sample stays valid");
              },
              10);
      assertEquals(1, count);
    }
  }

  @Test
  void aHandlerClosesItsOwnSession() throws Exception {
    Session own = Session.open(Config.isolated());
    CountDownLatch closed = new CountDownLatch(1);
    own.declareSubscriber(
        KEY,
        SubscriberOptions.defaults(),
        sample -> {
          own.close();
          assertEquals(1, Payloads.numberOf(sample));
          closed.countDown();
        });
    own.put(KEY, Payloads.number(1));
    assertTrue(closed.await(30, TimeUnit.SECONDS));
    assertThrows(IllegalStateException.class, () -> own.put(KEY, Payloads.number(2)));
  }

  @Test
  void aHandlerPutsToItsOwnKey() throws Exception {
    BlockingQueue<Long> numbers = new LinkedBlockingQueue<>();
    try (Subscriber _ =
        session.declareSubscriber(
            KEY,
            SubscriberOptions.defaults(),
            sample -> {
              long number = Payloads.numberOf(sample);
              numbers.add(number);
              if (number < 20) {
                try {
                  session.put(KEY, Payloads.number(number + 1));
                } catch (ZenohException e) {
                  throw new IllegalStateException(e);
                }
              }
            })) {
      put(0, 1);
      for (long i = 0; i <= 20; i++) {
        assertEquals(i, numbers.poll(30, TimeUnit.SECONDS));
      }
    }
  }

  @Test
  void pollUntilClosedEndsWithTheSubscriberAndWithAnInterrupt() throws Exception {
    for (boolean interrupt : new boolean[] {false, true}) {
      BlockingQueue<Long> numbers = new LinkedBlockingQueue<>();
      try (Subscriber subscriber = session.declareSubscriber(KEY)) {
        Thread polling =
            Threads.start(
                () ->
                    subscriber.pollUntilClosed(
                        sample -> numbers.add(Payloads.numberOf(sample)),
                        16,
                        new YieldingIdleStrategy()));
        put(0, 100);
        for (long i = 0; i < 100; i++) {
          assertEquals(i, numbers.poll(30, TimeUnit.SECONDS));
        }
        if (interrupt) {
          polling.interrupt();
        } else {
          subscriber.close();
        }
        Await.ended(polling);
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
