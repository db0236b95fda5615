package dev.segue.objectstore.checksum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.objectstore.Data;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.Checksum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CrcTest {
  private static final byte[] NINE = "123456789".getBytes(StandardCharsets.US_ASCII);

  /** The check values of the catalogue of parametrised CRC algorithms, reveng.sourceforge.io. */
  @ParameterizedTest
  @CsvSource({
    "CRC32,00000000cbf43926,y/Q5Jg==",
    "CRC32C,00000000e3069283,4waSgw==",
    "CRC64NVME,ae8b14860a799888,rosUhgp5mIg="
  })
  void thePublishedCheckValueComesOut(Crc crc, String hex, String base64) {
    Checksum checksum = crc.begin();
    checksum.update(NINE);
    assertEquals(Long.parseUnsignedLong(hex, 16), checksum.getValue());
    assertEquals(base64, crc.base64(checksum.getValue()));
    checksum.reset();
    for (byte b : NINE) {
      checksum.update(b);
    }
    assertEquals(Long.parseUnsignedLong(hex, 16), checksum.getValue());
  }

  @ParameterizedTest
  @EnumSource(Crc.class)
  void thatOfTheWholeFollowsFromThoseOfThePieces(Crc crc) {
    SplittableRandom random = new SplittableRandom(7);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = Data.random(arena, 300_001);
      long whole = crc.of(data.asByteBuffer());
      for (int i = 0; i < 100; i++) {
        long cut = random.nextLong(data.byteSize() + 1);
        long first = crc.of(data.asSlice(0, cut).asByteBuffer());
        long second = crc.of(data.asSlice(cut).asByteBuffer());
        assertEquals(whole, crc.combined(first, second, data.byteSize() - cut), "cut=" + cut);
      }
    }
  }

  @Test
  void everyLengthAndAlignmentIsThatOfBitByBit() {
    SplittableRandom random = new SplittableRandom(11);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = Data.random(arena, 40_000);
      for (int i = 0; i < 300; i++) {
        int from = random.nextInt(20);
        int byteSize = i < 40 ? i : random.nextInt(30_000);
        MemorySegment slice = data.asSlice(from, byteSize);
        Checksum checksum = Crc.CRC64NVME.begin();
        int cut = random.nextInt(byteSize + 1);
        checksum.update(slice.asSlice(0, cut).asByteBuffer());
        byte[] onHeap = new byte[byteSize - cut];
        MemorySegment.copy(slice, ValueLayout.JAVA_BYTE, cut, onHeap, 0, onHeap.length);
        checksum.update(onHeap, 0, onHeap.length);
        assertEquals(bitByBit(slice), checksum.getValue(), "byteSize=" + byteSize + " cut=" + cut);
      }
    }
  }

  private static long bitByBit(MemorySegment bytes) {
    long rest = -1;
    for (long at = 0; at < bytes.byteSize(); at++) {
      rest ^= bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        rest = (rest & 1) == 0 ? rest >>> 1 : rest >>> 1 ^ 0x9A6C9329AC4BC9B5L;
      }
    }
    return ~rest;
  }

  @Test
  void sizesOfPartsThatCanNotBeAreNoSizes() {
    StoredChecksum two = new StoredChecksum(Crc.CRC32C, "AAAAAA==", 2, List.of());
    assertTrue(two.withParts(List.of(5L, 5L)).fits(10));
    assertFalse(two.withParts(List.of(-5L, 15L)).fits(10));
    assertFalse(two.withParts(List.of(0L, 10L)).fits(10));
    assertNull(StoredChecksum.of(Crc.CRC32C, "AAAAAA==-2147483647"));
    assertNull(StoredChecksum.of(Crc.CRC32C, "AAAAAA==-0"));
    assertNull(StoredChecksum.of(Crc.CRC32C, "AAAAAA==--3"));
  }
}
