package dev.segue.zenoh.ext;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The serialization of zenoh-ext; interop/zenoh compares it with zenoh-python's. */
class ZCodecTest {
  private static final BigInteger LARGEST_UNSIGNED =
      BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static <T> void assertBytes(ZCodec<T> codec, T value, int... expected)
      throws ZDeserializeException {
    SegmentedBytes serialized = codec.serialize(value);
    assertArrayEquals(bytes(expected), serialized.copyToByteArray());
    assertEquals(value, codec.deserialize(serialized));
    assertEquals(value, codec.deserialize(scattered(serialized)));
    for (int length = 0; length < expected.length; length++) {
      SegmentedBytes cut = serialized.slice(0, length);
      assertThrows(ZDeserializeException.class, () -> codec.deserialize(cut));
    }
    SegmentedBytes more =
        SegmentedBytes.concat(List.of(serialized, SegmentedBytes.copyOf(bytes(0))));
    assertThrows(ZDeserializeException.class, () -> codec.deserialize(more));
  }

  /** One byte per segment. */
  private static SegmentedBytes scattered(SegmentedBytes bytes) {
    List<SegmentedBytes> parts = new ArrayList<>();
    for (long i = 0; i < bytes.byteSize(); i++) {
      parts.add(SegmentedBytes.copyOf(new byte[] {bytes.byteAt(i)}));
    }
    return SegmentedBytes.concat(parts);
  }

  @Test
  void theExamplesOfTheReferenceHaveItsBytes() throws Exception {
    assertBytes(ZCodec.INT32, 1234566, 134, 214, 18, 0);
    assertBytes(ZCodec.INT32, -49245, 163, 63, 255, 255);
    assertBytes(ZCodec.STRING, "test", 4, 116, 101, 115, 116);
    assertBytes(
        ZCodec.listOf(ZCodec.pairOf(ZCodec.STRING, ZCodec.INT16)),
        List.of(Map.entry("s1", (short) 10), Map.entry("s2", (short) -10000)),
        2,
        2,
        115,
        49,
        10,
        0,
        2,
        115,
        50,
        240,
        216);
    ZSerializer tuple = new ZSerializer();
    tuple.writeUint16(500);
    tuple.writeFloat32(1234.0f);
    tuple.writeString("test");
    assertArrayEquals(
        bytes(244, 1, 0, 64, 154, 68, 4, 116, 101, 115, 116), tuple.finish().copyToByteArray());
    assertThrows(IllegalStateException.class, () -> tuple.writeBool(true));
    assertThrows(IllegalStateException.class, tuple::finish);
  }

  @Test
  void numbersKeepTheirValues() throws Exception {
    assertBytes(ZCodec.BOOL, true, 1);
    assertBytes(ZCodec.INT8, (byte) -2, 254);
    assertBytes(ZCodec.UINT8, 254, 254);
    assertBytes(ZCodec.UINT16, 0xFFFE, 254, 255);
    assertBytes(ZCodec.UINT32, 0xFFFF_FFFEL, 254, 255, 255, 255);
    assertBytes(ZCodec.INT64, -2L, 254, 255, 255, 255, 255, 255, 255, 255);
    assertBytes(ZCodec.UINT64, -2L, 254, 255, 255, 255, 255, 255, 255, 255);
    assertBytes(ZCodec.FLOAT64, -0.0, 0, 0, 0, 0, 0, 0, 0, 128);
    assertBytes(ZCodec.VAR_INT, 127L, 127);
    assertBytes(ZCodec.VAR_INT, 128L, 128, 1);
    assertBytes(ZCodec.VAR_INT, -1L, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    int[] ones = new int[16];
    java.util.Arrays.fill(ones, 255);
    assertBytes(ZCodec.INT128, BigInteger.ONE.negate(), ones);
    assertBytes(ZCodec.UINT128, LARGEST_UNSIGNED, ones);
    assertThrows(IllegalArgumentException.class, () -> ZCodec.INT128.serialize(LARGEST_UNSIGNED));
    assertThrows(
        IllegalArgumentException.class, () -> ZCodec.UINT128.serialize(BigInteger.ONE.negate()));
    assertThrows(IllegalArgumentException.class, () -> ZCodec.UINT8.serialize(256));
    assertThrows(IllegalArgumentException.class, () -> ZCodec.UINT16.serialize(-1));
    assertThrows(IllegalArgumentException.class, () -> ZCodec.UINT32.serialize(1L << 32));
  }

  @Test
  void bytesAreLentOnAndReadInPlace() throws Exception {
    MemorySegment pixels = Arena.ofAuto().allocate(1_000_000);
    SegmentedBytes lent = SegmentedBytes.fromSegments(List.of(pixels.asReadOnly()), false);
    ZSerializer serializer = new ZSerializer();
    serializer.writeInt32(7);
    serializer.writeBytes(lent);
    serializer.writeString("end");
    SegmentedBytes whole = serializer.finish();
    assertEquals(3, whole.segmentCount());
    assertEquals(pixels.address(), whole.segment(1).address());
    ZDeserializer deserializer = new ZDeserializer(whole);
    assertEquals(7, deserializer.readInt32());
    assertEquals(pixels.address(), deserializer.readBytes().segment(0).address());
    assertFalse(deserializer.isDone());
    assertEquals("end", deserializer.readString());
    assertTrue(deserializer.isDone());
  }

  @Test
  void whatIsNoneIsRefused() {
    record Wrong(ZCodec<?> codec, SegmentedBytes bytes) {}
    List<Wrong> wrongs =
        List.of(
            new Wrong(ZCodec.BOOL, SegmentedBytes.copyOf(bytes(2))),
            new Wrong(ZCodec.STRING, SegmentedBytes.copyOf(bytes(1, 0xFF))),
            new Wrong(ZCodec.STRING, SegmentedBytes.copyOf(bytes(2, 0xC3))),
            new Wrong(
                ZCodec.BYTES,
                SegmentedBytes.copyOf(bytes(255, 255, 255, 255, 255, 255, 255, 255, 255, 1))),
            new Wrong(
                ZCodec.VAR_INT,
                SegmentedBytes.copyOf(bytes(255, 255, 255, 255, 255, 255, 255, 255, 255, 2))),
            new Wrong(
                ZCodec.listOf(ZCodec.INT8), SegmentedBytes.copyOf(bytes(255, 255, 255, 255, 15))),
            new Wrong(
                ZCodec.mapOf(ZCodec.INT8, ZCodec.INT8), SegmentedBytes.copyOf(bytes(2, 1, 1))));
    for (Wrong wrong : wrongs) {
      assertThrows(ZDeserializeException.class, () -> wrong.codec().deserialize(wrong.bytes()));
    }
  }

  @Test
  void randomValuesComeBackAndRandomBytesDoNoHarm() throws Exception {
    long seed = Seeds.of("ZCodecTest");
    SplittableRandom random = new SplittableRandom(seed);
    ZCodec<Map<String, List<Long>>> codec =
        ZCodec.mapOf(ZCodec.STRING, ZCodec.listOf(ZCodec.VAR_INT));
    for (int round = 0; round < 2_000; round++) {
      Map<String, List<Long>> value = new LinkedHashMap<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        List<Long> list = new ArrayList<>();
        for (int k = random.nextInt(40); k > 0; k--) {
          list.add(random.nextLong() >>> random.nextInt(64));
        }
        value.put("k" + "é".repeat(random.nextInt(9)) + i, list);
      }
      SegmentedBytes serialized = codec.serialize(value);
      assertEquals(value, codec.deserialize(serialized));
      byte[] broken = serialized.copyToByteArray();
      for (int i = 0; i < 3 && broken.length > 0; i++) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }
      try {
        assertTrue(codec.deserialize(SegmentedBytes.copyOf(broken)).size() <= broken.length);
      } catch (ZDeserializeException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith("read of "), e::toString);
      }
    }
  }
}
