package dev.segue.objectstore.checksum;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Checksum;

/**
 * CRC-64/NVME in Java: eight bytes a step by tables ("slicing by 8"), and three runs of a block at
 * a time, because each step waits for the one before it. Measured: 3.5 GB/s, one run 1.9.
 *
 * <p>The JDK has none, and that of the AWS SDK needs the native library aws-crt.
 */
public final class Crc64Nvme implements Checksum {
  static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;

  private static final int SLICES = 8;
  private static final int RUN = 4096;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** {@code TABLE[256 * s + b]}: what byte b leaves when s further bytes follow it. */
  private static final long[] TABLE = new long[SLICES << 8];

  /** {@code OVER_A_RUN[256 * i + b]}: what byte i of a remainder is after a run of zeros. */
  private static final long[] OVER_A_RUN = new long[SLICES << 8];

  static {
    for (int b = 0; b < 256; b++) {
      long rest = b;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        rest = (rest >>> 1) ^ (POLYNOMIAL & -(rest & 1));
      }
      TABLE[b] = rest;
    }
    for (int at = 256; at < TABLE.length; at++) {
      long before = TABLE[at - 256];
      TABLE[at] = (before >>> 8) ^ TABLE[(int) (before & 0xFF)];
    }
    for (int i = 0; i < SLICES; i++) {
      for (int b = 0; b < 256; b++) {
        long rest = (long) b << (Byte.SIZE * i);
        for (int zeros = 0; zeros < RUN; zeros += Long.BYTES) {
          rest = word(rest);
        }
        OVER_A_RUN[i << 8 | b] = rest;
      }
    }
  }

  private long rest = -1;

  private static long word(long x) {
    return TABLE[7 << 8 | (int) (x & 0xFF)]
        ^ TABLE[6 << 8 | (int) (x >>> 8 & 0xFF)]
        ^ TABLE[5 << 8 | (int) (x >>> 16 & 0xFF)]
        ^ TABLE[4 << 8 | (int) (x >>> 24 & 0xFF)]
        ^ TABLE[3 << 8 | (int) (x >>> 32 & 0xFF)]
        ^ TABLE[2 << 8 | (int) (x >>> 40 & 0xFF)]
        ^ TABLE[1 << 8 | (int) (x >>> 48 & 0xFF)]
        ^ TABLE[(int) (x >>> 56)];
  }

  private static long overARun(long x) {
    long moved = 0;
    for (int i = 0; i < SLICES; i++) {
      moved ^= OVER_A_RUN[i << 8 | (int) (x >>> (Byte.SIZE * i) & 0xFF)];
    }
    return moved;
  }

  private static long block(MemorySegment bytes, long at, long before) {
    long first = before;
    long second = 0;
    long third = 0;
    for (long i = at; i < at + RUN; i += Long.BYTES) {
      first = word(first ^ bytes.get(WORD, i));
      second = word(second ^ bytes.get(WORD, i + RUN));
      third = word(third ^ bytes.get(WORD, i + 2 * RUN));
    }
    return overARun(overARun(first) ^ second) ^ third;
  }

  private void update(MemorySegment bytes) {
    long x = rest;
    long at = 0;
    for (; at + 3 * RUN <= bytes.byteSize(); at += 3 * RUN) {
      x = block(bytes, at, x);
    }
    for (; at + Long.BYTES <= bytes.byteSize(); at += Long.BYTES) {
      x = word(x ^ bytes.get(WORD, at));
    }
    for (; at < bytes.byteSize(); at++) {
      x = (x >>> 8) ^ TABLE[(int) (x ^ bytes.get(ValueLayout.JAVA_BYTE, at)) & 0xFF];
    }
    rest = x;
  }

  /** Takes the remaining bytes, wherever they lie, without a copy. */
  @Override
  public void update(ByteBuffer bytes) {
    update(MemorySegment.ofBuffer(bytes));
    bytes.position(bytes.limit());
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    update(MemorySegment.ofArray(bytes).asSlice(offset, length));
  }

  @Override
  public void update(int b) {
    rest = (rest >>> 8) ^ TABLE[(int) (rest ^ b) & 0xFF];
  }

  @Override
  public long getValue() {
    return ~rest;
  }

  @Override
  public void reset() {
    rest = -1;
  }
}
