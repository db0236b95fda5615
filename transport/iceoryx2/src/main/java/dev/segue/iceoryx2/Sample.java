package dev.segue.iceoryx2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import org.jspecify.annotations.Nullable;

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
  private final Memory memory;
  private final SegmentedBytes payload;
  private final Leaks.@Nullable Leak leak;

  /** Holds the native sample. */
  private static final class Memory extends MemoryOwner {
    private final long address;
    private final String name;

    Memory(long address, String name) {
      this.address = address;
      this.name = name;
    }

    @Override
    protected void free() {
      NativeSubscriber.freeSample(address);
    }

    @Override
    public String toString() {
      return "a sample of " + name;
    }
  }

  Sample(String name, long address) {
    this.memory = new Memory(address, name);
    long byteSize = NativeSubscriber.byteSizeOf(address);
    this.payload =
        byteSize == 0
            ? SegmentedBytes.empty()
            : Lend.ofOwned(
                Native.readOnlyView(NativeSubscriber.startOf(address), byteSize), memory);
    this.leak = Leaks.ENABLED ? Leaks.track(this, memory.toString()) : null;
  }

  /** The message in place, one segment. It may be lent on while the sample is open. */
  public SegmentedBytes payload() {
    return payload;
  }

  /** Gives the memory back, unless it is lent on. Idempotent. */
  @Override
  public void close() {
    if (memory.close()) {
      Leaks.close(leak);
    }
  }

  @Override
  public String toString() {
    return "Sample[" + memory.name + ", byteSize=" + payload.byteSize() + "]";
  }
}
