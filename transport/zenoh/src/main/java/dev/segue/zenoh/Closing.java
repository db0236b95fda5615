package dev.segue.zenoh;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The default time that closing waits for operations under way. */
final class Closing {
  static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

  private Closing() {}

  private interface Wait {
    boolean run() throws InterruptedException;
  }

  /** A wait for at most as many nanoseconds. */
  interface TimedWait {
    boolean run(long nanos) throws InterruptedException;
  }

  /** Waits; an interrupt ends that, and stays. */
  static void await(TimedWait wait, long deadline) {
    await(() -> wait.run(left(deadline)));
  }

  /** Waits for the end of what was declared; an interrupt ends the wait, and stays. */
  static void await(Declared entity, long deadline) {
    hasEnded(entity, deadline);
  }

  /** {@link #await(Declared, long)}; whether the end came. */
  static boolean hasEnded(Declared entity, long deadline) {
    return await(() -> entity.awaitClosed(left(deadline)));
  }

  static void await(CountDownLatch closed, long deadline) {
    await(() -> closed.await(left(deadline), TimeUnit.NANOSECONDS));
  }

  private static boolean await(Wait wait) {
    try {
      return wait.run();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns how many nanoseconds are left, none at least. */
  static long left(long deadline) {
    return Math.max(0, deadline - System.nanoTime());
  }
}
