package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.Lend;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The leases that the core still held when a put returned: kept reachable here until its release is
 * drained.
 *
 * <p>Most puts never come here: the core serializes in the caller's thread and lets go before it
 * returns. Local subscribers and caches hold on.
 */
final class Leases {
  private static final List<SegmentedBytes> ENDED = List.of();

  private static final AtomicLong TOKENS = new AtomicLong();
  private static final ConcurrentHashMap<Long, List<SegmentedBytes>> HELD =
      new ConcurrentHashMap<>();

  private Leases() {}

  /** Started with the first payload that the core holds. */
  private static final NumberDrain DRAIN =
      new NumberDrain("segue-zenoh-leases", NativePublisher::drainLeases, Leases::released);

  static long nextToken() {
    return TOKENS.incrementAndGet();
  }

  /** Returns how many payloads the core holds. */
  static int heldCount() {
    return HELD.size();
  }

  /**
   * Keeps what was lent under a token until the core lets go, which may have happened already. The
   * core has it in any case, so this waits until the heap has room for that.
   */
  static void hold(long token, List<SegmentedBytes> lent) {
    if (wasEnded(token, lent)) {
      endAll(lent);
    }
    DRAIN.start();
  }

  private static boolean wasEnded(long token, List<SegmentedBytes> lent) {
    while (true) {
      try {
        Long key = token;
        List<SegmentedBytes> known = HELD.putIfAbsent(key, lent);
        if (known == null || !known.isEmpty()) {
          // It is there, maybe since the map had room for it, but not to count it.
          return false;
        }
        forget(key);
        return true;
      } catch (OutOfMemoryError _) {
        NumberDrain.pause();
      }
    }
  }

  /** Takes it out of the map, which may have no room to count that: then again, without effect. */
  private static void forget(Long key) {
    while (true) {
      try {
        HELD.remove(key);
        return;
      } catch (OutOfMemoryError _) {
        NumberDrain.pause();
      }
    }
  }

  /** What to {@link #hold} of a payload that the core has already: waits likewise. */
  static List<SegmentedBytes> listOf(SegmentedBytes payload) {
    while (true) {
      try {
        return List.of(payload);
      } catch (OutOfMemoryError _) {
        NumberDrain.pause();
      }
    }
  }

  private static void released(long token) {
    Long key = token;
    List<SegmentedBytes> lent = HELD.putIfAbsent(key, ENDED);
    if (lent == null || lent.isEmpty()) {
      return;
    }
    forget(key);
    try {
      endAll(lent);
    } catch (RuntimeException | Error e) {
      HandlerErrors.tellThread(e);
    }
  }

  /** Ends all of them, also when giving memory of one back fails. */
  static void endAll(List<SegmentedBytes> lent) {
    Throwable failure = null;
    // By index: an iterator may be the object that the heap has no room for.
    for (int i = 0; i < lent.size(); i++) {
      try {
        Lend.end(lent.get(i));
      } catch (RuntimeException | Error e) {
        failure = Every.joined(failure, e);
      }
    }
    Every.rethrow(failure);
  }
}
