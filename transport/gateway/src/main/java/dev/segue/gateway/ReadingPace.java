package dev.segue.gateway;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Checks that a client reads what it is sent: something of it within 30 s, and 64 KiB/s on average
 * beyond that.
 *
 * <p>Threads: any.
 */
final class ReadingPace {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

  private int underWay;
  private long progressNanos;

  /** Returns how long a client may take for so many bytes, before it is given up. */
  static Duration allowance(long byteSize) {
    return PATIENCE.plusSeconds(byteSize / LEAST_BYTES_PER_SECOND);
  }

  /** A write begins. */
  synchronized void began() {
    if (underWay++ == 0) {
      progressNanos = System.nanoTime();
    }
  }

  /** A write has been taken, or given up. */
  synchronized void ended() {
    underWay--;
    progressNanos = System.nanoTime();
  }

  /**
   * Returns whether nothing was taken for too long.
   *
   * @param queuedByteSize how many bytes are under way
   */
  boolean isTooSlow(long queuedByteSize) {
    return isTooSlow(queuedByteSize, System.nanoTime());
  }

  /** At a moment of {@link System#nanoTime()}. */
  synchronized boolean isTooSlow(long queuedByteSize, long nowNanos) {
    return underWay > 0
        && nowNanos - progressNanos > TimeUnit.NANOSECONDS.convert(allowance(queuedByteSize));
  }
}
