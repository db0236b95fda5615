package dev.segue.iceoryx2;

import static dev.segue.iceoryx2.Threads.assertFails;
import static dev.segue.iceoryx2.Threads.result;
import static dev.segue.iceoryx2.Threads.started;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class WaitTest {
  private static final Qos QUEUE = Qos.defaults().withPorts(1, 1).withSafeOverflow(false);

  private String prefix = "";
  private Node node;
  private PublishSubscribe service;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
    service = node.publishSubscribe("a", QUEUE);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  private static void send(Publisher publisher, int value) throws IceoryxException {
    Loan loan = publisher.loan(4);
    loan.segment().set(ValueLayout.JAVA_INT, 0, value);
    assertEquals(new Delivery(1, 0), publisher.send(loan));
  }

  @Test
  void whoWaitsGetsEachMessageInOrder() throws Exception {
    Publisher publisher = service.newPublisher(PublisherOptions.of(4).withPatience(Nodes.LONG));
    Subscriber subscriber = service.newSubscriber();
    CompletableFuture<Integer> received =
        started(
            () -> {
              for (int i = 0; i < 2_000; i++) {
                try (Sample sample = subscriber.receive(Nodes.LONG).orElseThrow()) {
                  assertEquals(
                      i, sample.payload().segments().getFirst().get(ValueLayout.JAVA_INT, 0));
                }
              }
              return 2_000;
            });
    for (int i = 0; i < 2_000; i++) {
      send(publisher, i);
    }
    assertEquals(2_000, result(received));
  }

  @Test
  void whoPollsWithAnIdleStrategyGetsEachMessageUntilItIsClosed() throws Exception {
    Publisher publisher = service.newPublisher(PublisherOptions.of(4).withPatience(Nodes.LONG));
    Subscriber subscriber = service.newSubscriber();
    CountDownLatch all = new CountDownLatch(500);
    CompletableFuture<Boolean> polled =
        started(
            () -> {
              subscriber.pollUntilClosed(_ -> all.countDown(), 8, new YieldingIdleStrategy());
              return true;
            });
    for (int i = 0; i < 500; i++) {
      send(publisher, i);
    }
    assertTrue(all.await(Nodes.LONG.toSeconds(), TimeUnit.SECONDS));
    subscriber.close();
    assertTrue(result(polled));
  }

  @Test
  void nothingComesBeforeTheTimeout() throws Exception {
    Subscriber subscriber = service.newSubscriber();
    assertEquals(Optional.empty(), subscriber.receive(Duration.ZERO));
    assertEquals(Optional.empty(), subscriber.receive(Duration.ofSeconds(-1)));
    assertEquals(Optional.empty(), subscriber.receive(Duration.ofMillis(50)));
  }

  /** The core waits for microseconds, and without an end for none of them. */
  @Test
  void aWaitOfLessThanAMicrosecondEnds() throws Exception {
    Subscriber subscriber = service.newSubscriber();
    EventService events = node.events("e", EventQos.defaults());
    Listener listener = events.newListener();
    CompletableFuture<Integer> waits =
        started(
            () -> {
              for (int nanos = 1; nanos < 1_000; nanos++) {
                assertEquals(List.of(), listener.await(Duration.ofNanos(nanos)));
              }
              for (int nanos = 4_500; nanos < 7_000; nanos++) {
                assertEquals(Optional.empty(), subscriber.receive(Duration.ofNanos(nanos)));
              }
              return 1;
            });
    assertEquals(1, result(waits));
  }

  @Test
  void closingEndsTheWaitsOfAllThreads() throws Exception {
    Subscriber subscriber = service.newSubscriber();
    CompletableFuture<?> first = started(() -> subscriber.receive(Nodes.LONG));
    CompletableFuture<?> second = started(() -> subscriber.receive(Nodes.LONG));
    subscriber.close();
    assertFails(IllegalStateException.class, first);
    assertFails(IllegalStateException.class, second);
    assertEquals(0, service.subscriberCount());
  }

  @Test
  void anInterruptEndsAWait() throws Exception {
    Subscriber subscriber = service.newSubscriber();
    CompletableFuture<Thread> waiter = new CompletableFuture<>();
    CompletableFuture<?> outcome =
        started(
            () -> {
              waiter.complete(Thread.currentThread());
              return subscriber.receive(Nodes.LONG);
            });
    result(waiter).interrupt();
    assertFails(InterruptedException.class, outcome);
  }

  @Test
  void closingFromAHandlerEndsThePoll() throws IceoryxException {
    Publisher publisher = service.newPublisher(PublisherOptions.of(4));
    Subscriber subscriber = service.newSubscriber();
    send(publisher, 1);
    send(publisher, 2);
    assertEquals(1, subscriber.poll(_ -> subscriber.close(), 9));
    assertEquals(0, service.subscriberCount());
  }

  @Test
  void closingEndsASendThatWaitsForRoom() throws Exception {
    Publisher publisher = service.newPublisher(PublisherOptions.of(4).withPatience(Nodes.LONG));
    Subscriber subscriber = service.newSubscriber();
    send(publisher, 1);
    send(publisher, 2);
    CompletableFuture<Delivery> third =
        started(
            () -> {
              try (Loan loan = publisher.loan(4)) {
                return publisher.send(loan);
              }
            });
    publisher.close();
    try {
      assertEquals(new Delivery(0, 1), result(third));
    } catch (ExecutionException e) {
      // It was closed before the other thread came that far.
      assertInstanceOf(IllegalStateException.class, e.getCause());
    }
    assertEquals(2, subscriber.poll(_ -> {}, 9));
  }

  @Test
  void eventsWakeWhoListens() throws Exception {
    EventService events = node.events("wake", EventQos.defaults());
    Notifier notifier = events.newNotifier();
    assertEquals(0, notifier.notifyListeners(3));
    Listener listener = events.newListener();
    CompletableFuture<List<Listener.Heard>> heard = started(() -> listener.await(Nodes.LONG));
    assertEquals(1, notifier.notifyListeners(7));
    assertEquals(List.of(new Listener.Heard(7, 1)), result(heard));
    notifier.notifyListeners(9);
    notifier.notifyListeners(9);
    notifier.notifyListeners(255);
    assertEquals(
        List.of(new Listener.Heard(9, 2), new Listener.Heard(255, 1)),
        listener.await(Duration.ZERO));
    assertEquals(List.of(), listener.await(Duration.ofMillis(30)));
    assertThrows(IllegalArgumentException.class, () -> notifier.notifyListeners(256));
    assertThrows(IllegalArgumentException.class, () -> notifier.notifyListeners(-1));
    CompletableFuture<?> closed = started(() -> listener.await(Nodes.LONG));
    listener.close();
    assertFails(IllegalStateException.class, closed);
    notifier.close();
    assertThrows(IllegalStateException.class, () -> notifier.notifyListeners(1));
  }

  @Test
  void whoNeverListensHoldsUpNoNotifier() throws Exception {
    EventService events = node.events("wake", EventQos.defaults());
    Notifier notifier = events.newNotifier();
    Listener listener = events.newListener();
    for (int i = 0; i < 10_000; i++) {
      notifier.notifyListeners(1);
    }
    assertEquals(List.of(new Listener.Heard(1, 10_000)), listener.await(Duration.ZERO));
  }

  @Test
  void closingTheNodeEndsAllWaits() throws Exception {
    Subscriber subscriber = service.newSubscriber();
    Listener listener = node.events("wake", EventQos.defaults()).newListener();
    CompletableFuture<?> first = started(() -> subscriber.receive(Nodes.LONG));
    CompletableFuture<?> second = started(() -> listener.await(Nodes.LONG));
    node.close();
    assertFails(IllegalStateException.class, first);
    assertFails(IllegalStateException.class, second);
  }
}
