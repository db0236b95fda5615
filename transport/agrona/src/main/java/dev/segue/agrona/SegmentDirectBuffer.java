package dev.segue.agrona;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.spi.MemoryOwner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.agrona.AsciiEncoding;
import org.agrona.AsciiNumberFormatException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A read-only {@link DirectBuffer} over one native segment, without Agrona's {@code UnsafeApi}.
 *
 * <p>Reads, strings, hash and order are those of Agrona's {@code AbstractMutableDirectBuffer}; the
 * segment checks bounds, lifetime and thread at each of them.
 */
final class SegmentDirectBuffer implements DirectBuffer {
  private static final CopyLedger.Site GET_BYTES =
      CopyLedger.site("agrona.getBytes", "an Agrona reader asked for its own copy of the bytes");

  private static final int LARGEST_CHUNK = 8192;

  private final MemorySegment segment;
  private final @Nullable MemoryOwner owner;

  SegmentDirectBuffer(MemorySegment segment, @Nullable MemoryOwner owner) {
    assert segment.isNative() && segment.isReadOnly();
    this.segment = segment;
    this.owner = owner;
  }

  MemorySegment segment() {
    return segment;
  }

  @Nullable MemoryOwner owner() {
    return owner;
  }

  private UnsupportedOperationException wrapRefused() {
    return new UnsupportedOperationException(
        "wrap: " + this + " is a view of one segment for good; make another with AgronaBuffers");
  }

  @Override
  public void wrap(byte[] buffer) {
    throw wrapRefused();
  }

  @Override
  public void wrap(byte[] buffer, int offset, int length) {
    throw wrapRefused();
  }

  @Override
  public void wrap(ByteBuffer buffer) {
    throw wrapRefused();
  }

  @Override
  public void wrap(ByteBuffer buffer, int offset, int length) {
    throw wrapRefused();
  }

  @Override
  public void wrap(DirectBuffer buffer) {
    throw wrapRefused();
  }

  @Override
  public void wrap(DirectBuffer buffer, int offset, int length) {
    throw wrapRefused();
  }

  @Override
  public void wrap(long address, int length) {
    throw wrapRefused();
  }

  /**
   * The plain address, which nothing protects any more.
   *
   * @throws IllegalStateException if the memory has been freed
   */
  @Override
  public long addressOffset() {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("address of " + this + ": its memory has been freed");
    }
    return segment.address();
  }

  @Override
  public byte @Nullable [] byteArray() {
    return null;
  }

  /** A new read-only view, so that nobody else moves its position. */
  @Override
  public ByteBuffer byteBuffer() {
    return segment.asByteBuffer();
  }

  @Override
  public int wrapAdjustment() {
    return 0;
  }

  @Override
  public int capacity() {
    return (int) segment.byteSize();
  }

  @Override
  public void checkLimit(int limit) {
    if (limit > capacity()) {
      throw new IndexOutOfBoundsException("limit=" + limit + " is beyond capacity=" + capacity());
    }
  }

  @Override
  public void boundsCheck(int index, int length) {
    Objects.checkFromIndexSize(index, length, capacity());
  }

  @Override
  public long getLong(int index, ByteOrder byteOrder) {
    long value = getLong(index);
    return byteOrder == ByteOrder.nativeOrder() ? value : Long.reverseBytes(value);
  }

  @Override
  public long getLong(int index) {
    return segment.get(ValueLayout.JAVA_LONG_UNALIGNED, index);
  }

  @Override
  public int getInt(int index, ByteOrder byteOrder) {
    int value = getInt(index);
    return byteOrder == ByteOrder.nativeOrder() ? value : Integer.reverseBytes(value);
  }

  @Override
  public int getInt(int index) {
    return segment.get(ValueLayout.JAVA_INT_UNALIGNED, index);
  }

  @Override
  public double getDouble(int index, ByteOrder byteOrder) {
    return Double.longBitsToDouble(getLong(index, byteOrder));
  }

  @Override
  public double getDouble(int index) {
    return segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index);
  }

  @Override
  public float getFloat(int index, ByteOrder byteOrder) {
    return Float.intBitsToFloat(getInt(index, byteOrder));
  }

  @Override
  public float getFloat(int index) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
  }

  @Override
  public short getShort(int index, ByteOrder byteOrder) {
    short value = getShort(index);
    return byteOrder == ByteOrder.nativeOrder() ? value : Short.reverseBytes(value);
  }

  @Override
  public short getShort(int index) {
    return segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index);
  }

  @Override
  public char getChar(int index, ByteOrder byteOrder) {
    return (char) getShort(index, byteOrder);
  }

  @Override
  public char getChar(int index) {
    return segment.get(ValueLayout.JAVA_CHAR_UNALIGNED, index);
  }

  @Override
  public byte getByte(int index) {
    return segment.get(ValueLayout.JAVA_BYTE, index);
  }

  @Override
  public int parseNaturalIntAscii(int index, int length) {
    return AsciiEncoding.parseIntAscii(naturalAscii(index, length), index, length);
  }

  @Override
  public long parseNaturalLongAscii(int index, int length) {
    return AsciiEncoding.parseLongAscii(naturalAscii(index, length), index, length);
  }

  @Override
  public int parseIntAscii(int index, int length) {
    return AsciiEncoding.parseIntAscii(ascii(index, length), index, length);
  }

  @Override
  public long parseLongAscii(int index, int length) {
    return AsciiEncoding.parseLongAscii(ascii(index, length), index, length);
  }

  private AsciiView ascii(int index, int length) {
    boundsCheck(index, length);
    return new AsciiView(segment);
  }

  private AsciiView naturalAscii(int index, int length) {
    AsciiView view = ascii(index, length);
    if (length > 0 && view.charAt(index) == '-') {
      throw new AsciiNumberFormatException(
          "natural number at index=" + index + " length=" + length + ": it has a minus sign");
    }
    return view;
  }

  @Override
  public void getBytes(int index, byte[] dst) {
    getBytes(index, dst, 0, dst.length);
  }

  @Override
  public void getBytes(int index, byte[] dst, int offset, int length) {
    boundsCheck(index, length);
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, index, dst, offset, length);
    GET_BYTES.record(length);
  }

  @Override
  public void getBytes(int index, MutableDirectBuffer dstBuffer, int dstIndex, int length) {
    boundsCheck(index, length);
    if (dstIndex < 0 && length > 0) {
      throw new IndexOutOfBoundsException("copy to index=" + dstIndex + " of a buffer");
    }
    // By way of the heap: Agrona's buffers read a direct one at its address, which nothing
    // protects.
    // From the end, so that a target that is too small is left as it is.
    byte[] chunk = new byte[Math.min(length, LARGEST_CHUNK)];
    int left = length;
    do {
      int run = Math.min(chunk.length, left);
      left -= run;
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, index + left, chunk, 0, run);
      dstBuffer.putBytes(dstIndex + left, ByteBuffer.wrap(chunk), 0, run);
    } while (left > 0);
    GET_BYTES.record(length);
  }

  @Override
  public void getBytes(int index, ByteBuffer dstBuffer, int length) {
    int dstOffset = dstBuffer.position();
    getBytes(index, dstBuffer, dstOffset, length);
    dstBuffer.position(dstOffset + length);
  }

  @Override
  public void getBytes(int index, ByteBuffer dstBuffer, int dstOffset, int length) {
    boundsCheck(index, length);
    dstBuffer.put(dstOffset, byteBuffer(), index, length);
    GET_BYTES.record(length);
  }

  @Override
  public String getStringAscii(int index) {
    return getStringAscii(index, getInt(index));
  }

  @Override
  public int getStringAscii(int index, Appendable appendable) {
    return getStringAscii(index, getInt(index), appendable);
  }

  @Override
  public String getStringAscii(int index, ByteOrder byteOrder) {
    return getStringAscii(index, getInt(index, byteOrder));
  }

  @Override
  public int getStringAscii(int index, Appendable appendable, ByteOrder byteOrder) {
    return getStringAscii(index, getInt(index, byteOrder), appendable);
  }

  @Override
  public String getStringAscii(int index, int length) {
    return getStringWithoutLengthAscii(afterHeader(index), length);
  }

  @Override
  public int getStringAscii(int index, int length, Appendable appendable) {
    return getStringWithoutLengthAscii(afterHeader(index), length, appendable);
  }

  @Override
  public String getStringWithoutLengthAscii(int index, int length) {
    return string(index, length, StandardCharsets.US_ASCII);
  }

  @Override
  public int getStringWithoutLengthAscii(int index, int length, Appendable appendable) {
    boundsCheck(index, length);
    try {
      for (int i = index; i < index + length; i++) {
        char c = (char) getByte(i);
        appendable.append(c > 127 ? '?' : c);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    GET_BYTES.record(length);
    return length;
  }

  @Override
  public String getStringUtf8(int index) {
    return getStringUtf8(index, getInt(index));
  }

  @Override
  public String getStringUtf8(int index, ByteOrder byteOrder) {
    return getStringUtf8(index, getInt(index, byteOrder));
  }

  @Override
  public String getStringUtf8(int index, int length) {
    return getStringWithoutLengthUtf8(afterHeader(index), length);
  }

  @Override
  public String getStringWithoutLengthUtf8(int index, int length) {
    return string(index, length, StandardCharsets.UTF_8);
  }

  private int afterHeader(int index) {
    boundsCheck(index, STR_HEADER_LEN);
    return index + STR_HEADER_LEN;
  }

  private String string(int index, int length, Charset charset) {
    boundsCheck(index, length);
    byte[] encoded = new byte[length];
    getBytes(index, encoded);
    return new String(encoded, charset);
  }

  /** As in Agrona: by eight bytes as signed native numbers, then by signed bytes, then by size. */
  @Override
  public int compareTo(DirectBuffer that) {
    int common = Math.min(capacity(), that.capacity());
    int i = 0;
    for (int end = common & ~7; i < end; i += Long.BYTES) {
      int order = Long.compare(getLong(i), that.getLong(i));
      if (order != 0) {
        return order;
      }
    }
    for (; i < common; i++) {
      int order = Byte.compare(getByte(i), that.getByte(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(capacity(), that.capacity());
  }

  /** Equal to its own kind alone, as Agrona's buffers are. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof SegmentDirectBuffer that && segment.mismatch(that.segment) == -1);
  }

  @Override
  public int hashCode() {
    int hash = 19;
    int i = 0;
    for (int end = capacity() & ~7; i < end; i += Long.BYTES) {
      hash = 31 * hash + Long.hashCode(getLong(i));
    }
    for (; i < capacity(); i++) {
      hash = 31 * hash + getByte(i);
    }
    return hash;
  }

  @Override
  public String toString() {
    return "SegmentDirectBuffer[capacity=" + capacity() + "]";
  }
}
