package dev.segue.gateway;

import dev.segue.bytes.PoolExhaustedException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes of pixels that are on the heap to be encoded, all pictures together: a quarter
 * of the heap at most.
 *
 * <p>Owner: the gateway. Lifetime: the same. Threads: any.
 */
final class PixelBudget {
  private final long maxByteSize;
  private final AtomicLong taken = new AtomicLong();

  PixelBudget(long maxByteSize) {
    this.maxByteSize = Math.min(maxByteSize, Runtime.getRuntime().maxMemory() / 4);
  }

  /** Room that was taken, until it is closed. */
  interface Room extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes room.
   *
   * @throws PoolExhaustedException if there is none now
   */
  Room take(long byteSize) {
    long sum = taken.addAndGet(byteSize);
    if (sum > maxByteSize) {
      long left = taken.addAndGet(-byteSize);
      throw new PoolExhaustedException(byteSize, maxByteSize - left, maxByteSize);
    }
    return () -> {
      taken.addAndGet(-byteSize);
    };
  }
}
