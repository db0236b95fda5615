package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * The CRC-32 of bytes, some of which have been summed up already: that of the whole follows from
 * those of its runs (Mark Adler's {@code crc32_combine}). Threads: one at a time.
 */
final class RunningCrc {
  private static final int POLYNOMIAL = 0xEDB88320;

  /** The polynomial 1: the bits are reflected. */
  private static final int ONE = 1 << (Integer.SIZE - 1);

  private int before;
  private final CRC32 since = new CRC32();
  private long sinceByteSize;

  void update(ByteBuffer bytes) {
    sinceByteSize += bytes.remaining();
    since.update(bytes);
  }

  void update(SegmentedBytes bytes) {
    sinceByteSize += bytes.byteSize();
    Lend.update(since, bytes);
  }

  /** Goes on behind so many bytes, whose own checksum is known. */
  void add(int crc, long byteSize) {
    before = combined(value(), crc, byteSize);
    since.reset();
    sinceByteSize = 0;
  }

  int value() {
    return combined(before, (int) since.getValue(), sinceByteSize);
  }

  void reset() {
    before = 0;
    since.reset();
    sinceByteSize = 0;
  }

  private static int combined(int first, int second, long secondByteSize) {
    return first == 0 ? second : times(first, shift(secondByteSize)) ^ second;
  }

  /** The power of x that stands for so many bytes. */
  private static int shift(long byteSize) {
    int power = ONE;
    int square = ONE >>> Byte.SIZE;
    for (long left = byteSize; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        power = times(power, square);
      }
      square = times(square, square);
    }
    return power;
  }

  /** The product of two polynomials modulo the generator. */
  private static int times(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted >>> 1) ^ (POLYNOMIAL & -(shifted & 1));
    }
    return product;
  }
}
