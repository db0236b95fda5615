package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What closing waits for. */
@SuppressWarnings("try") // closes by hand
class CloseTest {
  private static final KeyExpr KEY = KeyExpr.of("test/close");
  private static final Duration SHORT = Duration.ofMillis(50);
  private final CountDownLatch inHandler = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);
  private final AtomicBoolean left = new AtomicBoolean();
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    leave.countDown();
    session.close();
  }

  @Test
  void whatAnInterruptedThreadClosesIsForgottenByItsSession() throws Exception {
    for (int i = 0; i < 20; i++) {
      Subscriber polled = session.declareSubscriber(KEY);
      Subscriber handled =
          session.declareSubscriber(KEY, SubscriberOptions.defaults(), this::onSample);
      Publisher publisher = session.declarePublisher(KEY);
      Thread.currentThread().interrupt();
      polled.close();
      handled.close();
      publisher.close();
      assertTrue(Thread.interrupted());
    }
    Await.until("it forgets them", () -> session.declaredCount() == 0);
  }

  private void onSample(Sample sample) {
    inHandler.countDown();
    try {
      assertTrue(leave.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertEquals(1, Payloads.numberOf(sample));
    left.set(true);
  }

  /** A subscriber that is in its handler, which a thread of the library or of the test runs. */
  private Subscriber inHandler(String style) throws Exception {
    Subscriber subscriber;
    if (style.equals("handler")) {
      subscriber = session.declareSubscriber(KEY, SubscriberOptions.defaults(), this::onSample);
    } else {
      subscriber = session.declareSubscriber(KEY);
      Threads.start(
          () -> subscriber.pollUntilClosed(this::onSample, 1, new YieldingIdleStrategy()));
    }
    session.put(KEY, Payloads.number(1));
    assertTrue(inHandler.await(30, TimeUnit.SECONDS));
    return subscriber;
  }

  private void assertWaitsForTheHandler(Threads.Body close) throws Exception {
    Thread closing =
        Threads.start(
            () -> {
              close.run();
              assertTrue(left.get());
            });
    Await.busy(closing);
    leave.countDown();
    Await.ended(closing);
    assertTrue(left.get());
  }

  @ParameterizedTest
  @ValueSource(strings = {"handler", "poll"})
  void closingASubscriberWaitsForItsHandler(String style) throws Exception {
    Subscriber subscriber = inHandler(style);
    assertWaitsForTheHandler(subscriber::close);
  }

  @ParameterizedTest
  @ValueSource(strings = {"handler", "poll"})
  void closingASessionWaitsForItsHandlersAndSoDoesASecondThreadThatClosesIt(String style)
      throws Exception {
    inHandler(style);
    Thread other = Threads.start(session::close);
    Await.busy(other);
    assertWaitsForTheHandler(session::close);
    Await.ended(other);
  }

  @Test
  void closingWithATimeoutSaysWhetherTheHandlerIsThrough() throws Exception {
    Subscriber subscriber = inHandler("handler");
    assertFalse(subscriber.close(SHORT));
    assertThrows(IllegalStateException.class, () -> subscriber.tryReceive());
    leave.countDown();
    assertTrue(subscriber.close(Await.LONG));
    assertTrue(left.get());
  }

  @Test
  void closingASessionWithATimeoutSaysWhetherItsHandlersAreThrough() throws Exception {
    inHandler("handler");
    assertFalse(session.close(SHORT));
    assertTrue(session.isClosed());
    assertFalse(session.close(Duration.ZERO), "the handler still runs");
    leave.countDown();
    assertTrue(session.close(Await.LONG));
    assertTrue(left.get());
  }

  @Test
  void anInterruptEndsTheWaitOfAClosingSessionWhichIsClosed() throws Exception {
    inHandler("handler");
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> session.close(Duration.ofDays(1)));
    assertTrue(session.isClosed());
    assertFalse(left.get());
    leave.countDown();
    assertTrue(session.close(Await.LONG));
  }

  @Test
  void withinAHandlerASessionIsClosedWithoutWaiting() throws Exception {
    CompletableFuture<List<Boolean>> closed = new CompletableFuture<>();
    session.declareSubscriber(
        KEY,
        SubscriberOptions.defaults(),
        _ -> {
          try {
            closed.complete(
                List.of(session.close(Duration.ofDays(1)), session.close(Duration.ofDays(1))));
          } catch (InterruptedException e) {
            closed.completeExceptionally(e);
          }
        });
    session.put(KEY, Payloads.number(1));
    assertEquals(List.of(false, false), closed.get(30, TimeUnit.SECONDS));
    assertTrue(session.close(Await.LONG));
  }

  @Test
  void anInterruptEndsTheWaitAndStays() throws Exception {
    Subscriber subscriber = inHandler("handler");
    CompletableFuture<Boolean> closed =
        Threads.call(
            () -> {
              Thread.currentThread().interrupt();
              subscriber.close();
              return Thread.interrupted() && !left.get();
            });
    assertTrue(closed.get(30, TimeUnit.SECONDS));
    assertTrue(subscriber.isClosed());
  }

  @Test
  void withinItsOwnHandlerASubscriberWaitsForNobody() throws Exception {
    CompletableFuture<List<Boolean>> results = new CompletableFuture<>();
    Subscriber[] own = new Subscriber[1];
    SampleHandler handler =
        sample -> {
          List<Boolean> closed = new ArrayList<>();
          try {
            closed.add(own[0].close(Duration.ofDays(1)));
            closed.add(own[0].close(Duration.ofDays(1)));
            session.close();
            session.close();
          } catch (InterruptedException e) {
            results.completeExceptionally(e);
          }
          results.complete(closed);
        };
    synchronized (own) {
      own[0] =
          session.declareSubscriber(
              KEY,
              SubscriberOptions.defaults(),
              sample -> {
                synchronized (own) {
                  handler.onSample(sample);
                }
              });
    }
    session.put(KEY, Payloads.number(1));
    assertEquals(List.of(false, false), results.get(30, TimeUnit.SECONDS));
    assertTrue(own[0].close(Await.LONG));
  }

  @Test
  void closingAPublisherWaitsForAPutThatIsUnderWay() throws Exception {
    SubscriberOptions full = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    try (Subscriber subscriber = session.declareSubscriber(KEY, full);
        Publisher publisher = session.declarePublisher(KEY)) {
      publisher.put(Payloads.number(1));
      CompletableFuture<Boolean> put =
          Threads.call(
              () -> {
                publisher.put(Payloads.number(2));
                return true;
              });
      Thread.sleep(200);
      assertFalse(put.isDone());
      assertFalse(publisher.close(SHORT));
      Thread closing = Threads.start(publisher::close);
      Await.busy(closing);
      assertThrows(IllegalStateException.class, () -> publisher.put(Payloads.number(3)));
      for (long i = 1; i <= 2; i++) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals(i, Payloads.numberOf(sample));
        }
      }
      Await.ended(closing);
      assertTrue(put.get(30, TimeUnit.SECONDS));
      assertTrue(publisher.close(Duration.ZERO));
    }
  }
}
