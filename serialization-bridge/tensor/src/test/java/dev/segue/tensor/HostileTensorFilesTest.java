package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small files that ask for much: each is refused, before the memory or the time is spent. */
@Timeout(60)
class HostileTensorFilesTest {
  private static String refusal(SegmentedBytes file) {
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> PyTorch.read(file));
    String said = String.valueOf(refused.getMessage());
    assertTrue(said.length() < 300, said);
    return said;
  }

  @Test
  void aStorageWhoseNameIsAListOfListsIsRefused() {
    Pickle twice = new Pickle().op('(').text("storage").global("torch", "FloatStorage").op(']');
    for (int level = 0; level < 60; level++) {
      // [x, x]: as a text, twice as long at each level.
      twice.op('q', level, '0', ']', 'h', level, 'a', 'h', level, 'a');
    }
    twice.text("cpu").op('J').int32(1).op('t', 'Q');
    assertTrue(refusal(twice.file(SegmentedBytes.empty())).contains("not text"));

    Pickle deep = new Pickle().op('(').text("storage").global("torch", "FloatStorage").op(']');
    for (int level = 0; level < 200_000; level++) {
      deep.op(0x85);
    }
    deep.text("cpu").op('J').int32(1).op('t', 'Q');
    assertTrue(refusal(deep.file(SegmentedBytes.empty())).contains("not text"));
  }

  @Test
  void aTextThatIsEncodedAgainAndAgainIsRefused() {
    Pickle pickle = new Pickle().global("_codecs", "encode").op('q', 0).text("x".repeat(1 << 20));
    pickle.op('q', 1).text("latin1").op('q', 2, '(');
    for (int i = 0; i < 50_000; i++) {
      pickle.op('h', 0, 'h', 1, 'h', 2, 0x86, 'R');
    }
    assertTrue(refusal(pickle.op('t').file(SegmentedBytes.empty())).contains("copies"));
  }

  @Test
  void aListThatIsMadeASetAgainAndAgainIsRefused() {
    Pickle pickle = new Pickle().global("builtins", "set").op('q', 0, ']', '(');
    for (int i = 0; i < 100_000; i++) {
      pickle.op('J').int32(i);
    }
    pickle.op('e', 0x85, 'q', 1, '(');
    for (int i = 0; i < 50_000; i++) {
      pickle.op('h', 0, 'h', 1, 'R');
    }
    assertTrue(
        refusal(pickle.op('t').file(SegmentedBytes.empty())).contains("its values have more than"));
  }

  /** Each costs four bytes of the file, and a comparison of two megabytes. */
  @Test
  void longKeysThatAreComparedAgainAndAgainAreRefused() {
    String key = "x".repeat(2 << 20);
    Pickle pickle = new Pickle().text(key).op('q', 0, '0').text(key).op('q', 1, '0');
    pickle.op('}', 'h', 0, 'N', 's');
    for (int i = 0; i < 200_000; i++) {
      pickle.op('h', 1, 'N', 's');
    }
    assertTrue(refusal(pickle.file(SegmentedBytes.empty())).contains("its values have more than"));
    Pickle set = new Pickle().text(key).op('q', 0, '0').text(key).op('q', 1, '0');
    set.global("builtins", "set").op(']', '(', 'h', 0);
    for (int i = 0; i < 200_000; i++) {
      set.op('h', 1);
    }
    set.op('e', 0x85, 'R');
    assertTrue(refusal(set.file(SegmentedBytes.empty())).contains("its values have more than"));
  }

  @Test
  void aStorageWhoseLongNameIsLookedUpAgainAndAgainIsRefused() {
    String name = "x".repeat(60_000);
    Pickle pickle = new Pickle().op('(').text("storage").global("torch", "FloatStorage");
    pickle.text(name).text("cpu").op('K', 0, 't', 'q', 0);
    for (int i = 0; i < 300_000; i++) {
      pickle.op('h', 0, 'Q', '0');
    }
    SegmentedBytes file =
        StoredZip.write(
            Map.of(
                "archive/data.pkl",
                pickle.op('.').bytes(),
                "archive/data/" + name,
                SegmentedBytes.empty()));
    assertTrue(refusal(file).contains("its values have more than"));
  }

  /** Of each it is looked whether a tensor is to be negated. */
  @Test
  void propertiesWithoutEndAreLookedThroughOnceAndNotForEachTensor() {
    Pickle pickle = new Pickle().op('}', '(');
    for (int i = 0; i < 100_000; i++) {
      pickle.op('J').int32(i).op(0x89);
    }
    pickle.op('u', 'q', 0, '0').global("torch._utils", "_rebuild_tensor_v2").op('q', 1, '(');
    pickle.storage("0", 1).op('K', 0, ')', ')', 0x89, 'N', 'h', 0, 't', 'q', 2);
    for (int i = 0; i < 100_000; i++) {
      pickle.op('h', 1, 'h', 2, 'R', '0');
    }
    assertTrue(
        refusal(pickle.file(SegmentedBytes.copyOf(new byte[4])))
            .contains("its values have more than"));
  }

  @Test
  void aStorageThatIsTransposedAgainAndAgainIsRefused() {
    int side = 512;
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_tensor_v2").op('q', 0, '(');
    pickle.storage("0", side * side).op('K', 0);
    pickle.op('M', side & 0xFF, side >> 8, 'M', side & 0xFF, side >> 8, 0x86);
    pickle.op('K', 1, 'M', side & 0xFF, side >> 8, 0x86, 't', 'q', 1, '(');
    for (int i = 0; i < 2_000; i++) {
      pickle.op('h', 0, 'h', 1, 'R');
    }
    SegmentedBytes file =
        pickle.op('t').file(SegmentedBytes.copyOf(new byte[side * side * Float.BYTES]));
    assertTrue(refusal(file).contains("copies"));
  }

  @Test
  void aTensorOfAMillionDimensionsIsRefused() {
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_tensor_v2").op('(');
    pickle.storage("0", 1).op('K', 0, '(');
    for (int i = 0; i < 500_000; i++) {
      pickle.op('K', 1);
    }
    pickle.op('t', 'q', 0, 'h', 0, 't', 'R');
    assertTrue(
        refusal(pickle.file(SegmentedBytes.copyOf(new byte[4]))).contains("dimensionCount="));
  }

  @Test
  void aDictionaryOfArgumentsIsRefusedRatherThanEmpty() {
    Pickle pickle = new Pickle().global("collections", "OrderedDict");
    pickle.op(']', ']').text("a").op('a', 'K', 1, 'a', 'a', 0x85, 'R');
    assertTrue(refusal(pickle.file(SegmentedBytes.empty())).contains("arguments"));
  }

  /** As {@code torch.save} writes {@code x.conj()} and {@code x.conj().imag}. */
  private static SegmentedBytes lazy(String name, boolean value) {
    return new Pickle()
        .global("torch._utils", "_rebuild_tensor_v2")
        .op('(')
        .storage("0", 1)
        .op('K', 0, 'K', 1, 0x85, 'K', 1, 0x85, 0x89)
        .global("collections", "OrderedDict")
        .op(')', 'R', '}')
        .text(name)
        .op(value ? 0x88 : 0x89, 's', 't', 'R')
        .file(SegmentedBytes.copyOf(new byte[4]));
  }

  @Test
  void aTensorWhoseElementsAreNegatedWhenTheyAreReadIsRefused() throws Exception {
    assertTrue(refusal(lazy("neg", true)).contains("resolve_neg"));
    assertTrue(refusal(lazy("conj", true)).contains("resolve_conj"));
    assertTrue(PyTorch.read(lazy("neg", false)) instanceof Tensor);
  }

  /** A directory that names one entry many times, each by another name. */
  private static SegmentedBytes overlapping(int count) {
    byte[] one =
        StoredZip.write(Map.of("aaaaaaaa.npy", SegmentedBytes.copyOf(new byte[1 << 20])))
            .copyToByteArray();
    ByteBuffer in = ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN);
    int end64 = one.length - 22 - 20 - 56;
    int directory = (int) in.getLong(end64 + 48);
    int entryByteSize = end64 - directory;
    byte[] all = Arrays.copyOf(one, one.length + (count - 1) * entryByteSize);
    for (int i = 0; i < count; i++) {
      int at = directory + i * entryByteSize;
      System.arraycopy(one, directory, all, at, entryByteSize);
      byte[] name =
          String.format(java.util.Locale.ROOT, "%08d", i).getBytes(StandardCharsets.UTF_8);
      System.arraycopy(name, 0, all, at + 46, name.length);
    }
    int tail = directory + count * entryByteSize;
    System.arraycopy(one, end64, all, tail, one.length - end64);
    ByteBuffer out = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(tail + 24, count).putLong(tail + 32, count);
    out.putLong(tail + 40, (long) count * entryByteSize);
    out.putLong(tail + 56 + 8, tail);
    return SegmentedBytes.copyOf(all);
  }

  @Test
  void entriesThatLieOverEachOtherAreRefused() throws Exception {
    assertEquals(1, StoredZip.read("test", overlapping(1)).size());
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> Npz.read(overlapping(500_000)));
    assertTrue(String.valueOf(refused.getMessage()).contains("lies over others"));
  }

  @Test
  void aShapeOfManyDimensionsIsQuotedInPart() {
    long[] shape = new long[300_000];
    Arrays.fill(shape, 1);
    Tensor tensor = Tensor.of(ElementType.UINT8, shape, SegmentedBytes.copyOf(new byte[1]));
    assertTrue(tensor.toString().length() < 200);
    byte[] file = Npy.write(tensor).copyToByteArray();
    TensorFormatException refused =
        assertThrows(
            TensorFormatException.class,
            () -> Npy.read(SegmentedBytes.copyOf(Arrays.copyOf(file, file.length + 1))));
    assertTrue(String.valueOf(refused.getMessage()).length() < 300);
  }

  @Test
  void namesThatWouldBecomeOneAreRefused() {
    Tensor one = Tensor.of(ElementType.UINT8, new long[] {1}, SegmentedBytes.copyOf(new byte[1]));
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (String name : List.of("a\ud800", "a\ud801")) {
      state.put(name, one);
    }
    assertThrows(IllegalArgumentException.class, () -> Safetensors.write(state));
    assertThrows(IllegalArgumentException.class, () -> Npz.write(state));
    assertThrows(IllegalArgumentException.class, () -> PyTorch.write(state));
    assertThrows(IllegalArgumentException.class, () -> Npz.write(Map.of("a\0b", one)));
  }

  /** Together no larger than the archive, of which most is padding. */
  @Test
  void aFewEntriesThatLieOverEachOtherAreRefused() throws Exception {
    Tensor tensor =
        Tensor.of(ElementType.UINT8, new long[] {9}, SegmentedBytes.copyOf(new byte[9]));
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("a", tensor);
    state.put("b", tensor);
    byte[] all = Npz.write(state).copyToByteArray();
    assertEquals(state, Npz.read(SegmentedBytes.copyOf(all)));
    int second = all.length - 98 - 28;
    ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(second + 20, 0);
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> Npz.read(SegmentedBytes.copyOf(all)));
    assertTrue(String.valueOf(refused.getMessage()).contains("lies over others"));
  }

  /** A byte of a pickle is a dictionary, which has 56 on the heap, and two keep it. */
  @Test
  void dictionariesWithoutEndAreRefused() {
    for (int[] step : new int[][] {{'}', 0x94, '0'}, {']', 0x94, '0'}, {'N', 0x85, 0x94, '0'}}) {
      Pickle pickle = new Pickle();
      for (int i = 0; i < 6 << 20; i++) {
        pickle.op(step);
      }
      pickle.op('N');
      assertTrue(
          refusal(pickle.file(SegmentedBytes.empty())).contains("its values have more than"));
    }
  }

  @Test
  void manyTensorsAreRead() throws Exception {
    Tensor one = Tensor.of(ElementType.UINT8, new long[] {1}, SegmentedBytes.copyOf(new byte[1]));
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (int i = 0; i < 50_000; i++) {
      state.put("t" + i, one);
    }
    assertEquals(50_000, PyTorch.readStateDict(PyTorch.write(state)).size());
  }

  @Test
  void aSafetensorsHeaderThatNobodyReadsIsNotWritten() {
    Tensor one = Tensor.of(ElementType.UINT8, new long[] {1}, SegmentedBytes.copyOf(new byte[1]));
    Map<String, Tensor> state = Map.of("x".repeat(100_000_000), one);
    assertThrows(IllegalArgumentException.class, () -> Safetensors.write(state));
  }
}
