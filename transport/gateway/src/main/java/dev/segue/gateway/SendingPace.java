package dev.segue.gateway;

import java.util.concurrent.TimeUnit;

/**
 * Checks that a client goes on sending what it began: it may pause for 30 s, and must send 16 KiB/s
 * beyond that. What came quickly buys no longer pause, so that no large body can be held with a
 * trickle.
 *
 * <p>Threads: any.
 */
final class SendingPace {
  static final long LEAST_BYTES_PER_SECOND = 16 * 1024;
  private static final long MOST_NANOS = ReadingPace.PATIENCE.toNanos();

  private long leftNanos = MOST_NANOS;

  /**
   * Counts bytes that have come.
   *
   * @param waitedNanos how long they were waited for
   * @return false if that took too long
   */
  synchronized boolean came(long waitedNanos, long byteSize) {
    leftNanos -= waitedNanos;
    if (leftNanos <= 0) {
      return false;
    }
    // Divided first: no size overflows.
    long earned =
        byteSize / LEAST_BYTES_PER_SECOND >= ReadingPace.PATIENCE.toSeconds()
            ? MOST_NANOS
            : byteSize * TimeUnit.SECONDS.toNanos(1) / LEAST_BYTES_PER_SECOND;
    leftNanos = Math.min(MOST_NANOS, leftNanos + earned);
    return true;
  }

  /** Returns how long the next bytes may take; positive unless {@link #came} said false. */
  synchronized long leftNanos() {
    return leftNanos;
  }
}
