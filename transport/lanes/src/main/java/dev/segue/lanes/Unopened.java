package dev.segue.lanes;

import java.time.Duration;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Publishers that could not be opened yet, and which of them to try again when: each after a second
 * at the earliest, one at a time, and all in a twentieth of the time at most. An attempt takes
 * milliseconds in which its subscriber gets nothing, and there may be thousands of them.
 *
 * <p>Times are those of {@link System#nanoTime()}. Threads: one at a time.
 */
final class Unopened {
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long SHARE = 20;

  /** When each was tried last, the one that was tried first in front. */
  private final LinkedHashMap<Announcement, Long> triedAt = new LinkedHashMap<>();

  private long idleSince;
  private long idleNanos;

  /**
   * Remembers that it could not be opened.
   *
   * @return whether this is the first time
   */
  boolean add(Announcement publisher, long startNanos, long endNanos) {
    idleSince = endNanos;
    idleNanos = (endNanos - startNanos) * (SHARE - 1);
    return triedAt.putLast(publisher, endNanos) == null;
  }

  void remove(Announcement publisher) {
    triedAt.remove(publisher);
  }

  boolean isEmpty() {
    return triedAt.isEmpty();
  }

  /** The one to be tried now, or null. */
  @Nullable Announcement next(long nowNanos) {
    if (triedAt.isEmpty() || nowNanos - idleSince < idleNanos) {
      return null;
    }
    var first = triedAt.firstEntry();
    return nowNanos - first.getValue() < RETRY_NANOS ? null : first.getKey();
  }
}
