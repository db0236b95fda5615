package dev.segue.cli.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.tensor.ElementType;
import dev.segue.tensor.Npy;
import dev.segue.tensor.Npz;
import dev.segue.tensor.PyTorch;
import dev.segue.tensor.Safetensors;
import dev.segue.tensor.Tensor;
import dev.segue.zenoh.Encoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TensorTextTest {
  private static Tensor tensor(ElementType type, long[] shape, byte[] bytes) {
    return Tensor.of(type, shape, SegmentedBytes.copyOf(bytes));
  }

  private static Tensor counted(int rows, int columns) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; bytes.hasRemaining(); i++) {
      bytes.putFloat(i / 2f);
    }
    return tensor(ElementType.FLOAT32, new long[] {rows, columns}, bytes.array());
  }

  private static String json(SegmentedBytes payload) {
    return SampleText.with(new JsonObject(), payload, Encoding.ZENOH_BYTES).toString();
  }

  @Test
  void aFileOfNumpyIsShownByTypeShapeAndFirstNumbers() {
    SegmentedBytes file = Npy.write(counted(3, 4));
    assertEquals("float32 [3, 4]: 0.0 0.5 1.0 1.5 2.0 2.5 3.0 3.5 …", SampleText.content(file));
    assertEquals(
        "{\"encoding\":\"zenoh/bytes\",\"bytes\":176,\"tensorCount\":1,\"tensors\":[{\"type\":\"float32\",\"shape\":[3,"
            + " 4],\"first\":[0.0,0.5,1.0,1.5,2.0,2.5,3.0,3.5]}]}",
        json(file));
  }

  @Test
  void eachTensorOfAFileIsShownByItsName() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weights\n", counted(1, 2));
    tensors.put(
        "bias", tensor(ElementType.INT64, new long[0], new byte[] {7, 0, 0, 0, 0, 0, 0, 0}));
    assertEquals(
        "bias int64 []: 7; weights\\x0a float32 [1, 2]: 0.0 0.5",
        SampleText.content(Safetensors.write(tensors)));
    assertEquals(
        "weights\\x0a float32 [1, 2]: 0.0 0.5; bias int64 []: 7",
        SampleText.content(Npz.write(tensors)));
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL,0100,true false,'true,false'",
    "INT8,ff7f,-1 127,'-1,127'",
    "UINT8,ff7f,255 127,'255,127'",
    "UINT16,ffff,65535,65535",
    "UINT32,ffffffff,4294967295,4294967295",
    "UINT64,ffffffffffffffff,18446744073709551615,18446744073709551615",
    "FLOAT16,003c007c,1.0 Infinity,'1.0,\"Infinity\"'",
    "BFLOAT16,803fc07f,1.0 NaN,'1.0,\"NaN\"'",
    "FLOAT64,000000000000e0bf,-0.5,-0.5",
    "COMPLEX64,0000803f000000c0,1.0-2.0i,\"1.0-2.0i\"",
    "FLOAT8_E4M3,38,0x38,\"0x38\"",
    "FLOAT4_E2M1,21,0x21,\"0x21\"",
  })
  void numbersAreThoseOfTheType(ElementType type, String hex, String text, String json) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    long count = (long) bytes.length * Byte.SIZE / type.bitSize();
    SegmentedBytes file = Safetensors.write(Map.of("x", tensor(type, new long[] {count}, bytes)));
    String shown = "x " + type.name().toLowerCase(Locale.ROOT) + " [" + count + "]: ";
    assertEquals(shown + text, SampleText.content(file));
    assertTrue(json(file).contains("\"first\":[" + json + "]"), json(file));
  }

  @Test
  void ofManyTensorsAndDimensionsTheFirstAreShown() {
    Map<String, Tensor> many = new LinkedHashMap<>();
    for (int i = 0; i < 40; i++) {
      many.put("t".repeat(100) + (100 + i), counted(1, 1));
    }
    String line = SampleText.content(Safetensors.write(many));
    assertTrue(line.endsWith("; … and 24 more") && line.length() < 2000, line);
    long[] ones = new long[60];
    Arrays.fill(ones, 1);
    SegmentedBytes deep = Npy.write(tensor(ElementType.INT8, ones, new byte[1]));
    String shape = "[" + "1, ".repeat(16);
    assertEquals("int8 " + shape + "…]: 0", SampleText.content(deep));
    assertTrue(json(deep).contains("\"shape\":" + shape + "-1]"), json(deep));
  }

  /** Whoever publishes may send anything. */
  @Test
  void damagedFilesAreBytesOrTensorsAndNeverAFault() {
    Random random = new Random(12);
    Map<String, Tensor> tensors = Map.of("a", counted(2, 2), "b", counted(1, 3));
    for (SegmentedBytes file :
        List.of(Npy.write(counted(2, 2)), Npz.write(tensors), Safetensors.write(tensors))) {
      byte[] whole = file.copyToByteArray();
      for (int i = 0; i < 2000; i++) {
        byte[] damaged = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
        for (int j = 0; j < 3; j++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        SegmentedBytes payload = SegmentedBytes.copyOf(damaged);
        assertTrue(SampleText.content(payload).length() < 10_000);
        assertTrue(json(payload).startsWith("{\"encoding\""));
      }
    }
  }

  @Test
  void whatCouldTakeLongOrMuchIsShownAsBytes() {
    byte[] header = ("{" + " ".repeat(2 << 20) + "}").getBytes(StandardCharsets.UTF_8);
    ByteBuffer large = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    large.putLong(header.length).put(header);
    assertTrue(SampleText.content(SegmentedBytes.copyOf(large.array())).startsWith("02 00 20"));
    SegmentedBytes pickled = PyTorch.write(Map.of("a", counted(1, 1)));
    assertTrue(SampleText.content(pickled).startsWith("50 4b 03 04"));
  }
}
