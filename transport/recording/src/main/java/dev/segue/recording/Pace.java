package dev.segue.recording;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** When to publish what was recorded at some time. */
final class Pace {
  private final double rate;
  private final double longestGapNanos;
  private boolean begun;
  private long lastNanos;
  private double offsetNanos;
  private long startNanos;

  /** Of so many times the recorded pace; 0 for no waiting at all. Longer gaps are left out. */
  Pace(double rate, Duration longestGap) {
    this.rate = rate;
    this.longestGapNanos = Nanos.of(longestGap);
  }

  /** Waits; times that go backwards are not waited for. */
  void await(long logTimeNanos) throws InterruptedException {
    if (rate == 0) {
      return;
    }
    if (!begun) {
      begun = true;
      lastNanos = logTimeNanos;
      startNanos = System.nanoTime();
    }
    // In floating point, as a difference of unsigned times may be any number.
    double gap = (double) logTimeNanos - lastNanos;
    if (gap > 0) {
      offsetNanos += gap > longestGapNanos ? 0 : gap;
      lastNanos = logTimeNanos;
    }
    double waitNanos = offsetNanos / rate;
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
