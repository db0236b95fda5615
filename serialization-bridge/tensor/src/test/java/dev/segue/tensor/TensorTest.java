package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.StoreSettings;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTest {
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void end() {
    arena.close();
  }

  private Tensor tensor(ElementType type, long... shape) {
    MemorySegment elements = arena.allocate(Math.max(1, Tensor.byteSize(type, shape)), 64);
    for (long i = 0; i < elements.byteSize(); i++) {
      elements.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + type.byteSize()));
    }
    return Tensor.of(type, shape, elements.asSlice(0, Tensor.byteSize(type, shape)).asReadOnly());
  }

  private Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("bytes", tensor(ElementType.UINT8, 7));
    state.put("weights", tensor(ElementType.FLOAT32, 3, 5));
    state.put("step \"n\" \u00e9", tensor(ElementType.INT64));
    state.put("empty", tensor(ElementType.FLOAT64, 0, 3));
    state.put("half", tensor(ElementType.FLOAT16, 2, 2, 2));
    return state;
  }

  /** The same bytes as they would lie after a copy into one region, or in small pieces. */
  private SegmentedBytes laidOut(SegmentedBytes bytes, long pieceByteSize) {
    MemorySegment all = arena.allocate(Math.max(1, bytes.byteSize()), 64);
    bytes.copyTo(all);
    List<MemorySegment> pieces = new ArrayList<>();
    for (long at = 0; at < bytes.byteSize(); at += pieceByteSize) {
      pieces.add(all.asSlice(at, Math.min(pieceByteSize, bytes.byteSize() - at)).asReadOnly());
    }
    return SegmentedBytes.fromSegments(pieces, false);
  }

  @ParameterizedTest
  @ValueSource(longs = {1 << 20, 64, 7, 1})
  void everyFormatGivesBackWhatWasWritten(long pieceByteSize) throws Exception {
    Map<String, Tensor> state = state();
    assertEquals(state, Npz.read(laidOut(Npz.write(state), pieceByteSize)));
    assertEquals(state, Safetensors.read(laidOut(Safetensors.write(state), pieceByteSize)));
    for (Tensor tensor : state.values()) {
      assertEquals(tensor, Npy.read(laidOut(Npy.write(tensor), pieceByteSize)));
    }
  }

  @Test
  void aSetWithoutTensorsIsAFileToo() throws Exception {
    assertEquals(Map.of(), Safetensors.read(Safetensors.write(Map.of())));
    SegmentedBytes archive = Npz.write(Map.of());
    assertEquals(22, archive.byteSize());
    assertEquals(Map.of(), Npz.read(archive));
  }

  @Test
  void writingJoinsNothingAndReadingIsAView() throws Exception {
    Map<String, Tensor> state = state();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    SegmentedBytes file = Safetensors.write(state);
    SegmentedBytes archive = Npz.write(state);
    assertTrue(CopyLedger.snapshot().since(before).totalByteCount() < 4096);
    long address = Objects.requireNonNull(state.get("weights")).bytes().segment(0).address();
    assertTrue(file.segments().stream().anyMatch(s -> s.address() == address));
    assertTrue(archive.segments().stream().anyMatch(s -> s.address() == address));

    for (Map<String, Tensor> read :
        List.of(Safetensors.read(laidOut(file, 1 << 20)), Npz.read(laidOut(archive, 1 << 20)))) {
      for (Tensor tensor : read.values()) {
        assertTrue(tensor.isView(), tensor::toString);
        assertTrue(tensor.asMemorySegment().isReadOnly());
      }
    }
  }

  @Test
  void elementsThatStraddleSegmentsAreCopiedOnDemand() throws Exception {
    Tensor pieces = Npy.read(laidOut(Npy.write(tensor(ElementType.INT32, 100)), 9));
    assertFalse(pieces.isView());
    assertThrows(IllegalStateException.class, pieces::asMemorySegment);
    Tensor copy = pieces.copyTo(arena);
    assertEquals(pieces, copy);
    assertEquals(400, copy.asMemorySegment().byteSize());
  }

  @Test
  void aFileOfNumpyIsRead() throws Exception {
    // numpy.save of np.arange(3, dtype='<i2'), as numpy 2.2 writes it
    String header = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
    String padded = header + " ".repeat(117 - header.length()) + "\n";
    byte[] file = new byte[10 + 118 + 6];
    byte[] magic = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    System.arraycopy(magic, 0, file, 0, 10);
    System.arraycopy(padded.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, file, 10, 118);
    file[130] = 1;
    file[132] = 2;
    Tensor tensor = Npy.read(SegmentedBytes.copyOf(file));
    assertArrayEquals(new long[] {3}, tensor.shape());
    assertEquals(2, tensor.asMemorySegment().getAtIndex(ValueLayout.JAVA_SHORT, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'descr': '>i2', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (1, 3), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<i2', 'fortran_order': False, }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (9999999999999999999,), }",
        "{'descr': '<i8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
        "__import__('os')",
      })
  void whatIsNoViewOrNoHeaderIsRefused(String header) {
    byte[] file = new byte[10 + header.length() + 6];
    byte[] magic = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), 0};
    System.arraycopy(magic, 0, file, 0, 10);
    byte[] text = header.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, file, 10, text.length);
    assertThrows(TensorFormatException.class, () -> Npy.read(SegmentedBytes.copyOf(file)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,5]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,0]}}",
        "{\"a\":{\"dtype\":\"X8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}} x",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8]}}",
        "[]",
        "{",
      })
  void aSafetensorsHeaderThatDoesNotFitIsRefused(String header) {
    byte[] json = header.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] file = new byte[8 + json.length + 8];
    file[0] = (byte) json.length;
    System.arraycopy(json, 0, file, 8, json.length);
    assertThrows(TensorFormatException.class, () -> Safetensors.read(SegmentedBytes.copyOf(file)));
  }

  @Test
  void damagedFilesAreRefusedAndNothingElse() {
    long seed = Seeds.of("TensorTest");
    Random random = new Random(seed);
    byte[][] files = {
      Npz.write(state()).copyToByteArray(),
      Safetensors.write(state()).copyToByteArray(),
      Npy.write(tensor(ElementType.INT32, 4, 4)).copyToByteArray(),
    };
    for (int i = 0; i < 20_000; i++) {
      int which = random.nextInt(3);
      byte[] file = files[which].clone();
      for (int j = random.nextInt(4); j >= 0; j--) {
        file[random.nextInt(file.length)] = (byte) random.nextInt(256);
      }
      try {
        SegmentedBytes bytes = SegmentedBytes.copyOf(file);
        Object _ =
            switch (which) {
              case 0 -> Npz.read(bytes);
              case 1 -> Safetensors.read(bytes);
              default -> Npy.read(bytes);
            };
      } catch (IOException e) {
        assertTrue(e instanceof TensorFormatException, () -> "-Dsegue.seed=" + seed);
      } catch (RuntimeException e) {
        throw new AssertionError("-Dsegue.seed=" + seed, e);
      }
    }
  }

  @Test
  void aStateIsSavedAndLoadedWholeOrInParts(@TempDir Path directory) throws Exception {
    Map<String, Tensor> state = state();
    try (ObjectStore store = ObjectStore.open("file://" + directory, StoreSettings.defaults());
        OffHeapPool pool = new OffHeapPool(1 << 20)) {
      TensorStore.save(store, "state.safetensors", state);
      try (TensorStore.Loaded loaded = TensorStore.load(store, "state.safetensors", pool)) {
        assertEquals(state, loaded.tensors());
        assertTrue(Objects.requireNonNull(loaded.tensors().get("weights")).isView());
      }
      try (TensorStore.Loaded one = TensorStore.load(store, "state.safetensors", "half", pool)) {
        assertEquals(state.get("half"), one.tensors().get("half"));
      }
      try (TensorStore.Loaded one = TensorStore.load(store, "state.safetensors", "empty", pool)) {
        assertEquals(state.get("empty"), one.tensors().get("empty"));
      }
      assertThrows(
          TensorFormatException.class,
          () -> TensorStore.load(store, "state.safetensors", "nope", pool));
      assertEquals(1 << 20, pool.availableByteSize());
    }
  }
}
