package dev.segue.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.ext.ZCodec;
import dev.segue.zenoh.ext.ZSerializer;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same values have the same bytes as in zenoh-python. */
class ZenohPythonSerializationTest {
  /** Values of serialization.py. */
  private static final Map<String, SegmentedBytes> VALUES = new LinkedHashMap<>();

  private static <T> void value(String name, ZCodec<T> codec, T value) {
    VALUES.put(name, codec.serialize(value));
  }

  static {
    value("bool", ZCodec.BOOL, true);
    value("i8", ZCodec.INT8, (byte) -3);
    value("i16", ZCodec.INT16, (short) -30000);
    value("i32", ZCodec.INT32, -2000000000);
    value("i64", ZCodec.INT64, -9000000000000000000L);
    value("i128", ZCodec.INT128, BigInteger.ONE.shiftLeft(120).negate());
    value("u8", ZCodec.UINT8, 250);
    value("u16", ZCodec.UINT16, 65000);
    value("u32", ZCodec.UINT32, 4000000000L);
    value("u64", ZCodec.UINT64, Long.parseUnsignedLong("18000000000000000000"));
    value("u128", ZCodec.UINT128, BigInteger.ONE.shiftLeft(127));
    value("f32", ZCodec.FLOAT32, -1.5f);
    value("f64", ZCodec.FLOAT64, 1e300);
    value("string", ZCodec.STRING, "naïve € 🤖");
    value("long string", ZCodec.STRING, "x".repeat(300));
    byte[] bytes = new byte[200];
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      bytes[i] = (byte) i;
      numbers.add(i * 1000);
    }
    value("bytes", ZCodec.BYTES, SegmentedBytes.copyOf(bytes));
    value("list of i32", ZCodec.listOf(ZCodec.INT32), numbers);
    value("list of strings", ZCodec.listOf(ZCodec.STRING), List.of("a", "", "ccc"));
    Map<String, Long> map = new LinkedHashMap<>();
    map.put("one", 1L);
    map.put("two", 2L);
    value("map", ZCodec.mapOf(ZCodec.STRING, ZCodec.INT64), map);
    ZSerializer tuple = new ZSerializer();
    tuple.writeUint16(500);
    tuple.writeFloat32(1234);
    tuple.writeString("test");
    VALUES.put("tuple", tuple.finish());
    value(
        "nested",
        ZCodec.listOf(ZCodec.pairOf(ZCodec.STRING, ZCodec.listOf(ZCodec.INT16))),
        List.of(Map.entry("s1", List.of((short) 10)), Map.entry("s2", List.of())));
  }

  @Test
  @Timeout(120)
  void eachValueHasTheBytesThatPythonGivesIt() throws Exception {
    boolean installed = PythonPeer.isInstalled();
    assertTrue(installed || System.getenv("CI") == null, "CI installs zenoh for python3");
    Assumptions.assumeTrue(installed, "skipped: python3 has no zenoh (.ci/requirements.txt)");
    try (PythonPeer python = new PythonPeer("serialization.py", List.of())) {
      for (Map.Entry<String, SegmentedBytes> value : VALUES.entrySet()) {
        String hex = HexFormat.of().formatHex(value.getValue().copyToByteArray());
        assertEquals(value.getKey() + "=" + hex, python.nextLine());
      }
      python.finish();
    }
  }
}
