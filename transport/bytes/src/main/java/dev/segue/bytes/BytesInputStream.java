package dev.segue.bytes;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** {@link SegmentedBytes} for code that knows streams alone. */
final class BytesInputStream extends InputStream {
  private final BytesReader reader;
  private long mark;

  BytesInputStream(BytesReader reader) {
    this.reader = reader;
  }

  @Override
  public int read() {
    return reader.remainingByteSize() == 0 ? -1 : reader.readByte() & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    int run = (int) Math.min(length, reader.remainingByteSize());
    if (run == 0) {
      return -1;
    }
    reader.copyTo(MemorySegment.ofArray(target).asSlice(offset, run));
    return run;
  }

  @Override
  public long skip(long byteSize) {
    long run = Math.clamp(byteSize, 0, reader.remainingByteSize());
    reader.skip(run);
    return run;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, reader.remainingByteSize());
  }

  @Override
  public boolean markSupported() {
    return true;
  }

  @Override
  public synchronized void mark(int readLimit) {
    mark = reader.positionByteOffset();
  }

  @Override
  public synchronized void reset() {
    reader.seek(mark);
  }
}
