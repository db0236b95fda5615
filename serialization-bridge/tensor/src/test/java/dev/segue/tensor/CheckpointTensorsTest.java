package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Tensors of a checkpoint over a storage of the floats 0 to 23. */
class CheckpointTensorsTest {
  private static final int COUNT = 24;

  private static SegmentedBytes storage() {
    ByteBuffer floats = ByteBuffer.allocate(COUNT * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < COUNT; i++) {
      floats.putFloat(i);
    }
    return SegmentedBytes.copyOf(floats.array());
  }

  private static Pickle numbers(Pickle pickle, int... values) {
    pickle.op('(');
    for (int value : values) {
      pickle.op('J').int32(value);
    }
    return pickle.op('t');
  }

  private static SegmentedBytes tensor(int count, int offset, int[] shape, int... strides) {
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_tensor_v2").op('(');
    pickle.storage("0", count).op('J').int32(offset);
    numbers(numbers(pickle, shape), strides);
    return pickle.op(0x89, 'N', 't', 'R').file(storage());
  }

  private static int[] shape(int... dimensions) {
    return dimensions;
  }

  private static void assertReads(SegmentedBytes file, long[] shape, int... values)
      throws Exception {
    Tensor tensor = assertInstanceOf(Tensor.class, PyTorch.read(file));
    assertEquals(ElementType.FLOAT32, tensor.type());
    assertArrayEquals(shape, tensor.shape());
    ByteBuffer floats =
        ByteBuffer.wrap(tensor.bytes().copyToByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      assertEquals(value, floats.getFloat());
    }
    assertEquals(0, floats.remaining());
  }

  private static void assertRefused(String why, SegmentedBytes file) {
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> PyTorch.read(file));
    String said = String.valueOf(refused.getMessage());
    assertTrue(said.contains(why), said);
  }

  @Test
  void elementsInOrderAreAView() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertReads(tensor(COUNT, 0, shape(2, 2), 2, 1), new long[] {2, 2}, 0, 1, 2, 3);
    assertReads(tensor(COUNT, 21, shape(3), 1), new long[] {3}, 21, 22, 23);
    assertReads(tensor(COUNT, 5, shape()), new long[] {}, 5);
    // The stride of a dimension of one has no meaning.
    assertReads(tensor(COUNT, 4, shape(2, 1, 2), 2, 99, 1), new long[] {2, 1, 2}, 4, 5, 6, 7);
    assertReads(tensor(COUNT, 99, shape(0, 3), 3, 1), new long[] {0, 3});
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("tensor.strided"));
  }

  @Test
  void elementsInAnotherOrderAreCopied() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertReads(tensor(COUNT, 1, shape(2, 3), 1, 2), new long[] {2, 3}, 1, 3, 5, 2, 4, 6);
    assertReads(tensor(COUNT, 0, shape(4), 6), new long[] {4}, 0, 6, 12, 18);
    assertReads(tensor(COUNT, 7, shape(2, 2), 0, 0), new long[] {2, 2}, 7, 7, 7, 7);
    assertReads(
        tensor(COUNT, 0, shape(2, 2, 2), 12, 1, 4),
        new long[] {2, 2, 2},
        0,
        4,
        1,
        5,
        12,
        16,
        13,
        17);
    assertEquals(
        (6 + 4 + 4 + 8) * Float.BYTES,
        CopyLedger.snapshot().since(before).byteCount("tensor.strided"));
  }

  @Test
  void whatDoesNotFitItsStorageIsRefused() {
    assertRefused("does not fit", tensor(COUNT, 22, shape(3), 1));
    assertRefused("does not fit", tensor(COUNT, -1, shape(3), 1));
    assertRefused("does not fit", tensor(4, 0, shape(5), 1));
    assertRefused("does not fit", tensor(COUNT, 0, shape(2, 3), 1, 12));
    assertRefused("dimension or a stride", tensor(COUNT, 0, shape(-2), 1));
    assertRefused("dimension or a stride", tensor(COUNT, 0, shape(2), -1));
    assertRefused("2 dimensions and 1 strides", tensor(COUNT, 0, shape(1, 1), 1));
    assertRefused("elementCount=25, its byteSize=96", tensor(COUNT + 1, 0, shape(1), 1));
    assertRefused("elementCount=-1", tensor(-1, 0, shape(1), 1));
  }

  @Test
  void sixtyFourDimensionsAreTheMost() throws Exception {
    int[] most = new int[64];
    java.util.Arrays.fill(most, 1);
    assertEquals(
        1,
        assertInstanceOf(Tensor.class, PyTorch.read(tensor(COUNT, 0, most, most))).elementCount());
    int[] more = java.util.Arrays.copyOf(most, 65);
    assertRefused("dimensionCount=65, at most 64", tensor(COUNT, 0, more, more));
  }

  @Test
  void propertiesOfATensorAreADictionary() throws Exception {
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_tensor_v2").op('(');
    pickle.storage("0", 1).op('K', 0, ')', ')', 0x89, 'N', 'K', 1, 't', 'R');
    assertRefused("argument 6 of a tensor is not a dictionary", pickle.file(storage()));
  }

  /** Types without a storage of their own: the tensor says which, of bytes of a storage. */
  @Test
  void anUntypedStorageIsOfBytes() throws Exception {
    for (int count : new int[] {96, 97}) {
      Pickle pickle = new Pickle().global("torch._utils", "_rebuild_tensor_v3").op('(', '(');
      pickle.text("storage").global("torch.storage", "UntypedStorage").text("0").text("cpu");
      pickle.op('J').int32(count).op('t', 'Q', 'K', 1);
      numbers(numbers(pickle, 3), 1).op(0x89, 'N').global("torch", "float32").op('t', 'R');
      if (count == 96) {
        assertReads(pickle.file(storage()), new long[] {3}, 1, 2, 3);
      } else {
        assertRefused("elementCount=97", pickle.file(storage()));
      }
    }
    Pickle untyped = new Pickle().global("torch._utils", "_rebuild_tensor_v2").op('(', '(');
    untyped.text("storage").global("torch.storage", "UntypedStorage").text("0").text("cpu");
    untyped.op('K', 96, 't', 'Q', 'K', 1, ')', ')', 0x89, 'N', 't', 'R');
    assertRefused("has no type", untyped.file(storage()));
  }

  @Test
  void aParameterIsItsTensor() throws Exception {
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_parameter").op('(');
    pickle.global("torch._utils", "_rebuild_tensor_v2").op('(').storage("0", COUNT).op('K', 3);
    numbers(numbers(pickle, 2), 1).op(0x89, 'N', 't', 'R', 0x88, 'N', 't', 'R');
    assertReads(pickle.file(storage()), new long[] {2}, 3, 4);
  }

  @Test
  void whatLiesOutsideIsAStorage() {
    assertRefused("is not a storage", new Pickle().op('N', 'Q').file(storage()));
    assertRefused("is not a storage", new Pickle().op(')', 'Q').file(storage()));
    Pickle four = new Pickle().op('(').text("storage").global("torch", "FloatStorage");
    assertRefused("is not a storage", four.text("0").text("cpu").op('t', 'Q').file(storage()));
    Pickle module = new Pickle().op('(').text("module").global("torch", "FloatStorage");
    assertRefused(
        "is not a storage", module.text("0").text("cpu").op('K', 1, 't', 'Q').file(storage()));
    Pickle type = new Pickle().op('(').text("storage").op('K', 3);
    assertRefused("no known type", type.text("0").text("cpu").op('K', 1, 't', 'Q').file(storage()));
    Pickle text = new Pickle().op('(').text("storage").global("torch", "FloatStorage");
    assertRefused(
        "storage 0 is not in", text.text("0").text("cpu").text("1").op('t', 'Q').file(storage()));
    assertRefused("storage 1 is not in", new Pickle().storage("1", 1).file(storage()));
  }

  @Test
  void onlyLittleEndianCheckpointsAreRead() throws Exception {
    for (String order : List.of("little", "big")) {
      Map<String, SegmentedBytes> entries = new LinkedHashMap<>();
      entries.put("x/data.pkl", new Pickle().op('N', '.').bytes());
      entries.put("x/byteorder", SegmentedBytes.copyOfUtf8(order));
      if (order.equals("big")) {
        assertRefused("byteorder=big", StoredZip.write(entries));
      } else {
        PyTorch.read(StoredZip.write(entries));
      }
    }
  }

  /** The folder of an archive has any name; what is deeper, or in none, is another file. */
  @Test
  void aPickleIsInTheFolderOfTheArchive() throws Exception {
    SegmentedBytes pickle = new Pickle().op(0x88, '.').bytes();
    assertEquals(true, PyTorch.read(StoredZip.write(Map.of("my model/data.pkl", pickle))));
    for (String name : List.of("data.pkl", "/data.pkl", "a/b/data.pkl", "a/data.pkl2")) {
      assertRefused("no data.pkl", StoredZip.write(Map.of(name, pickle)));
    }
  }

  @Test
  void onlyTensorsOfADictionaryAreAStateDict() throws Exception {
    assertEquals(Map.of(), PyTorch.readStateDict(new Pickle().op('}').file(storage())));
    for (Pickle other :
        List.of(
            new Pickle().op(']'), new Pickle().op('N'), new Pickle().op('}', 'K', 1, 'N', 's'))) {
      SegmentedBytes file = other.file(storage());
      TensorFormatException refused =
          assertThrows(TensorFormatException.class, () -> PyTorch.readStateDict(file));
      assertTrue(String.valueOf(refused.getMessage()).contains("not a dictionary of tensors"));
    }
    Pickle mixed = new Pickle().op('}').text("epoch").op('K', 3, 's', 'K', 5);
    mixed.global("torch._utils", "_rebuild_tensor_v2").op('(').storage("0", 1).op('q', 9);
    mixed.op('K', 0, ')', ')', 0x89, 'N', 't', 'R', 'q', 8, 's').text("w").op('h', 8, 's');
    assertEquals(List.of("w"), List.copyOf(PyTorch.readStateDict(mixed.file(storage())).keySet()));
  }

  @Test
  void elementsThatPyTorchLacksAreNotWritten() {
    Tensor packed =
        Tensor.of(ElementType.FLOAT4_E2M1, new long[] {2}, SegmentedBytes.copyOf(new byte[1]));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> PyTorch.write(Map.of("w", packed)));
    assertTrue(String.valueOf(refused.getMessage()).contains("FLOAT4_E2M1"));
  }

  @Test
  void whatIsWrittenComesBackInPlace() throws Exception {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("w", Tensor.of(ElementType.FLOAT32, new long[] {2, 3, 4}, storage()));
    state.put("none", Tensor.of(ElementType.INT64, new long[] {0, 3}, SegmentedBytes.empty()));
    state.put("one", Tensor.of(ElementType.INT32, new long[] {}, storage().slice(0, 4)));
    state.put("b", Tensor.of(ElementType.FLOAT8_E4M3, new long[] {4, 24}, storage().slice(0, 96)));
    state.put("wide", Tensor.of(ElementType.UINT16, new long[] {48}, storage()));
    SegmentedBytes file = PyTorch.write(state);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertEquals(state, PyTorch.readStateDict(file));
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("tensor.strided"));
    assertEquals(List.copyOf(state.keySet()), List.copyOf(PyTorch.readStateDict(file).keySet()));
    Map<String, SegmentedBytes> entries = StoredZip.read("PyTorch", file);
    assertEquals("3\n", Objects.requireNonNull(entries.get("archive/version")).copyToUtf8String());
    assertEquals(
        "little", Objects.requireNonNull(entries.get("archive/byteorder")).copyToUtf8String());
    assertEquals(storage(), entries.get("archive/data/0"));
  }
}
