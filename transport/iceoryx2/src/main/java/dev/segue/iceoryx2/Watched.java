package dev.segue.iceoryx2;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import org.jspecify.annotations.Nullable;

/**
 * A message that reports that nobody closed it. Only the program has it, because its memory is held
 * by whoever has views of it or was lent its payload.
 */
final class Watched implements Sample, Response {
  private final Received memory;
  private final Leaks.@Nullable Leak leak;

  Watched(Received memory) {
    this.memory = memory;
    this.leak = Leaks.track(this, memory.toString());
  }

  @Override
  public SegmentedBytes payload() {
    return memory.payload();
  }

  @Override
  public BytesReader reader() {
    return memory.reader();
  }

  @Override
  public SegmentedBytes userHeader() {
    return memory.userHeader();
  }

  @Override
  public Watched confine() {
    memory.confine();
    return this;
  }

  @Override
  public void close() {
    memory.close();
    Leaks.close(leak);
  }

  @Override
  public String toString() {
    return memory.toString();
  }
}
