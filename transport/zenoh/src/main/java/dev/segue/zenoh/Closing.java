package dev.segue.zenoh;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How long closing waits for what is under way when nobody says. */
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
    await(() -> wait.run(Math.max(0, deadline - System.nanoTime())));
  }

  /** Waits for the end of what was declared; an interrupt ends the wait, and stays. */
  static void await(Declared entity, long deadline) {
    await(() -> entity.awaitClosed(Math.max(0, deadline - System.nanoTime())));
  }

  static void await(CountDownLatch closed, long deadline) {
    await(() -> closed.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
  }

  private static void await(Wait wait) {
    try {
      boolean _ = wait.run();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
