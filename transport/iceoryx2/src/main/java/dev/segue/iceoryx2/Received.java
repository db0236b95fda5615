package dev.segue.iceoryx2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Holds a native sample, response or request, until its memory is not in use any more. */
final class Received extends MemoryOwner {
  // The first fields of struct Sample of subscribe.rs, Response of request.rs and ActiveRequest of
  // serve.rs.
  private static final long LENGTH = 8;
  private static final long HEADER = 16;

  private final String what;
  private final long address;
  private final LongConsumer free;
  private final Leaks.@Nullable Leak leak;

  /** {@code keeper} is what has to be closed. */
  Received(String what, long address, LongConsumer free, Object keeper) {
    this.what = what;
    this.address = address;
    this.free = free;
    this.leak = Leaks.ENABLED ? Leaks.track(keeper, what) : null;
  }

  /** Its address; valid between {@link #acquire()} and {@link #release()}. */
  long address() {
    return address;
  }

  /** The message in place. */
  SegmentedBytes payload() {
    return bytes(Native.longAt(address), Native.longAt(address + LENGTH));
  }

  /** Its user header in place. */
  SegmentedBytes userHeader(long byteSize) {
    return bytes(Native.longAt(address + HEADER), byteSize);
  }

  private SegmentedBytes bytes(long start, long byteSize) {
    return byteSize == 0
        ? SegmentedBytes.empty()
        : Lend.ofOwned(Native.readOnlyView(start, byteSize), this);
  }

  void closeOnce() {
    if (close()) {
      Leaks.close(leak);
    }
  }

  @Override
  protected void free() {
    free.accept(address);
  }

  @Override
  public String toString() {
    return what;
  }
}
