package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A tensor as a value: its sizes, where it lies, what it says of itself. */
class TensorValueTest {
  private static Tensor zeros(ElementType type, long... shape) {
    return Tensor.of(
        type, shape, SegmentedBytes.copyOf(new byte[(int) Tensor.byteSize(type, shape)]));
  }

  @Test
  void equalTensorsHaveOneHashAndOthersAreNotEqual() {
    Tensor tensor = zeros(ElementType.INT16, 2, 3);
    assertEquals(tensor, zeros(ElementType.INT16, 2, 3));
    assertEquals(tensor.hashCode(), zeros(ElementType.INT16, 2, 3).hashCode());
    assertNotEquals(tensor, zeros(ElementType.UINT16, 2, 3));
    assertNotEquals(tensor, zeros(ElementType.INT16, 3, 2));
    byte[] other = new byte[12];
    other[11] = 1;
    Tensor changed = Tensor.of(ElementType.INT16, new long[] {2, 3}, SegmentedBytes.copyOf(other));
    assertNotEquals(tensor, changed);
    assertNotEquals(tensor.hashCode(), changed.hashCode());
    assertNotEquals(tensor.hashCode(), zeros(ElementType.INT16, 3, 2).hashCode());
    assertNotEquals(tensor.hashCode(), zeros(ElementType.UINT16, 2, 3).hashCode());
    assertNotEquals(null, tensor);
  }

  @Test
  void aShapeIsTheTensorsOwn() {
    long[] shape = {2, 3};
    Tensor tensor = Tensor.of(ElementType.UINT8, shape, SegmentedBytes.copyOf(new byte[6]));
    shape[0] = 7;
    tensor.shape()[1] = 7;
    assertArrayEquals(new long[] {2, 3}, tensor.shape());
    assertEquals(6, tensor.elementCount());
    assertEquals(1, zeros(ElementType.UINT8).elementCount());
  }

  @Test
  void whatDoesNotMatchItsShapeIsRefusedWithBothSizes() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Tensor.of(ElementType.INT32, new long[] {3}, SegmentedBytes.copyOf(new byte[8])));
    String said = String.valueOf(refused.getMessage());
    assertTrue(said.contains("shape=[3]") && said.contains("byteSize=12"), said);
    assertTrue(said.contains("given byteSize=8"), said);
    assertThrows(
        ArithmeticException.class,
        () ->
            Tensor.of(
                ElementType.INT8, new long[] {1L << 62, 4}, SegmentedBytes.copyOf(new byte[8])));
  }

  @Test
  void sixteenDimensionsAreShownAndTheOthersCounted() {
    long[] shape = new long[16];
    Arrays.fill(shape, 1);
    assertEquals(
        "Tensor[type=UINT8, shape=" + Arrays.toString(shape) + "]",
        zeros(ElementType.UINT8, shape).toString());
    long[] more = Arrays.copyOf(shape, 17);
    more[16] = 1;
    assertEquals(
        "Tensor[type=UINT8, shape=" + Arrays.toString(shape) + "… (dimensionCount=17)]",
        zeros(ElementType.UINT8, more).toString());
  }

  @Test
  void onlyAlignedElementsInOneSegmentAreAView() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(64, 64);
      memory.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 4, (byte) 9);
      long[] one = {1};
      MemorySegment four = memory.asSlice(4, 8).asReadOnly();
      Tensor unaligned = Tensor.of(ElementType.FLOAT64, one, four);
      assertFalse(unaligned.isView());
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, unaligned::asMemorySegment);
      assertTrue(String.valueOf(refused.getMessage()).contains("alignmentByteSize=8"));
      // Two floats: the whole has eight bytes, each of them is aligned to four.
      assertTrue(Tensor.of(ElementType.COMPLEX64, one, four).isView());
      assertFalse(
          Tensor.of(ElementType.COMPLEX64, one, memory.asSlice(2, 8).asReadOnly()).isView());
      MemorySegment eight = memory.asSlice(8, 16).asReadOnly();
      assertTrue(Tensor.of(ElementType.COMPLEX128, one, eight).isView());
      assertFalse(
          Tensor.of(ElementType.COMPLEX128, one, memory.asSlice(4, 16).asReadOnly()).isView());
      MemorySegment packed = memory.asSlice(3, 1).asReadOnly();
      assertTrue(Tensor.of(ElementType.FLOAT4_E2M1, new long[] {2}, packed).isView());

      CopyLedger.Snapshot before = CopyLedger.snapshot();
      Tensor copy = unaligned.copyTo(arena);
      assertEquals(8, CopyLedger.snapshot().since(before).byteCount("tensor.copyTo"));
      assertEquals(unaligned, copy);
      assertTrue(copy.isView());
      assertTrue(copy.asMemorySegment().isReadOnly());
      assertEquals(0, copy.asMemorySegment().address() % 64);
    }
  }

  @Test
  void aTensorWithoutElementsIsAView() {
    Tensor none = zeros(ElementType.FLOAT64, 0, 3);
    assertTrue(none.isView());
    assertEquals(0, none.asMemorySegment().byteSize());
    assertTrue(none.asMemorySegment().isReadOnly());
    assertEquals(none, none.copyTo(Arena.ofAuto()));
  }

  @Test
  void elementsKnowTheirSize() {
    assertEquals(1, ElementType.UINT8.byteSize());
    assertEquals(16, ElementType.COMPLEX128.byteSize());
    assertEquals(4, ElementType.FLOAT4_E2M1.bitSize());
    UnsupportedOperationException refused =
        assertThrows(UnsupportedOperationException.class, ElementType.FLOAT6_E2M3::byteSize);
    assertTrue(String.valueOf(refused.getMessage()).contains("bitSize=6"));
    assertNull(ElementType.BFLOAT16.numpy());
  }

  @Test
  void aQuoteIsOneLineOfBoundedLength() {
    assertEquals("x".repeat(120), Excerpt.of("x".repeat(120)));
    assertEquals("x".repeat(120) + "… (characterCount=121)", Excerpt.of("x".repeat(121)));
    assertEquals("a�b�c", Excerpt.of(" a\nb\ud800c\t"));
  }
}
