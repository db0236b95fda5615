package dev.segue.iceoryx2;

import static dev.segue.iceoryx2.Threads.assertFails;
import static dev.segue.iceoryx2.Threads.result;
import static dev.segue.iceoryx2.Threads.started;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class WaitSetTest {
  private static final Qos QUEUE =
      Qos.defaults().withPorts(1, 1).withSafeOverflow(false).withBuffer(64, 2);
  private static final int SERVICE_COUNT = 5;

  private final List<Publisher> publishers = new ArrayList<>();
  private final List<Subscriber> subscribers = new ArrayList<>();
  private String prefix = "";
  private Node node;
  private WaitSet waitSet;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
    waitSet = node.newWaitSet();
    for (int i = 0; i < SERVICE_COUNT; i++) {
      PublishSubscribe service = node.publishSubscribe("service/" + i, QUEUE);
      publishers.add(service.newPublisher(PublisherOptions.of(8).withPatience(Nodes.LONG)));
      subscribers.add(service.newSubscriber());
      waitSet.attach(subscribers.get(i));
    }
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }

  private static void send(Publisher publisher, long value) throws IceoryxException {
    Loan loan = publisher.loan(8);
    loan.segment().set(ValueLayout.JAVA_LONG, 0, value);
    assertEquals(new Delivery(1, 0), publisher.send(loan));
  }

  private List<Attachable> ready(Duration timeout) throws Exception {
    return waitSet.await(timeout);
  }

  @Test
  void thoseThatHaveSomethingAreNamedUntilItIsTaken() throws Exception {
    assertEquals(List.of(), ready(Duration.ZERO));
    send(publishers.get(3), 1);
    send(publishers.get(1), 2);
    List<Subscriber> both = List.of(subscribers.get(1), subscribers.get(3));
    assertEquals(both, ready(Nodes.LONG));
    assertEquals(both, ready(Duration.ZERO));
    assertEquals(1, subscribers.get(1).poll(_ -> {}, 9));
    assertEquals(List.of(subscribers.get(3)), ready(Nodes.LONG));
    assertEquals(1, subscribers.get(3).poll(_ -> {}, 9));
    assertEquals(List.of(), ready(Duration.ofMillis(30)));
  }

  @Test
  void aWaitEndsWhenItIsWoken() throws Exception {
    waitSet.wakeUp();
    waitSet.wakeUp();
    assertEquals(List.of(), ready(Nodes.LONG));
    CompletableFuture<List<Attachable>> waiting = started(() -> ready(Nodes.LONG));
    assertFalse(waiting.isDone());
    waitSet.wakeUp();
    assertEquals(List.of(), result(waiting));
    send(publishers.get(2), 1);
    assertEquals(List.of(subscribers.get(2)), ready(Nodes.LONG));
    waitSet.close();
    waitSet.wakeUp();
  }

  @Test
  void allMessagesOfAllServicesComeInOrderToOneThatWaits() throws Exception {
    int count = 1_000;
    CompletableFuture<Boolean> received =
        started(
            () -> {
              long[] next = new long[SERVICE_COUNT];
              for (int taken = 0; taken < count * SERVICE_COUNT; ) {
                for (Attachable port : waitSet.await(Nodes.LONG)) {
                  int service = subscribers.indexOf(port);
                  taken +=
                      subscribers
                          .get(service)
                          .poll(sample -> assertEquals(next[service]++, value(sample)), 7);
                }
              }
              return true;
            });
    for (int i = 0; i < count; i++) {
      for (Publisher publisher : publishers) {
        send(publisher, i);
      }
    }
    assertTrue(result(received));
    assertEquals(List.of(), ready(Duration.ZERO));
  }

  private static long value(Sample sample) {
    return sample.payload().segments().getFirst().get(ValueLayout.JAVA_LONG, 0);
  }

  @Test
  void eventsWakeItAndAreGivenByTheListener() throws Exception {
    EventService events = node.events("wake", EventQos.defaults());
    Listener listener = events.newListener();
    Notifier notifier = events.newNotifier();
    waitSet.attach(listener);
    CompletableFuture<List<Attachable>> woken = started(() -> waitSet.await(Nodes.LONG));
    notifier.notifyListeners(4);
    assertEquals(List.of(listener), result(woken));
    notifier.notifyListeners(2);
    notifier.notifyListeners(4);
    assertEquals(List.of(listener), ready(Duration.ZERO));
    assertEquals(
        List.of(new Listener.Heard(2, 1), new Listener.Heard(4, 2)), listener.await(Nodes.LONG));
    assertEquals(List.of(), ready(Duration.ZERO));
    assertEquals(List.of(), listener.await(Duration.ZERO));
  }

  @Test
  void aPortIsAttachedOnceAndLeavesWhenItIsDetachedOrClosed() throws Exception {
    Subscriber first = subscribers.getFirst();
    assertThrows(IllegalArgumentException.class, () -> waitSet.attach(first));
    send(publishers.getFirst(), 1);
    assertTrue(waitSet.detach(first));
    assertFalse(waitSet.detach(first));
    assertEquals(List.of(), ready(Duration.ZERO));
    waitSet.attach(first);
    assertEquals(List.of(first), ready(Duration.ZERO));
    first.close();
    assertEquals(List.of(), ready(Duration.ZERO));
    assertEquals(SERVICE_COUNT - 1, waitSet.size());
  }

  @Test
  void closingEndsTheWaitsOfAllThreads() throws Exception {
    CompletableFuture<?> first = started(() -> waitSet.await(Nodes.LONG));
    CompletableFuture<?> second = started(() -> waitSet.await(Nodes.LONG));
    waitSet.close();
    assertFails(IllegalStateException.class, first);
    assertFails(IllegalStateException.class, second);
    assertThrows(IllegalStateException.class, () -> waitSet.attach(subscribers.getFirst()));
    assertThrows(IllegalStateException.class, () -> ready(Duration.ZERO));
  }

  @Test
  void portsThatAreClosedDuringAWaitEndNothingElse() throws Exception {
    CompletableFuture<List<Attachable>> waiting = started(() -> waitSet.await(Nodes.LONG));
    for (int i = 0; i < SERVICE_COUNT - 1; i++) {
      subscribers.get(i).close();
    }
    send(publishers.getLast(), 1);
    assertEquals(List.of(subscribers.getLast()), result(waiting));
  }

  @Test
  void anInterruptEndsAWait() throws Exception {
    CompletableFuture<Thread> waiter = new CompletableFuture<>();
    CompletableFuture<?> outcome =
        started(
            () -> {
              waiter.complete(Thread.currentThread());
              return waitSet.await(Nodes.LONG);
            });
    result(waiter).interrupt();
    assertFails(InterruptedException.class, outcome);
  }

  @Test
  void closingTheNodeEndsAWait() throws Exception {
    CompletableFuture<?> outcome = started(() -> waitSet.await(Nodes.LONG));
    node.close();
    assertFails(IllegalStateException.class, outcome);
    assertThrows(IllegalStateException.class, node::newWaitSet);
  }
}
