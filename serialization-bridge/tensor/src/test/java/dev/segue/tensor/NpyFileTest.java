package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single arrays: headers as NumPy writes them, and as nobody may. */
class NpyFileTest {
  private static final String SHAPE = "'fortran_order': False, 'shape': (3,), }";

  private static byte[] file(int major, String header, int elementByteSize) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    int fixed = major == 1 ? 10 : 12;
    ByteBuffer file =
        ByteBuffer.allocate(fixed + text.length + elementByteSize).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0});
    if (major == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    return file.put(text).array();
  }

  private static Tensor read(String header, int elementByteSize) throws TensorFormatException {
    return Npy.read(SegmentedBytes.copyOf(file(1, header, elementByteSize)));
  }

  private static String refusal(byte[] file) {
    TensorFormatException refused =
        assertThrows(TensorFormatException.class, () -> Npy.read(SegmentedBytes.copyOf(file)));
    return String.valueOf(refused.getMessage());
  }

  private static String refusal(String header) {
    return refusal(file(1, header, 6));
  }

  @Test
  void eachVersionIsReadAndNoOther() throws Exception {
    String header = "{'descr': '<i2', " + SHAPE;
    for (int major = 1; major <= 3; major++) {
      Tensor tensor = Npy.read(SegmentedBytes.copyOf(file(major, header, 6)));
      assertEquals(ElementType.INT16, tensor.type());
      assertArrayEquals(new long[] {3}, tensor.shape());
    }
    assertTrue(refusal(file(4, header, 6)).contains("version=4.0"));
    byte[] zero = file(1, header, 6);
    zero[6] = 0;
    assertTrue(refusal(zero).contains("version=0.0"));
  }

  @Test
  void aFileThatEndsInItsHeaderIsRefused() {
    byte[] whole = file(1, "{'descr': '<i2', " + SHAPE, 6);
    assertTrue(refusal(new byte[9]).contains("too short: byteSize=9"));
    assertTrue(refusal(new byte[10]).contains("does not begin with"));
    for (int length = 10; length < whole.length - 6; length++) {
      assertTrue(refusal(Arrays.copyOf(whole, length)).contains("headerByteSize="));
    }
    assertTrue(refusal(Arrays.copyOf(whole, whole.length - 1)).contains("given byteSize=5"));
    for (int length = 10; length < 12; length++) {
      assertTrue(refusal(Arrays.copyOf(file(2, "", 0), length)).contains("version=2.0"));
    }
    assertTrue(refusal(file(2, "", 0)).contains("not understood"));
    for (int at = 0; at < 6; at++) {
      byte[] other = whole.clone();
      other[at] ^= 1;
      assertTrue(refusal(other).contains("does not begin with"));
    }
  }

  @Test
  void aHeaderOfAMebibyteIsTheLargest() throws Exception {
    String start = "{'descr': '|u1', 'fortran_order': False, 'shape': (), }";
    String most = start + " ".repeat((1 << 20) - start.length());
    assertEquals(1, Npy.read(SegmentedBytes.copyOf(file(2, most, 1))).elementCount());
    assertTrue(refusal(file(2, most + " ", 1)).contains("headerByteSize=1048577"));
  }

  @ParameterizedTest
  @CsvSource({"|i1,INT8", "<i1,INT8", "=u1,UINT8", ">b1,BOOL", "<c16,COMPLEX128", "<f2,FLOAT16"})
  void oneByteHasNoOrder(String descr, ElementType type) throws Exception {
    assertEquals(type, read("{'descr': '" + descr + "', " + SHAPE, 3 * type.byteSize()).type());
  }

  @ParameterizedTest
  @ValueSource(strings = {">i2", "=i2", "xi1", "i1", "|i1 ", "|V1", "<f8x", "|i2"})
  void otherElementsAreRefused(String descr) {
    assertTrue(refusal("{'descr': '" + descr + "', " + SHAPE).contains("descr="));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\t'descr' :\"<i2\",\r\n'fortran_order':False , 'shape' : ( 3 , ) }",
        "{'shape': (3,), 'fortran_order': True, 'descr': '<i2'}",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3L,)}\n",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (000000000000000003)}"
      })
  void aHeaderIsPython(String header) throws Exception {
    Tensor tensor = read(header, 6);
    assertEquals(ElementType.INT16, tensor.type());
    assertArrayEquals(new long[] {3}, tensor.shape());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'descr': '<i2'}|no '{'",
        "{'descr' '<i2'}|no ':'",
        "{'descr': '<i2' 'shape': ()}|no '}'",
        "{'descr': '<i2|no string",
        "{'descr|no string",
        "{descr: 1}|no string",
        "{'descr': 1}|no string",
        "{'fortran_order': true}|neither True nor False",
        "{'shape': 3}|no '('",
        "{'shape': (3 4)}|no ')'",
        "{'shape': (,)}|a number is none",
        "{'shape': (-1)}|a number is none",
        "{'shape': (0000000000000000003)}|a number is none",
        "{'shape': (3|no ')'",
        "{'descr': '<i2', 'descr': '<i2'}|twice",
        "{'fortran_order': False, 'fortran_order': False}|twice",
        "{'x': 1}|key x",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)} x|something follows",
        "{'fortran_order': False, 'shape': (3,)}|lacks",
        "{'descr': '<i2', 'shape': (3,)}|lacks",
        "{'descr': '<i2', 'fortran_order': False}|lacks",
        "{}|lacks"
      })
  void whatIsNotTheHeaderOfAnArrayIsRefusedAndNamed(String header, String why) {
    String said = refusal(header);
    assertTrue(said.contains(why), said);
    assertTrue(said.startsWith("npy: header is not understood at character "), said);
  }

  /** It lies as in C order; one of more dimensions does not. */
  @Test
  void oneDimensionHasNoOrder() throws Exception {
    assertEquals(
        3, read("{'descr': '|u1', 'fortran_order': True, 'shape': (3,)}", 3).elementCount());
    assertEquals(1, read("{'descr': '|u1', 'fortran_order': True, 'shape': ()}", 1).elementCount());
    assertTrue(
        refusal("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}").contains("Fortran"));
  }

  /** As {@code numpy.save} writes them, so that elements in aligned memory are a view. */
  @Test
  void elementsBeginAtAMultipleOf64() throws Exception {
    for (int dimensions = 0; dimensions < 60; dimensions++) {
      long[] shape = new long[dimensions];
      Arrays.fill(shape, 1);
      Tensor tensor = Tensor.of(ElementType.UINT8, shape, SegmentedBytes.copyOf(new byte[] {7}));
      byte[] file = Npy.write(tensor).copyToByteArray();
      assertEquals(1, file.length % 64);
      assertEquals('\n', file[file.length - 2]);
      assertEquals(1, file[6]);
      assertEquals(tensor, Npy.read(SegmentedBytes.copyOf(file)));
      String header = new String(file, 10, file.length - 11, StandardCharsets.ISO_8859_1).strip();
      String expected =
          switch (dimensions) {
            case 0 -> "()";
            case 1 -> "(1,)";
            default -> "(1" + ", 1".repeat(dimensions - 1) + ")";
          };
      assertEquals("{'descr': '|u1', 'fortran_order': False, 'shape': " + expected + ", }", header);
    }
  }

  @Test
  void elementsThatNumpyLacksAreNotWritten() {
    Tensor tensor =
        Tensor.of(ElementType.BFLOAT16, new long[] {1}, SegmentedBytes.copyOf(new byte[2]));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Npy.write(tensor));
    assertTrue(String.valueOf(refused.getMessage()).contains("BFLOAT16"));
  }
}
