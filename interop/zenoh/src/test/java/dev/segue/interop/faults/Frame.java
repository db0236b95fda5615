package dev.segue.interop.faults;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A payload that says who sent it, the how-manieth it is, and what its bytes were.
 *
 * <pre>
 *   publisher : 8 B | sequence : 8 B | CRC32C of the rest : 8 B | pseudo-random bytes
 * </pre>
 */
record Frame(long publisher, long sequence) {
  static final int HEAD_BYTE_SIZE = 24;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Fills a segment of at least {@link #HEAD_BYTE_SIZE}. */
  void write(MemorySegment segment) {
    MemorySegment rest = segment.asSlice(HEAD_BYTE_SIZE);
    long word = publisher * 31 + sequence + 1;
    long at = 0;
    for (; at + Long.BYTES <= rest.byteSize(); at += Long.BYTES) {
      word ^= word << 13;
      word ^= word >>> 7;
      word ^= word << 17;
      rest.set(LONG, at, word);
    }
    rest.asSlice(at).fill((byte) word);
    segment.set(LONG, 0, publisher);
    segment.set(LONG, 8, sequence);
    CRC32C crc = new CRC32C();
    crc.update(rest.asByteBuffer());
    segment.set(LONG, 16, crc.getValue());
  }

  private static long littleEndian(SegmentedBytes bytes, long byteOffset) {
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = value << 8 | Byte.toUnsignedLong(bytes.byteAt(byteOffset + i));
    }
    return value;
  }

  /** The frame that a payload is. */
  static Frame of(SegmentedBytes payload) {
    return new Frame(littleEndian(payload, 0), littleEndian(payload, 8));
  }

  /** Whether its bytes are what they were. */
  static boolean isIntact(SegmentedBytes payload) {
    CRC32C crc = new CRC32C();
    for (ByteBuffer part : payload.slice(HEAD_BYTE_SIZE).asByteBuffers()) {
      crc.update(part);
    }
    return crc.getValue() == littleEndian(payload, 16);
  }
}
