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

  /** Keeps what was lent under a token until the core lets go, which may have happened already. */
  static void hold(long token, List<SegmentedBytes> lent) {
    if (HELD.putIfAbsent(token, lent) != null) {
      HELD.remove(token);
      endAll(lent);
    }
    DRAIN.start();
  }

  private static void released(long token) {
    Long key = token;
    List<SegmentedBytes> lent = HELD.putIfAbsent(key, ENDED);
    if (lent == null) {
      return;
    }
    HELD.remove(key);
    // By index: an iterator may be the object that the heap has no room for.
    for (int i = 0; i < lent.size(); i++) {
      try {
        Lend.end(lent.get(i));
      } catch (RuntimeException | Error e) {
        // Giving memory back failed; the other leases still have to end.
        NumberDrain.tell(e);
      }
    }
  }

  static void endAll(List<SegmentedBytes> lent) {
    Every.forEach(lent, Lend::end);
  }
}
