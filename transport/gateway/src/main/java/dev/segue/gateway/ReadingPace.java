package dev.segue.gateway;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Checks that a client reads what it is sent: something of it within 30 s, and 64 KiB/s on average
 * beyond that.
 *
 * <p>Threads: any.
 */
final class ReadingPace {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

  private final LongSupplier clock;
  private int underWay;
  private long progressNanos;

  /** By the client's time, {@link GatewayExchange#nanoTime()}. */
  ReadingPace(LongSupplier clock) {
    this.clock = clock;
  }

  /** Returns how long a client may take for so many bytes, before it is given up. */
  static Duration allowance(long byteSize) {
    return PATIENCE.plusSeconds(byteSize / LEAST_BYTES_PER_SECOND);
  }

  /** A write begins. */
  synchronized void began() {
    if (underWay++ == 0) {
      progressNanos = clock.getAsLong();
    }
  }

  /** A write has been taken, or given up. */
  synchronized void ended() {
    underWay--;
    progressNanos = clock.getAsLong();
  }

  /**
   * Returns whether nothing was taken for too long.
   *
   * @param queuedByteSize how many bytes are under way
   */
  synchronized boolean isTooSlow(long queuedByteSize) {
    return underWay > 0 && clock.getAsLong() - progressNanos > Nanos.of(allowance(queuedByteSize));
  }
}
