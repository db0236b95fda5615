package dev.segue.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * Changes files as damage and malice do: bits, numbers, lengths, pieces that are lost or doubled.
 */
public final class Mutations {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    Integer.MAX_VALUE,
    0xFFFF_FFFFL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 40
  };

  private Mutations() {}

  /** Returns a file with some changes; {@code other} gives what may be put into it. */
  public static byte[] of(byte[] file, byte[] other, SplittableRandom random) {
    byte[] changed = file.clone();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      changed = change(changed, other, random);
    }
    return changed;
  }

  private static byte[] change(byte[] file, byte[] other, SplittableRandom random) {
    if (file.length == 0) {
      return file;
    }
    int at = random.nextInt(file.length);
    int count = Math.min(file.length - at, 1 + random.nextInt(1 << random.nextInt(11)));
    switch (random.nextInt(8)) {
      case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> file[at] = (byte) random.nextInt(256);
      case 2, 3 -> {
        long number =
            random.nextBoolean()
                ? NUMBERS[random.nextInt(NUMBERS.length)]
                : random.nextLong() >> random.nextInt(64);
        int width = Math.min(file.length - at, 1 << random.nextInt(4));
        byte[] bytes =
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
        System.arraycopy(bytes, 0, file, at, width);
      }
      case 4 -> {
        return joined(file, 0, at, file, at + count, file.length - at - count);
      }
      case 5 -> {
        return joined(file, 0, at + count, file, at, file.length - at);
      }
      case 6 -> {
        int from = random.nextInt(other.length);
        byte[] begin = joined(file, 0, at, other, from, Math.min(count, other.length - from));
        return joined(begin, 0, begin.length, file, at, file.length - at);
      }
      default -> {
        return joined(file, 0, at, file, at, 0);
      }
    }
    return file;
  }

  private static byte[] joined(
      byte[] first, int from, int count, byte[] second, int secondFrom, int secondCount) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(first, from, count);
    out.write(second, secondFrom, secondCount);
    return out.toByteArray();
  }
}
