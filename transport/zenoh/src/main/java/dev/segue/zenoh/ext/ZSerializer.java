package dev.segue.zenoh.ext;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes values one after the other, which is how Zenoh serializes a tuple of them.
 *
 * <p>Owner: the caller. Lifetime: until {@link #finish()}; then {@link IllegalStateException}.
 * Threads: one at a time.
 */
public final class ZSerializer {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long FIRST_CHUNK_BYTE_SIZE = 128;
  private static final long LARGEST_CHUNK_BYTE_SIZE = 1 << 20;

  private final List<SegmentedBytes> parts = new ArrayList<>();
  private MemorySegment chunk = MemorySegment.NULL;
  private long start;
  private long end;
  private boolean finished;

  /** Nothing is written yet. */
  public ZSerializer() {}

  /** Room for that many bytes: where they begin in the chunk. */
  private long reserve(long byteSize) {
    if (finished) {
      throw new IllegalStateException("write to a serializer: it is finished");
    }
    if (chunk.byteSize() - end < byteSize) {
      flush();
      long next = Math.clamp(2 * chunk.byteSize(), FIRST_CHUNK_BYTE_SIZE, LARGEST_CHUNK_BYTE_SIZE);
      chunk = Arena.ofAuto().allocate(Math.max(next, byteSize), Long.BYTES);
      start = 0;
      end = 0;
    }
    long at = end;
    end += byteSize;
    return at;
  }

  /** What was written to the chunk becomes a part; what follows is written behind it. */
  private void flush() {
    if (end > start) {
      MemorySegment written = chunk.asSlice(start, end - start).asReadOnly();
      parts.add(SegmentedBytes.fromSegments(List.of(written), false));
      start = end;
    }
  }

  /** Writes a {@code bool}. */
  public void writeBool(boolean value) {
    writeInt8((byte) (value ? 1 : 0));
  }

  /** Writes an {@code i8}. */
  public void writeInt8(byte value) {
    long at = reserve(1);
    chunk.set(ValueLayout.JAVA_BYTE, at, value);
  }

  /** Writes an {@code i16}. */
  public void writeInt16(short value) {
    long at = reserve(Short.BYTES);
    chunk.set(SHORT, at, value);
  }

  /** Writes an {@code i32}. */
  public void writeInt32(int value) {
    long at = reserve(Integer.BYTES);
    chunk.set(INT, at, value);
  }

  /** Writes an {@code i64}; the same bits as a {@code u64}. */
  public void writeInt64(long value) {
    long at = reserve(Long.BYTES);
    chunk.set(LONG, at, value);
  }

  /**
   * Writes an {@code i128}.
   *
   * @throws IllegalArgumentException if it has more than 127 bits beside its sign
   */
  public void writeInt128(BigInteger value) {
    if (value.bitLength() > 127) {
      throw new IllegalArgumentException("i128 value=" + value + ": more than 127 bits");
    }
    write128(value);
  }

  /**
   * Writes a {@code u8}.
   *
   * @throws IllegalArgumentException if it is not from 0 to 255
   */
  public void writeUint8(int value) {
    writeInt8((byte) checked("u8", value, 0xFF));
  }

  /**
   * Writes a {@code u16}.
   *
   * @throws IllegalArgumentException if it is not from 0 to 65,535
   */
  public void writeUint16(int value) {
    writeInt16((short) checked("u16", value, 0xFFFF));
  }

  /**
   * Writes a {@code u32}.
   *
   * @throws IllegalArgumentException if it is not from 0 to 2^32 - 1
   */
  public void writeUint32(long value) {
    writeInt32((int) checked("u32", value, 0xFFFF_FFFFL));
  }

  private static long checked(String type, long value, long most) {
    if (value < 0 || value > most) {
      throw new IllegalArgumentException(type + " value=" + value + ": 0 to " + most);
    }
    return value;
  }

  /** Writes a {@code u64}, whose bits these are. */
  public void writeUint64(long value) {
    writeInt64(value);
  }

  /**
   * Writes a {@code u128}.
   *
   * @throws IllegalArgumentException if it is negative or has more than 128 bits
   */
  public void writeUint128(BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 128) {
      throw new IllegalArgumentException("u128 value=" + value + ": 0 to 2^128 - 1");
    }
    write128(value);
  }

  private void write128(BigInteger value) {
    writeInt64(value.longValue());
    writeInt64(value.shiftRight(Long.SIZE).longValue());
  }

  /** Writes an {@code f32}. */
  public void writeFloat32(float value) {
    long at = reserve(Float.BYTES);
    chunk.set(FLOAT, at, value);
  }

  /** Writes an {@code f64}. */
  public void writeFloat64(double value) {
    long at = reserve(Double.BYTES);
    chunk.set(DOUBLE, at, value);
  }

  /** Writes a count or a length as LEB128; its bits are unsigned. */
  public void writeVarInt(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      writeInt8((byte) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    writeInt8((byte) rest);
  }

  /** Writes a text as UTF-8 behind its length. */
  public void writeString(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    writeVarInt(utf8.length);
    long at = reserve(utf8.length);
    MemorySegment.copy(utf8, 0, chunk, ValueLayout.JAVA_BYTE, at, utf8.length);
  }

  /** Writes bytes behind their length. They become a part of the result, not copied. */
  public void writeBytes(SegmentedBytes value) {
    writeVarInt(value.byteSize());
    flush();
    if (!value.isEmpty()) {
      parts.add(value);
    }
  }

  /** Writes a value as a codec does. */
  public <T> void write(ZCodec<T> codec, T value) {
    codec.write(value, this);
  }

  /**
   * Returns what was written. Its own memory lives as long as it is reachable; that of bytes passed
   * in keeps its own lifetime.
   */
  public SegmentedBytes finish() {
    if (finished) {
      throw new IllegalStateException("finish of a serializer: it is finished");
    }
    flush();
    finished = true;
    return SegmentedBytes.concat(parts);
  }
}
