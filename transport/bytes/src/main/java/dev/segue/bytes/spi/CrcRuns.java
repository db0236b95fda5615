package dev.segue.bytes.spi;

/**
 * CRCs of runs of bytes: that of the whole follows from those of its runs (Mark Adler's {@code
 * crc32_combine}), whatever their order of arrival. For CRCs that are reflected, begin with ones,
 * and end inverted.
 */
public final class CrcRuns {
  /** The generator of RFC 1952's CRC-32, reflected. */
  public static final long CRC32 = 0xEDB88320L;

  private CrcRuns() {}

  /**
   * Returns the checksum of two consecutive runs of bytes.
   *
   * @param width how many bits a checksum has
   * @param generator the polynomial, reflected
   */
  public static long combined(
      int width, long generator, long first, long second, long secondByteSize) {
    if (first == 0) {
      return second;
    }
    long one = 1L << (width - 1);
    return times(one, generator, first, shift(one, generator, secondByteSize)) ^ second;
  }

  /** The power of x that stands for so many bytes. */
  private static long shift(long one, long generator, long byteSize) {
    long power = one;
    long square = one >>> Byte.SIZE;
    for (long left = byteSize; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        power = times(one, generator, power, square);
      }
      square = times(one, generator, square, square);
    }
    return power;
  }

  /** The product of two polynomials modulo the generator; x to the power 0 is the highest bit. */
  private static long times(long one, long generator, long a, long b) {
    long product = 0;
    long shifted = b;
    for (long bit = one; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted >>> 1) ^ (generator & -(shifted & 1));
    }
    return product;
  }
}
