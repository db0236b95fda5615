package dev.segue.zenoh.ext;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads values one after the other, as a {@link ZSerializer} writes them. No text, sequence or
 * bytes can make it take more memory than as many bytes as it reads are worth.
 *
 * <p>Owner: the caller. Lifetime: as that of the bytes. Threads: one at a time, which may read the
 * bytes.
 */
public final class ZDeserializer {
  private static final int LONGEST_VAR_INT = 10;

  private final BytesReader reader;

  /** Reads from the start of these bytes. */
  public ZDeserializer(SegmentedBytes bytes) {
    this.reader = bytes.reader().order(ByteOrder.LITTLE_ENDIAN);
  }

  private BytesReader have(String type, long byteSize) throws ZDeserializeException {
    long remaining = reader.remainingByteSize();
    if (byteSize < 0 || remaining < byteSize) {
      throw failure(
          type, "byteSize=" + Long.toUnsignedString(byteSize) + " remaining=" + remaining);
    }
    return reader;
  }

  ZDeserializeException failure(String type, String why) {
    return new ZDeserializeException(
        "read of " + type + " at byteOffset=" + reader.positionByteOffset() + ": " + why);
  }

  /** Returns whether all was read. */
  public boolean isDone() {
    return reader.remainingByteSize() == 0;
  }

  /**
   * Checks that all was read.
   *
   * @throws ZDeserializeException if bytes are left
   */
  public void checkDone() throws ZDeserializeException {
    if (!isDone()) {
      throw failure("the end", "left byteSize=" + reader.remainingByteSize());
    }
  }

  /** Reads a {@code bool}. */
  public boolean readBool() throws ZDeserializeException {
    int value = readUint8();
    return switch (value) {
      case 0 -> false;
      case 1 -> true;
      default -> throw failure("bool", "value=" + value);
    };
  }

  /** Reads an {@code i8}. */
  public byte readInt8() throws ZDeserializeException {
    return have("i8", 1).readByte();
  }

  /** Reads an {@code i16}. */
  public short readInt16() throws ZDeserializeException {
    return have("i16", Short.BYTES).readShort();
  }

  /** Reads an {@code i32}. */
  public int readInt32() throws ZDeserializeException {
    return have("i32", Integer.BYTES).readInt();
  }

  /** Reads an {@code i64}. */
  public long readInt64() throws ZDeserializeException {
    return have("i64", Long.BYTES).readLong();
  }

  /** Reads an {@code i128}. */
  public BigInteger readInt128() throws ZDeserializeException {
    BigInteger low = unsigned(have("i128", 2 * Long.BYTES).readLong());
    return BigInteger.valueOf(reader.readLong()).shiftLeft(Long.SIZE).or(low);
  }

  /** Reads a {@code u8}. */
  public int readUint8() throws ZDeserializeException {
    return Byte.toUnsignedInt(have("u8", 1).readByte());
  }

  /** Reads a {@code u16}. */
  public int readUint16() throws ZDeserializeException {
    return Short.toUnsignedInt(have("u16", Short.BYTES).readShort());
  }

  /** Reads a {@code u32}. */
  public long readUint32() throws ZDeserializeException {
    return Integer.toUnsignedLong(have("u32", Integer.BYTES).readInt());
  }

  /** Reads a {@code u64} as its bits. */
  public long readUint64() throws ZDeserializeException {
    return have("u64", Long.BYTES).readLong();
  }

  /** Reads a {@code u128}. */
  public BigInteger readUint128() throws ZDeserializeException {
    BigInteger low = unsigned(have("u128", 2 * Long.BYTES).readLong());
    return unsigned(reader.readLong()).shiftLeft(Long.SIZE).or(low);
  }

  private static BigInteger unsigned(long bits) {
    return new BigInteger(Long.toUnsignedString(bits));
  }

  /** Reads an {@code f32}. */
  public float readFloat32() throws ZDeserializeException {
    return Float.intBitsToFloat(have("f32", Float.BYTES).readInt());
  }

  /** Reads an {@code f64}. */
  public double readFloat64() throws ZDeserializeException {
    return Double.longBitsToDouble(have("f64", Double.BYTES).readLong());
  }

  /** Reads a count or a length; its bits are unsigned. */
  public long readVarInt() throws ZDeserializeException {
    long value = 0;
    for (int i = 0; i < LONGEST_VAR_INT; i++) {
      int next = Byte.toUnsignedInt(have("LEB128", 1).readByte());
      if (i == LONGEST_VAR_INT - 1 && next > 1) {
        break;
      }
      value |= (long) (next & 0x7F) << (7 * i);
      if (next < 0x80) {
        return value;
      }
    }
    throw failure("LEB128", "more than 64 bits");
  }

  /** Reads a length that there are as many bytes for. */
  private long readLength(String type) throws ZDeserializeException {
    long byteSize = readVarInt();
    have(type, byteSize);
    return byteSize;
  }

  /**
   * Reads the count of a sequence or a map, whose elements follow.
   *
   * @throws ZDeserializeException if there is not a byte left for each
   */
  public int readCount() throws ZDeserializeException {
    long count = readLength("a sequence");
    if (count > Integer.MAX_VALUE) {
      throw failure("a sequence", "count=" + count + " is beyond 2^31 - 1");
    }
    return (int) count;
  }

  /** Reads a text. */
  public String readString() throws ZDeserializeException {
    long byteSize = readLength("string");
    if (byteSize > Integer.MAX_VALUE - Long.BYTES) {
      throw failure("string", "byteSize=" + byteSize + " is more than a String has");
    }
    byte[] utf8 = reader.readSlice(byteSize).copyToByteArray();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      ZDeserializeException failure = failure("string", "not UTF-8");
      failure.initCause(e);
      throw failure;
    }
  }

  /** Reads bytes in place: a view of those that are read from. */
  public SegmentedBytes readBytes() throws ZDeserializeException {
    return reader.readSlice(readLength("bytes"));
  }

  /** Reads a value as a codec does. */
  public <T> T read(ZCodec<T> codec) throws ZDeserializeException {
    return codec.read(this);
  }
}
