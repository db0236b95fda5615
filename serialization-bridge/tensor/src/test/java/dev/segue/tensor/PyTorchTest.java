package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Peers;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that the real PyTorch wrote (src/test/python/golden.py), and those of our own. */
class PyTorchTest {
  private static SegmentedBytes golden(String name) throws IOException {
    try (InputStream file = PyTorchTest.class.getResourceAsStream(name)) {
      return SegmentedBytes.copyOf(Objects.requireNonNull(file, name).readAllBytes());
    }
  }

  private static Map<?, ?> dictionary(Object value) {
    return assertInstanceOf(Map.class, value);
  }

  private static Object read(String name) throws IOException {
    return Objects.requireNonNull(PyTorch.read(golden(name)));
  }

  @Test
  void aStateDictIsReadInPlace() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    Map<String, Tensor> state = PyTorch.readStateDict(golden("state_dict.pt"));
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("tensor.strided"));
    assertEquals(
        List.of(
            "0.weight",
            "0.bias",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "2.weight",
            "2.bias"),
        List.copyOf(state.keySet()));
    Tensor weight = Objects.requireNonNull(state.get("0.weight"));
    assertArrayEquals(new long[] {4, 3}, weight.shape());
    assertTrue(weight.isView());
    for (int i = 0; i < 12; i++) {
      assertEquals((float) i, weight.asMemorySegment().getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
    Tensor tracked = Objects.requireNonNull(state.get("1.num_batches_tracked"));
    assertEquals(ElementType.INT64, tracked.type());
    assertArrayEquals(new long[0], tracked.shape());
  }

  @Test
  void plainValuesOfACheckpointAreRead() throws Exception {
    Map<?, ?> checkpoint = dictionary(read("checkpoint.pt"));
    assertEquals(12L, checkpoint.get("epoch"));
    assertEquals(BigInteger.TWO.pow(70), checkpoint.get("large"));
    assertEquals(-(1L << 40), checkpoint.get("negative"));
    assertEquals(0.25, checkpoint.get("loss"));
    assertEquals("n\u00e9", checkpoint.get("name"));
    assertEquals(true, checkpoint.get("flag"));
    assertTrue(checkpoint.containsKey("none") && checkpoint.get("none") == null);
    List<?> list = assertInstanceOf(List.class, checkpoint.get("list"));
    assertEquals(List.of(1L, List.of(2L, 3.5)), list.subList(0, 2));
    assertEquals(
        SegmentedBytes.copyOfUtf8("bytes"),
        dictionary(Objects.requireNonNull(list.get(2))).get("a"));
    assertEquals(Set.of(5L), checkpoint.get("set"));
    assertEquals(List.of(2L, 3L), checkpoint.get("shape"));
    assertEquals(ElementType.FLOAT16, checkpoint.get("dtype"));
    Map<?, ?> optimizer = dictionary(Objects.requireNonNull(checkpoint.get("optimizer")));
    assertTrue(optimizer.containsKey("param_groups"));
  }

  @Test
  void everyTypeIsKnownAndGoesBack() throws Exception {
    Map<String, Tensor> types = PyTorch.readStateDict(golden("types.pt"));
    assertEquals(25, types.size(), () -> types.keySet().toString());
    assertEquals(
        ElementType.FLOAT8_E4M3, Objects.requireNonNull(types.get("float8_e4m3fn")).type());
    assertEquals(ElementType.UINT16, Objects.requireNonNull(types.get("uint16")).type());
    Tensor view = Objects.requireNonNull(types.get("view"));
    assertArrayEquals(new long[] {3, 4}, view.shape());
    assertEquals(
        4, view.copyTo(Arena.ofAuto()).asMemorySegment().getAtIndex(ValueLayout.JAVA_INT, 0));
    assertArrayEquals(new long[] {0, 3}, Objects.requireNonNull(types.get("empty")).shape());
    assertEquals(types, PyTorch.readStateDict(PyTorch.write(types)));
  }

  @Test
  void aTransposedTensorIsCopiedAndCounted() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    Map<String, Tensor> strided = PyTorch.readStateDict(golden("strided.pt"));
    assertEquals(96, CopyLedger.snapshot().since(before).byteCount("tensor.strided"));
    Tensor transposed = Objects.requireNonNull(strided.get("transposed"));
    assertArrayEquals(new long[] {6, 4}, transposed.shape());
    for (int i = 0; i < 24; i++) {
      assertEquals(
          i % 4 * 6 + i / 4, transposed.asMemorySegment().getAtIndex(ValueLayout.JAVA_INT, i));
    }
  }

  /** One that repeats its elements is larger than its storage. */
  @Test
  void anExpandedTensorIsCopied() throws Exception {
    Map<String, Tensor> expanded = PyTorch.readStateDict(golden("expanded.pt"));
    Tensor rows = Objects.requireNonNull(expanded.get("rows"));
    assertArrayEquals(new long[] {4, 3}, rows.shape());
    for (int i = 0; i < 12; i++) {
      assertEquals(i % 3, rows.asMemorySegment().getAtIndex(ValueLayout.JAVA_INT, i));
    }
    Tensor all = Objects.requireNonNull(expanded.get("all"));
    assertArrayEquals(new long[] {2, 2}, all.shape());
    assertEquals(5, all.asMemorySegment().getAtIndex(ValueLayout.JAVA_INT, 3));
  }

  /** Where torch is installed for python3, it says whether it takes what is written. */
  @Test
  void theRealTorchLoadsWhatIsWritten(@TempDir Path directory) throws Exception {
    String python = System.getProperty("segue.torch.python", "python3");
    assumeTrue(Peers.runs(python, "-c", "import torch"), "skipped: python3 has no torch");
    Map<String, Tensor> state = new LinkedHashMap<>();
    ByteBuffer floats = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 6; i++) {
      floats.putFloat(i);
    }
    put(state, "a", ElementType.FLOAT32, floats.array(), 2, 3);
    put(
        state,
        "b",
        ElementType.BFLOAT16,
        new byte[] {(byte) 0x80, 0x3f, (byte) 0x80, 0x3f, (byte) 0x80, 0x3f, (byte) 0x80, 0x3f},
        4);
    put(state, "c", ElementType.FLOAT8_E5M2, new byte[] {0x3c, 0x3c}, 2);
    put(state, "none", ElementType.INT64, new byte[0], 0, 3);
    Path file = Files.write(directory.resolve("ours.pt"), PyTorch.write(state).copyToByteArray());
    String said = Peers.run(python, "src/test/python/check.py", file.toString());
    assertTrue(said.contains("checked 4"), said);
  }

  private static void put(
      Map<String, Tensor> state, String name, ElementType type, byte[] bytes, long... shape) {
    state.put(name, Tensor.of(type, shape, SegmentedBytes.copyOf(bytes)));
  }

  @Test
  void whatWouldRunCodeIsRefused() throws Exception {
    TensorFormatException module =
        assertThrows(TensorFormatException.class, () -> PyTorch.read(golden("module.pt")));
    assertTrue(String.valueOf(module.getMessage()).contains("it names "), module::toString);
    assertThrows(TensorFormatException.class, () -> PyTorch.read(golden("legacy.pt")));
    String pickle = "\u0080\u0002cos\nsystem\n(X\u0004\u0000\u0000\u0000trueTR.";
    Map<String, SegmentedBytes> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", SegmentedBytes.copyOf(pickle.getBytes(StandardCharsets.ISO_8859_1)));
    TensorFormatException system =
        assertThrows(TensorFormatException.class, () -> PyTorch.read(StoredZip.write(entries)));
    assertTrue(String.valueOf(system.getMessage()).contains("os.system"), system::toString);
  }

  @Test
  void damagedPicklesAreRefusedAndNothingElse() throws Exception {
    long seed = Seeds.of("PyTorchTest");
    Random random = new Random(seed);
    for (String name : List.of("checkpoint.pt", "types.pt", "strided.pt")) {
      Map<String, SegmentedBytes> entries = StoredZip.read("test", golden(name));
      String pickle =
          entries.keySet().stream()
              .filter(key -> key.endsWith("/data.pkl"))
              .findFirst()
              .orElseThrow();
      byte[] whole = Objects.requireNonNull(entries.get(pickle)).copyToByteArray();
      for (int i = 0; i < 1_500; i++) {
        byte[] spoilt = whole.clone();
        for (int j = random.nextInt(4); j >= 0; j--) {
          spoilt[random.nextInt(spoilt.length)] = (byte) random.nextInt(256);
        }
        entries.put(pickle, SegmentedBytes.copyOf(spoilt));
        try {
          PyTorch.read(StoredZip.write(entries));
        } catch (TensorFormatException e) {
          assertTrue(e.getMessage() != null);
        } catch (RuntimeException e) {
          throw new AssertionError("-Dsegue.seed=" + seed, e);
        }
      }
    }
  }
}
