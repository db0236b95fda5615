package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a subscriber of reactive streams learns of a source that fails, and of its own faults. */
@Timeout(60)
class PulledPublisherTest {
  /** In their order: what the source does, and what the subscriber learns. */
  private final Queue<String> signals = new ConcurrentLinkedQueue<>();

  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final CountDownLatch isThrough = new CountDownLatch(1);
  private int made;

  /** Numbers after the failures there are, and the end after {@code most} of them. */
  private Flow.Publisher<Integer> numbers(int most, Consumer<Integer> ending) {
    return new PulledPublisher<>(
        "test-numbers",
        new PulledPublisher.Source<>() {
          @Override
          public Optional<Integer> next(Duration timeout) {
            switch (failures.poll()) {
              case null -> {}
              case Error error -> throw error;
              case RuntimeException unchecked -> throw unchecked;
              default -> throw new AssertionError();
            }
            return made < most ? Optional.of(++made) : Optional.empty();
          }

          @Override
          public boolean hasEnded() {
            return made == most && failures.isEmpty();
          }

          @Override
          public void end(Integer item) {
            signals.add("end " + item);
            ending.accept(item);
          }

          @Override
          public void cancelled() {
            isThrough.countDown();
          }
        });
  }

  private List<String> signalsOf(
      Flow.Publisher<Integer> publisher, long demand, Consumer<Integer> taker) throws Exception {
    publisher.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(demand);
            subscription.request(Math.max(1, demand));
          }

          @Override
          public void onNext(Integer item) {
            signals.add("next " + item);
            taker.accept(item);
          }

          @Override
          public void onError(Throwable error) {
            signals.add("error " + error.getMessage());
          }

          @Override
          public void onComplete() {
            signals.add("complete");
          }
        });
    isThrough.await();
    return List.copyOf(signals);
  }

  private static void fail(int item) {
    throw new IllegalStateException("of " + item);
  }

  @Test
  void aHeapThatIsFullForAMomentEndsNoSubscription() throws Exception {
    failures.add(new OutOfMemoryError("once"));
    failures.add(new OutOfMemoryError("twice"));
    assertEquals(
        List.of("next 1", "end 1", "complete"),
        signalsOf(numbers(1, _ -> {}), Long.MAX_VALUE, _ -> {}));
  }

  @Test
  void anErrorOfTheSourceIsToldOnce() throws Exception {
    failures.add(new StackOverflowError("deep"));
    failures.add(new IllegalStateException("never"));
    assertEquals(List.of("error deep"), signalsOf(numbers(1, _ -> {}), 5, _ -> {}));
  }

  @Test
  void anItemThatCanNotBeEndedIsToldOnceAndIsTheLast() throws Exception {
    assertEquals(
        List.of("next 1", "end 1", "error of 1"),
        signalsOf(numbers(3, PulledPublisherTest::fail), 5, _ -> {}));
  }

  @Test
  void whatASubscriberThrowsEndsTheItemAndTheSubscriptionWithoutASignal() throws Exception {
    assertEquals(
        List.of("next 1", "end 1"),
        signalsOf(numbers(3, PulledPublisherTest::fail), 5, PulledPublisherTest::fail));
  }

  @Test
  void aRequestBelowOneIsToldOnceBeforeAnyItem() throws Exception {
    assertEquals(
        List.of("error a request of no item"),
        signalsOf(numbers(3, _ -> {}), Long.MIN_VALUE, _ -> {}));
  }
}
