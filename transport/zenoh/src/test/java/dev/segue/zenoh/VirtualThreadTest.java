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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Virtual threads that receive. */
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
                      var _ = subscriber.receive(Duration.ofDays(1));
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
