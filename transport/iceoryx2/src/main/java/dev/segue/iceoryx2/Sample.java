package dev.segue.iceoryx2;

import dev.segue.bytes.SegmentedBytes;

/**
 * One received message, read where its publisher wrote it, in a mapping that can't be written.
 *
 * <p>While it is open its publisher does not write there again, also when the publisher or the
 * subscriber is closed. Its subscriber stays in the service meanwhile, with its buffer, so close
 * samples soon.
 *
 * <p>Owner: the caller; in a handler the library. Lifetime: until {@link #close()}, or for its
 * memory until nobody its payload was lent to holds it any more; then every access is an {@link
 * IllegalStateException}. Threads: any.
 */
public final class Sample implements AutoCloseable {
  private final Received memory;
  private final SegmentedBytes payload;
  private final int headerByteSize;

  Sample(String name, int headerByteSize, long address) {
    this.memory = new Received("a sample of " + name, address, NativeSubscriber::freeSample, this);
    this.headerByteSize = headerByteSize;
    this.payload = memory.payload();
  }

  /** The message in place, one segment. It may be lent on while the sample is open. */
  public SegmentedBytes payload() {
    return payload;
  }

  /**
   * The message's user header in place; empty if the service has none.
   *
   * @throws IllegalStateException if the sample is closed
   */
  public SegmentedBytes userHeader() {
    memory.acquire();
    try {
      return memory.userHeader(headerByteSize);
    } finally {
      memory.release();
    }
  }

  /** Gives the memory back, unless it is lent on. Idempotent. */
  @Override
  public void close() {
    memory.closeOnce();
  }

  @Override
  public String toString() {
    return "Sample[" + memory + ", byteSize=" + payload.byteSize() + "]";
  }
}
