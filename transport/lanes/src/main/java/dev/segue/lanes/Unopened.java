package dev.segue.lanes;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Publishers that could not be opened yet, and which of them to try again when: one at a time, each
 * after a second at the earliest, and each in a twentieth of the time at most. An attempt takes
 * milliseconds as a rule, in which its subscriber gets nothing, and there may be thousands of them:
 * so all together take a twentieth of the time as well. That doesn't hold for attempts of more than
 * a second, as where the process that makes the service is stopped: after one the others wait for
 * 20 s at most, so that several of those take up to a third of the time.
 *
 * <p>Times are those of {@link System#nanoTime()}. Threads: one at a time.
 */
final class Unopened {
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_IDLE_NANOS = Duration.ofSeconds(20).toNanos();
  private static final long SHARE = 20;

  /** When each may be tried again, the one that was tried first in front. */
  private final LinkedHashMap<Announcement, Long> dueAt = new LinkedHashMap<>();

  /** No attempt before that: one has just been made, or none is due. */
  private long idleUntil;

  /**
   * Remembers that it could not be opened.
   *
   * @return whether this is the first time
   */
  boolean add(Announcement publisher, long startNanos, long endNanos) {
    long own = (endNanos - startNanos) * (SHARE - 1);
    idleUntil = endNanos + Math.min(own, LONGEST_IDLE_NANOS);
    return dueAt.putLast(publisher, endNanos + Math.max(own, RETRY_NANOS)) == null;
  }

  void remove(Announcement publisher) {
    dueAt.remove(publisher);
  }

  boolean isEmpty() {
    return dueAt.isEmpty();
  }

  /** The one to be tried now, or null. */
  @Nullable Announcement next(long nowNanos) {
    if (dueAt.isEmpty() || nowNanos - idleUntil < 0) {
      return null;
    }
    long shortest = Long.MAX_VALUE;
    for (Map.Entry<Announcement, Long> each : dueAt.entrySet()) {
      long left = each.getValue() - nowNanos;
      if (left <= 0) {
        return each.getKey();
      }
      shortest = Math.min(shortest, left);
    }
    idleUntil = nowNanos + shortest;
    return null;
  }
}
