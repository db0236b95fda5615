package dev.segue.interop.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.tensor.ElementType;
import dev.segue.tensor.Npy;
import dev.segue.tensor.Npz;
import dev.segue.tensor.Safetensors;
import dev.segue.tensor.Tensor;
import dev.segue.tensor.TensorFormatException;
import dev.segue.tensor.TensorStore;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** NumPy and safetensors read what we write, and we what they write. */
@Timeout(120)
class TensorPythonTest {
  private static final long[][] SHAPES = {{}, {0}, {1}, {7}, {2, 3}, {3, 4, 5}, {2, 0, 3}};
  private static final ValueLayout.OfInt LITTLE_ENDIAN_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat LITTLE_ENDIAN_FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  // As in peer.py.
  private static final String[] SUFFIXES = {
    "", " gr\u00f6\u00dfe \u5c64 \ud83d\ude00", " \"quoted\" \\ back", " tab\t"
  };

  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();

  @BeforeAll
  static void needsPython() throws Exception {
    Peers.assumePython("numpy, safetensors, ml_dtypes");
  }

  @AfterEach
  void end() {
    arena.close();
  }

  private Map<String, Tensor> state(List<ElementType> types) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (ElementType type : types) {
      for (long[] shape : SHAPES) {
        String name = Promised.nameOf(type, shape) + SUFFIXES[state.size() % SUFFIXES.length];
        assertFalse(state.containsKey(name));
        state.put(name, Promised.tensor(arena, name));
      }
    }
    return state;
  }

  /** Those that peer.py makes and checks. */
  private static List<ElementType> types() {
    return List.of(
        ElementType.BOOL,
        ElementType.INT8,
        ElementType.UINT8,
        ElementType.INT16,
        ElementType.UINT16,
        ElementType.INT32,
        ElementType.UINT32,
        ElementType.INT64,
        ElementType.UINT64,
        ElementType.FLOAT16,
        ElementType.BFLOAT16,
        ElementType.FLOAT32,
        ElementType.FLOAT64,
        ElementType.COMPLEX64,
        ElementType.COMPLEX128);
  }

  private static List<ElementType> typesOfSafetensors() {
    return types().stream().filter(type -> type != ElementType.COMPLEX128).toList();
  }

  private static List<ElementType> typesOfNumpy() {
    return types().stream().filter(type -> type != ElementType.BFLOAT16).toList();
  }

  private static List<ElementType> typesOfBoth() {
    return typesOfNumpy().stream().filter(typesOfSafetensors()::contains).toList();
  }

  /** A file as it is mapped: what is read from it is a view of it. */
  private SegmentedBytes map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return SegmentedBytes.fromSegments(
          List.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)), false);
    }
  }

  @Test
  void pythonReadsWhatJavaWrites() throws Exception {
    Map<String, Tensor> numpy = state(typesOfNumpy());
    Map<String, Tensor> every = state(typesOfSafetensors());
    try (ObjectStore store = ObjectStore.open("file://" + directory)) {
      for (Tensor tensor : numpy.values()) {
        String name = Promised.nameOf(tensor.type(), tensor.shape());
        store.put(name + ".npy", Npy.write(tensor));
      }
      store.put("every.npz", Npz.write(numpy));
      store.put("none.npz", Npz.write(Map.of()));
      TensorStore.save(store, "numpy.safetensors", state(typesOfBoth()));
      TensorStore.save(store, "every.safetensors", every);
      TensorStore.save(store, "none.safetensors", Map.of());
    }
    assertEquals(
        2 * numpy.size() + state(typesOfBoth()).size() + every.size(), peer("check", directory));
  }

  /** Returns how many tensors the peer wrote, or found as promised. */
  private static int peer(String role, Path directory) throws Exception {
    String line = Peers.python("peer.py", role, directory.toString()).getFirst();
    return Integer.parseInt(line.substring("tensors=".length()));
  }

  @Test
  void javaReadsInPlaceWhatPythonWrites() throws Exception {
    int tensorCount = peer("write", directory);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    int npyCount = 0;
    for (Path file : filesOf(directory, ".npy")) {
      Tensor tensor = Npy.read(map(file));
      String name = file.getFileName().toString().replace(".npy", "");
      assertEquals(Promised.tensor(arena, name), tensor, name);
      assertTrue(tensor.isView(), name);
      npyCount++;
    }
    assertEquals(tensorCount + 2, npyCount);
    for (Path file : filesOf(directory, ".npz")) {
      check(Npz.read(map(file)), file.endsWith("none.npz") ? 0 : tensorCount);
    }
    for (Path file : filesOf(directory, ".safetensors")) {
      Map<String, Tensor> tensors = Safetensors.read(map(file));
      check(
          tensors,
          file.endsWith("none.safetensors")
              ? 0
              : SHAPES.length * (file.endsWith("bfloat16.safetensors") ? 1 : typesOfBoth().size()));
      assertTrue(tensors.values().stream().allMatch(Tensor::isView), file::toString);
    }
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("tensor.copyTo"));

    MemorySegment integers = Npy.read(map(directory.resolve("int32-7.npy"))).asMemorySegment();
    MemorySegment numbers = Npy.read(map(directory.resolve("float32-7.npy"))).asMemorySegment();
    for (int i = 0; i < 7; i++) {
      assertEquals(37 * i + 5, integers.getAtIndex(LITTLE_ENDIAN_INT, i));
      assertEquals(i / 4f - 3, numbers.getAtIndex(LITTLE_ENDIAN_FLOAT, i));
    }
  }

  private void check(Map<String, Tensor> tensors, int tensorCount) {
    assertEquals(tensorCount, tensors.size());
    tensors.forEach((name, tensor) -> assertEquals(Promised.tensor(arena, name), tensor, name));
  }

  @Test
  void whatCanBeNoViewIsRefusedAndSaysWhy() throws Exception {
    assertTrue(peer("write", directory) > 0);
    Map<String, String> reasons =
        Map.ofEntries(
            Map.entry("fortran order.npy", "Fortran order"),
            Map.entry("fortran order.npz", "Fortran order"),
            Map.entry("big-endian.npy", "descr=>i4"),
            Map.entry("long double.npy", "descr=<f16"),
            Map.entry("text.npy", "descr=<U1"),
            Map.entry("date.npy", "descr=<M8[s]"),
            Map.entry("structured.npy", "header is not understood"),
            Map.entry("objects.npy", "descr=|O"),
            Map.entry("bfloat16.npy", "descr=<V2"),
            Map.entry("compressed.npz", "numpy.savez"));
    List<Path> files = filesOf(directory.resolve("refused"), "");
    assertEquals(reasons.size(), files.size());
    for (Path file : files) {
      String name = file.getFileName().toString();
      TensorFormatException refusal =
          assertThrows(TensorFormatException.class, () -> read(file), name);
      String reason = reasons.get(name);
      assertTrue(reason != null && refusal.toString().contains(reason), refusal::toString);
    }
  }

  private Object read(Path file) throws IOException {
    SegmentedBytes bytes = map(file);
    return switch (file.toString().substring(file.toString().lastIndexOf('.'))) {
      case ".npy" -> Npy.read(bytes);
      case ".npz" -> Npz.read(bytes);
      default -> Safetensors.read(bytes);
    };
  }

  private static List<Path> filesOf(Path directory, String ending) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().endsWith(ending))
          .toList();
    }
  }
}
