package dev.segue.zenoh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * The id of a Zenoh node, 128 bits.
 *
 * @param high the upper 64 bits
 * @param low the lower 64 bits
 */
public record ZenohId(long high, long low) {
  static ZenohId read(MemorySegment segment, long byteOffset) {
    return new ZenohId(
        segment.get(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset + 8),
        segment.get(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset));
  }

  void write(MemorySegment segment, long byteOffset) {
    segment.set(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset, low);
    segment.set(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset + 8, high);
  }

  /**
   * The id that a hexadecimal text names, as {@link #toString()} writes it.
   *
   * @throws IllegalArgumentException if it isn't 1 to 32 hexadecimal digits
   */
  public static ZenohId of(String hex) {
    if (!hex.matches("[0-9a-fA-F]{1,32}")) {
      throw new IllegalArgumentException("zenoh id: not 1 to 32 hexadecimal digits: " + hex);
    }
    String padded = "0".repeat(32 - hex.length()) + hex;
    return new ZenohId(
        Long.parseUnsignedLong(padded, 0, 16, 16), Long.parseUnsignedLong(padded, 16, 32, 16));
  }

  /** Hexadecimal, without leading zeros, as Zenoh writes it. */
  @Override
  public String toString() {
    return high == 0 ? Long.toHexString(low) : String.format(Locale.ROOT, "%x%016x", high, low);
  }
}
