package dev.segue.bytes.spi;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time that a peer has had: that of {@link System#nanoTime()}, with one period in place of each
 * gap in which nobody was here to see what the peer did. A process that is stopped, or a loop that
 * comes to nothing, would otherwise take its own absence for the silence of all its peers and end
 * them, while what they have sent waits in the kernel. A period passes all the same: the peers of a
 * loop that is away again and again have their deadlines, too.
 *
 * <pre>
 *   look   look   look                    look   look
 *   ├──1───┼──1───┼ - - - - - 1 - - - - - ┼──1───┤          four periods have passed
 *                        stopped
 * </pre>
 *
 * <p>Owner: whoever keeps deadlines by it, and looks at it in each period at least. Lifetime:
 * unlimited. Threads: one looks, any may {@link #peek}.
 */
public final class PeerClock {
  /** A smaller gap is a busy machine, on which peers are late as well. */
  private static final long LEAST_GAP_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier source;
  private final long periodNanos;
  private final long gapNanos;
  private long lookedAt;
  private long absentNanos;

  /** With the period of the looks; two of them that didn't come are a gap. */
  public PeerClock(long periodNanos) {
    this(periodNanos, System::nanoTime);
  }

  PeerClock(long periodNanos, LongSupplier source) {
    this.source = source;
    this.periodNanos = periodNanos;
    this.gapNanos = Math.max(LEAST_GAP_NANOS, 2 * periodNanos);
    this.lookedAt = source.getAsLong();
  }

  /**
   * Looks, which says that somebody is here to see what the peer does. Two moments compare as those
   * of {@link System#nanoTime()} do.
   */
  public synchronized long nanoTime() {
    // Within the lock: a thread that was stopped here must not come with a moment before the gap.
    long now = source.getAsLong();
    long passed = now - lookedAt;
    if (passed > gapNanos) {
      absentNanos += passed - periodNanos;
    }
    lookedAt = now;
    return now - absentNanos;
  }

  /**
   * Returns the same time to somebody who sees nothing of the peer: one period after the last look
   * it stands, whether that is the begin of a gap or not, until there is another.
   */
  public synchronized long peek() {
    return lookedAt - absentNanos + Math.min(source.getAsLong() - lookedAt, periodNanos);
  }
}
