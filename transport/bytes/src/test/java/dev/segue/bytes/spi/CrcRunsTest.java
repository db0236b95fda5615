package dev.segue.bytes.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.junit.jupiter.api.Test;

/** The checksum of a whole out of those of its runs, with the JDK as oracle. */
class CrcRunsTest {
  private static final long CRC32C = 0x82F63B78L;
  private static final long CRC64_NVME = 0x9A6C9329AC4BC9B5L;

  private static long of(Checksum checksum, byte[] bytes, int from, int to) {
    checksum.reset();
    checksum.update(bytes, from, to - from);
    return checksum.getValue();
  }

  @Test
  void runsOfAnyLengthMakeTheWhole() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] bytes = new byte[70_000];
    random.nextBytes(bytes);
    for (int length : new int[] {0, 1, 2, 3, 7, 8, 255, 256, 257, 65_535, 65_536, 70_000}) {
      for (int cut : new int[] {0, 1, length / 3, length - 1, length}) {
        if (cut >= 0 && cut <= length) {
          assertCombines(new CRC32(), CrcRuns.CRC32, bytes, cut, length);
          assertCombines(new CRC32C(), CRC32C, bytes, cut, length);
        }
      }
    }
  }

  private static void assertCombines(
      Checksum checksum, long generator, byte[] bytes, int cut, int length) {
    assertEquals(
        of(checksum, bytes, 0, length),
        CrcRuns.combined(
            Integer.SIZE,
            generator,
            of(checksum, bytes, 0, cut),
            of(checksum, bytes, cut, length),
            length - cut),
        "cut=" + cut + " length=" + length);
  }

  /** That of NVM Express; the JDK has none of this width. */
  @Test
  void aChecksumMayHaveEightBytes() {
    byte[] bytes = new byte[1_000];
    new SplittableRandom(2).nextBytes(bytes);
    for (int cut : new int[] {0, 1, 400, 999, 1_000}) {
      assertEquals(
          crc64(bytes, 0, bytes.length),
          CrcRuns.combined(
              Long.SIZE,
              CRC64_NVME,
              crc64(bytes, 0, cut),
              crc64(bytes, cut, bytes.length),
              bytes.length - cut));
    }
  }

  private static long crc64(byte[] bytes, int from, int to) {
    long crc = -1;
    for (int at = from; at < to; at++) {
      crc ^= bytes[at] & 0xFF;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ CRC64_NVME;
      }
    }
    return ~crc;
  }

  /** Zeros of 8 GiB, by doubling: no test need read them. */
  @Test
  void aRunMayHaveMoreThanFourGibibytes() {
    byte[] mebibyte = new byte[1 << 20];
    CRC32 crc = new CRC32();
    crc.update(mebibyte);
    long whole = crc.getValue();
    long byteSize = 1 << 20;
    for (int i = 0; i < 13; i++) {
      whole = CrcRuns.combined(Integer.SIZE, CrcRuns.CRC32, whole, whole, byteSize);
      byteSize *= 2;
    }
    long other = crc.getValue();
    long first = 0;
    for (int i = 0; i < 1 << 13; i++) {
      first = CrcRuns.combined(Integer.SIZE, CrcRuns.CRC32, first, other, 1 << 20);
    }
    assertEquals(first, whole);
  }
}
