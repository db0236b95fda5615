package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;

/** Sees whether what a peer owes comes at the least rate, or at all. Loop only. */
final class ProgressCheck {
  private final long periodNanos;
  private final long leastByteCount;
  private boolean waiting;
  private long since;
  private long before;

  /** The least rate of a server's deadlines. */
  ProgressCheck(Duration period, Http2Deadlines deadlines) {
    periodNanos = Nanos.of(period);
    leastByteCount = deadlines.leastByteCount(period);
  }

  /** A byte within each {@code period} is enough. */
  ProgressCheck(Duration period) {
    periodNanos = Nanos.of(period);
    leastByteCount = 1;
  }

  /**
   * Looks at {@code byteCount}, all that has come so far.
   *
   * @return whether a whole period of waiting has brought too little
   */
  boolean isTooSlow(long nowNanos, boolean isWaiting, long byteCount) {
    if (!isWaiting || !waiting) {
      waiting = isWaiting;
      since = nowNanos;
      before = byteCount;
      return false;
    }
    if (nowNanos - since < periodNanos) {
      return false;
    }
    boolean slow = byteCount - before < leastByteCount;
    since = nowNanos;
    before = byteCount;
    return slow;
  }
}
