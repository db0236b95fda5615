package dev.segue.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Reads {@link SegmentedBytes} from front to back, across the boundaries of its segments.
 *
 * <p>Multi-byte values are little-endian unless {@link #order(ByteOrder)} says otherwise.
 *
 * <p>Owner: the caller. Lifetime: that of the bytes. Threads: one at a time.
 */
public final class BytesReader {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final SegmentedBytes bytes;
  private boolean swap;
  private final long end;
  private int index;
  private long within;
  private long position;

  BytesReader(SegmentedBytes bytes) {
    this.bytes = bytes;
    this.end = bytes.byteSize();
  }

  /** Sets the order of multi-byte values. */
  public BytesReader order(ByteOrder order) {
    swap = order == ByteOrder.BIG_ENDIAN;
    return this;
  }

  /** The offset of the next byte. */
  public long positionByteOffset() {
    return position;
  }

  /** Returns the number of bytes left to read. */
  public long remainingByteSize() {
    return end - position;
  }

  /**
   * Moves forward.
   *
   * @throws IndexOutOfBoundsException if fewer bytes are left
   */
  public void skip(long byteSize) {
    Objects.checkFromIndexSize(position, byteSize, end);
    moveTo(position + byteSize);
  }

  /**
   * Moves anywhere, the end included.
   *
   * @throws IndexOutOfBoundsException if {@code byteOffset} is beyond the end
   */
  public void seek(long byteOffset) {
    Objects.checkFromToIndex(byteOffset, end, end);
    moveTo(byteOffset);
  }

  private void moveTo(long byteOffset) {
    position = byteOffset;
    if (byteOffset == end) {
      index = bytes.segmentCount();
      within = 0;
    } else {
      index = bytes.indexOf(byteOffset);
      within = byteOffset - bytes.startOf(index);
    }
  }

  private void advance(long byteSize) {
    position += byteSize;
    within += byteSize;
    if (within == bytes.segmentAt(index).byteSize()) {
      index++;
      within = 0;
    }
  }

  private boolean isWithinSegment(int byteSize) {
    Objects.checkFromIndexSize(position, byteSize, end);
    return bytes.segmentAt(index).byteSize() - within >= byteSize;
  }

  /** The next byte; throws {@link IndexOutOfBoundsException} at the end, as all reads do. */
  public byte readByte() {
    Objects.checkIndex(position, end);
    byte value = Access.byteAt(bytes, index, within);
    advance(1);
    return value;
  }

  /** The next two bytes as a number. */
  public short readShort() {
    short value;
    if (isWithinSegment(Short.BYTES)) {
      value = Access.shortAt(bytes, index, within, SHORT);
      advance(Short.BYTES);
    } else {
      value = (short) gather(Short.BYTES);
    }
    return swap ? Short.reverseBytes(value) : value;
  }

  /** The next four bytes as a number. */
  public int readInt() {
    int value;
    if (isWithinSegment(Integer.BYTES)) {
      value = Access.intAt(bytes, index, within, INT);
      advance(Integer.BYTES);
    } else {
      value = (int) gather(Integer.BYTES);
    }
    return swap ? Integer.reverseBytes(value) : value;
  }

  /** The next eight bytes as a number. */
  public long readLong() {
    long value;
    if (isWithinSegment(Long.BYTES)) {
      value = Access.longAt(bytes, index, within, LONG);
      advance(Long.BYTES);
    } else {
      value = gather(Long.BYTES);
    }
    return swap ? Long.reverseBytes(value) : value;
  }

  private long gather(int byteSize) {
    long value = 0;
    for (int i = 0; i < byteSize; i++) {
      value |= (readByte() & 0xFFL) << (8 * i);
    }
    return value;
  }

  /** The next {@code byteSize} bytes as a view. */
  public SegmentedBytes readSlice(long byteSize) {
    SegmentedBytes part = bytes.slice(position, byteSize);
    moveTo(position + byteSize);
    return part;
  }

  /** Copies the next bytes until the target is full. */
  public void copyTo(MemorySegment target) {
    bytes.copyTo(position, target, 0, target.byteSize());
    moveTo(position + target.byteSize());
  }
}
