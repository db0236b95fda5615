package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Headers that are hostile, names that are taken, bytes that changed, types that are rare. */
class DamagedTensorFilesTest {
  private static Tensor bytes(int... values) {
    byte[] all = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      all[i] = (byte) values[i];
    }
    return Tensor.of(ElementType.UINT8, new long[] {values.length}, SegmentedBytes.copyOf(all));
  }

  private static SegmentedBytes npy(String header, int elementByteSize) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    byte[] file = new byte[12 + text.length + elementByteSize];
    byte[] magic = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0};
    System.arraycopy(magic, 0, file, 0, 8);
    for (int i = 0; i < 4; i++) {
      file[8 + i] = (byte) (text.length >> (8 * i));
    }
    System.arraycopy(text, 0, file, 12, text.length);
    return SegmentedBytes.copyOf(file);
  }

  private static String refusal(SegmentedBytes file) {
    TensorFormatException refused = assertThrows(TensorFormatException.class, () -> Npy.read(file));
    return String.valueOf(refused.getMessage());
  }

  @Test
  void aLongHeaderIsRefusedInOneShortLine() {
    String commas = "{" + ", ".repeat(300_000) + "}";
    String blanks =
        "{'descr': '" + "x\n".repeat(200_000) + "', 'fortran_order': False, 'shape': ()}";
    String many = "{" + "'descr': '|u1', ".repeat(60_000) + "}";
    for (String header : List.of(commas, blanks, many)) {
      String said = refusal(npy(header, 1));
      assertTrue(said.length() < 300, said);
      assertEquals(1, said.lines().count(), said);
    }
  }

  @Test
  void eachKeyOfAHeaderIsThereOnce() {
    assertTrue(
        refusal(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}", 1))
            .contains("twice"));
    assertTrue(
        refusal(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 'y'}", 1))
            .contains("key x"));
  }

  @Test
  void aHeaderOfVersion2OfPython2IsRead() throws Exception {
    Tensor tensor =
        Npy.read(npy("{\"descr\": \"|u1\", 'fortran_order': False, 'shape': (2L, 1L), }  \n", 2));
    assertArrayEquals(new long[] {2, 1}, tensor.shape());
  }

  @Test
  void aTensorOfManyDimensionsIsWrittenWholeOrRefused() throws Exception {
    long[] shape = new long[30_000];
    Arrays.fill(shape, 1);
    Tensor tensor = Tensor.of(ElementType.UINT8, shape, SegmentedBytes.copyOf(new byte[] {7}));
    assertEquals(tensor, Npy.read(Npy.write(tensor)));
    assertEquals(2, Npy.write(tensor).byteAt(6), "the version whose header may be so long");
    long[] most = new long[400_000];
    Arrays.fill(most, 1);
    Tensor larger = Tensor.of(ElementType.UINT8, most, SegmentedBytes.copyOf(new byte[] {7}));
    assertThrows(IllegalArgumentException.class, () -> Npy.write(larger));
  }

  @Test
  void eachBitOfAnArchivesElementsIsChecked() {
    byte[] archive = Npz.write(Map.of("a", bytes(1, 2, 3, 4))).copyToByteArray();
    int elements = -1;
    for (int i = 0; i + 4 <= archive.length && elements < 0; i++) {
      elements = Arrays.equals(archive, i, i + 4, new byte[] {1, 2, 3, 4}, 0, 4) ? i : -1;
    }
    for (int bit = 0; bit < 32; bit++) {
      byte[] spoilt = archive.clone();
      spoilt[elements + bit / 8] ^= (byte) (1 << (bit % 8));
      TensorFormatException refused =
          assertThrows(TensorFormatException.class, () -> Npz.read(SegmentedBytes.copyOf(spoilt)));
      assertTrue(String.valueOf(refused.getMessage()).contains("a.npy is damaged"));
    }
  }

  /** A count of entries that is too small would hide the tensors behind them. */
  @Test
  void eachBitOfAnArchivesCountIsChecked() {
    byte[] archive =
        Npz.write(Map.of("a", bytes(1), "b", bytes(2), "c", bytes(3))).copyToByteArray();
    int count = archive.length - 22 - 20 - 56 + 32;
    assertEquals(3, archive[count]);
    for (int bit = 0; bit < Long.SIZE; bit++) {
      byte[] spoilt = archive.clone();
      spoilt[count + bit / 8] ^= (byte) (1 << (bit % 8));
      assertThrows(TensorFormatException.class, () -> Npz.read(SegmentedBytes.copyOf(spoilt)));
    }
  }

  /** Two names could become one. */
  @Test
  void aHeaderThatIsNotUtf8IsRefused() {
    byte[] file = Safetensors.write(Map.of("ab", bytes(1))).copyToByteArray();
    for (int i = 8; i < file.length - 1; i++) {
      byte[] spoilt = file.clone();
      spoilt[i] |= (byte) 0x80;
      assertThrows(
          TensorFormatException.class, () -> Safetensors.read(SegmentedBytes.copyOf(spoilt)));
    }
  }

  @Test
  void aNameThatIsTooLongForAnArchiveIsRefused() {
    Map<String, Tensor> tensors = Map.of("x".repeat(65_532), bytes(1));
    assertThrows(IllegalArgumentException.class, () -> Npz.write(tensors));
  }

  @Test
  void metadataIsKeptAndItsNameIsNoTensors() throws Exception {
    Map<String, String> metadata = Map.of("format", "pt", "a \"quoted\"\n", "\u00e9\u2028");
    SegmentedBytes file = Safetensors.write(Map.of("a", bytes(1)), metadata);
    assertEquals(metadata, Safetensors.metadata(file));
    assertEquals(Map.of("a", bytes(1)), Safetensors.read(file));
    assertEquals(Map.of(), Safetensors.metadata(Safetensors.write(Map.of("a", bytes(1)))));
    assertEquals(metadata, Safetensors.metadata(Safetensors.write(Map.of(), metadata)));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Safetensors.write(Map.of("__metadata__", bytes(1))));
    assertTrue(String.valueOf(refused.getMessage()).contains("__metadata__"));
  }

  @Test
  void everyTypeOfSafetensorsGoesBothWays() throws Exception {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (ElementType type : ElementType.values()) {
      if (type != ElementType.COMPLEX128) {
        byte[] elements = new byte[8 * type.bitSize() / 8];
        Arrays.fill(elements, (byte) type.name().hashCode());
        tensors.put(
            type.name(), Tensor.of(type, new long[] {4, 2}, SegmentedBytes.copyOf(elements)));
      }
    }
    assertEquals(tensors, Safetensors.read(Safetensors.write(tensors)));
    Tensor wide =
        Tensor.of(ElementType.COMPLEX128, new long[] {1}, SegmentedBytes.copyOf(new byte[16]));
    assertThrows(IllegalArgumentException.class, () -> Safetensors.write(Map.of("wide", wide)));
    assertEquals(wide, Npy.read(Npy.write(wide)));
  }

  @Test
  void packedElementsFillWholeBytes() {
    assertEquals(
        8,
        Tensor.of(ElementType.FLOAT6_E2M3, new long[] {8}, SegmentedBytes.copyOf(new byte[6]))
            .elementCount());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Tensor.of(ElementType.FLOAT4_E2M1, new long[] {3}, SegmentedBytes.copyOf(new byte[2])));
    assertThrows(UnsupportedOperationException.class, ElementType.FLOAT4_E2M1::byteSize);
  }

  @Test
  void anEmptyTensorMayHaveAnyOtherDimension() throws Exception {
    Tensor tensor =
        Tensor.of(ElementType.FLOAT64, new long[] {1L << 40, 1L << 40, 0}, SegmentedBytes.empty());
    assertEquals(0, tensor.elementCount());
    assertEquals(tensor, Npy.read(Npy.write(tensor)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Tensor.of(ElementType.FLOAT64, new long[] {0, -1}, SegmentedBytes.empty()));
  }
}
