package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the core still held when a put returned: kept reachable here until its release is drained.
 *
 * <p>Most puts never come here: the core serializes in the caller's thread and lets go before it
 * returns. Local subscribers and caches hold on.
 */
final class Leases {
  private static final int DRAIN_LIMIT = 256;
  private static final long DRAIN_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final List<SegmentedBytes> ENDED = List.of();

  private static final AtomicLong TOKENS = new AtomicLong();
  private static final ConcurrentHashMap<Long, List<SegmentedBytes>> HELD =
      new ConcurrentHashMap<>();

  private Leases() {}

  /** Started with the first payload that the core holds. */
  private static final class Drainer {
    static final Thread THREAD =
        Thread.ofPlatform().daemon().name("segue-zenoh-leases").start(Leases::drain);

    private Drainer() {}
  }

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
    if (!Drainer.THREAD.isAlive()) {
      throw new IllegalStateException("the thread that ends leases has died");
    }
  }

  private static void released(long token) {
    List<SegmentedBytes> lent = HELD.putIfAbsent(token, ENDED);
    if (lent != null) {
      HELD.remove(token);
      endAll(lent);
    }
  }

  static void endAll(List<SegmentedBytes> lent) {
    Every.forEach(lent, Lend::end);
  }

  private static void drain() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment tokens = arena.allocate(ValueLayout.JAVA_LONG, DRAIN_LIMIT);
      while (true) {
        long count = NativePublisher.drainLeases(tokens, DRAIN_LIMIT, DRAIN_WAIT_NANOS);
        for (long i = 0; i < count; i++) {
          try {
            released(tokens.getAtIndex(ValueLayout.JAVA_LONG, i));
          } catch (RuntimeException e) {
            // Giving memory back failed; the other leases still have to end.
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
          }
        }
      }
    }
  }
}
