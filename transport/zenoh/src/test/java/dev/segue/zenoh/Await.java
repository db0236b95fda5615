package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what other threads and processes do, with an end. */
final class Await {
  static final Duration LONG = Duration.ofSeconds(30);

  private Await() {}

  interface Condition {
    boolean holds() throws ZenohException;
  }

  static void until(String what, Condition condition) throws ZenohException {
    until(what, LONG, condition);
  }

  static void until(String what, Duration timeout, Condition condition) throws ZenohException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "waited in vain for " + what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  static Publisher matched(Publisher publisher) throws ZenohException, InterruptedException {
    assertTrue(publisher.awaitMatchingSubscribers(LONG), () -> "no subscriber of " + publisher);
    return publisher;
  }

  /** A thread that is in the middle of a call that waits, as far as one can see from outside. */
  static void busy(Thread thread) throws InterruptedException {
    Thread.sleep(200);
    assertTrue(thread.isAlive(), "the call did not wait");
  }

  static void ended(Thread thread) throws InterruptedException {
    assertTrue(thread.join(LONG), () -> thread + " goes on");
  }
}
