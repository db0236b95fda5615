package dev.segue.recording;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** When to publish what was recorded at some time. */
final class Pace {
  private final double rate;
  private boolean begun;
  private long firstNanos;
  private long startNanos;

  /** Of so many times the recorded pace; 0 for no waiting at all. */
  Pace(double rate) {
    this.rate = rate;
  }

  /** Waits; times that go backwards are not waited for. */
  void await(long logTimeNanos) throws InterruptedException {
    if (rate == 0) {
      return;
    }
    if (!begun) {
      begun = true;
      firstNanos = logTimeNanos;
      startNanos = System.nanoTime();
    }
    double waitNanos = (logTimeNanos - firstNanos) / rate;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("replay");
      }
      double left = waitNanos - (System.nanoTime() - startNanos);
      if (left <= 0) {
        return;
      }
      LockSupport.parkNanos(Math.min((long) left, TimeUnit.MINUTES.toNanos(1)));
    }
  }
}
