package dev.segue.agrona;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.AsciiNumberFormatException;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** All reads, with a {@code byte[]} as oracle. Agrona's own buffer is compared in another JVM. */
class SegmentDirectBufferTest {
  private static final List<ByteOrder> ORDERS =
      List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN);

  private final byte[] content = random(67);
  private final DirectBuffer buffer = of(content);

  private static byte[] random(int byteSize) {
    byte[] content = new byte[byteSize];
    new Random(byteSize).nextBytes(content);
    return content;
  }

  /** One byte off its alignment. */
  private static DirectBuffer of(byte... content) {
    byte[] shifted = new byte[content.length + 1];
    System.arraycopy(content, 0, shifted, 1, content.length);
    return AgronaBuffers.asDirectBuffer(Buffers.nativeOf(shifted).asSlice(1));
  }

  private static DirectBuffer ofText(String text) {
    return of(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void readsNumbersAtEveryIndexInEveryOrder() {
    for (ByteOrder order : ORDERS) {
      ByteBuffer oracle = ByteBuffer.wrap(content).order(order);
      for (int i = 0; i <= content.length - Long.BYTES; i++) {
        assertEquals(oracle.get(i), buffer.getByte(i));
        assertEquals(oracle.getShort(i), buffer.getShort(i, order));
        assertEquals(oracle.getChar(i), buffer.getChar(i, order));
        assertEquals(oracle.getInt(i), buffer.getInt(i, order));
        assertEquals(oracle.getLong(i), buffer.getLong(i, order));
        assertEquals(oracle.getFloat(i), buffer.getFloat(i, order));
        assertEquals(oracle.getDouble(i), buffer.getDouble(i, order));
      }
    }
    ByteBuffer oracle = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    assertEquals(oracle.getShort(3), buffer.getShort(3));
    assertEquals(oracle.getChar(3), buffer.getChar(3));
    assertEquals(oracle.getInt(3), buffer.getInt(3));
    assertEquals(oracle.getLong(3), buffer.getLong(3));
    assertEquals(oracle.getFloat(3), buffer.getFloat(3));
    assertEquals(oracle.getDouble(3), buffer.getDouble(3));
  }

  @Test
  void everyReadIsWithinBounds() {
    int size = content.length;
    for (int index : new int[] {-1, size, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertOutOfBounds(() -> buffer.getByte(index));
      assertOutOfBounds(() -> buffer.getShort(index));
      assertOutOfBounds(() -> buffer.getInt(index));
      assertOutOfBounds(() -> buffer.getLong(index));
      assertOutOfBounds(() -> buffer.getBytes(index, new byte[1]));
      assertOutOfBounds(() -> buffer.getStringAscii(index));
      assertOutOfBounds(() -> buffer.getStringWithoutLengthUtf8(index, 1));
      assertOutOfBounds(() -> buffer.parseIntAscii(index, 1));
      assertOutOfBounds(() -> buffer.boundsCheck(index, 1));
    }
    assertOutOfBounds(() -> buffer.getLong(size - 7));
    assertOutOfBounds(() -> buffer.getInt(size - 3));
    assertOutOfBounds(() -> buffer.getBytes(0, new byte[size + 1]));
    assertOutOfBounds(() -> buffer.getBytes(1, new byte[4], 2, 3));
    assertOutOfBounds(() -> buffer.getBytes(1, ByteBuffer.allocate(size), size));
    assertOutOfBounds(() -> buffer.getStringWithoutLengthAscii(0, -1));
    assertOutOfBounds(() -> buffer.checkLimit(size + 1));
    buffer.checkLimit(size);
    buffer.boundsCheck(size, 0);
    assertEquals(size, buffer.capacity());
  }

  private static void assertOutOfBounds(Executable read) {
    assertThrows(IndexOutOfBoundsException.class, read);
  }

  @Test
  void bytesAreCopiedToEveryKindOfTargetAndCounted() {
    byte[] expected = Arrays.copyOfRange(content, 5, 15);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    byte[] array = new byte[10];
    buffer.getBytes(5, array);
    assertArrayEquals(expected, array);
    byte[] wide = new byte[14];
    buffer.getBytes(5, wide, 3, 10);
    assertArrayEquals(expected, Arrays.copyOfRange(wide, 3, 13));
    ByteBuffer relative = ByteBuffer.allocate(14).position(2);
    buffer.getBytes(5, relative, 10);
    assertEquals(12, relative.position());
    assertArrayEquals(expected, Arrays.copyOfRange(relative.array(), 2, 12));
    ByteBuffer absolute = ByteBuffer.allocateDirect(14);
    buffer.getBytes(5, absolute, 4, 10);
    assertEquals(0, absolute.position());
    byte[] back = new byte[10];
    absolute.get(4, back);
    assertArrayEquals(expected, back);
    ByteBuffer target = ByteBuffer.allocate(14);
    buffer.getBytes(5, Buffers.targetOver(target), 1, 10);
    assertArrayEquals(expected, Arrays.copyOfRange(target.array(), 1, 11));
    CopyLedger.Snapshot copies = CopyLedger.snapshot().since(before);
    assertEquals(50, copies.byteCount("agrona.getBytes"));
    assertEquals(50, copies.totalByteCount());
  }

  @Test
  void readsTextWithAndWithoutItsLengthInFront() {
    for (ByteOrder order : ORDERS) {
      byte[] text = "größer".getBytes(StandardCharsets.UTF_8);
      ByteBuffer written = ByteBuffer.allocate(20).order(order);
      written.putInt(3, text.length).put(7, text);
      DirectBuffer utf8 = of(written.array());
      assertEquals("größer", utf8.getStringUtf8(3, order));
      assertEquals("größer", utf8.getStringUtf8(3, text.length));
      assertEquals("größer", utf8.getStringWithoutLengthUtf8(7, text.length));
      assertEquals("gr\uFFFD\uFFFD\uFFFD\uFFFDer", utf8.getStringAscii(3, order));
      StringBuilder appended = new StringBuilder();
      assertEquals(text.length, utf8.getStringAscii(3, appended, order));
      assertEquals("gr????er", appended.toString());
      if (order == ByteOrder.nativeOrder()) {
        assertEquals("größer", utf8.getStringUtf8(3));
        assertEquals("gr\uFFFD\uFFFD\uFFFD\uFFFDer", utf8.getStringAscii(3));
        assertEquals(text.length, utf8.getStringAscii(3, new StringBuilder()));
      }
    }
    DirectBuffer plain = ofText("....text");
    assertEquals("text", plain.getStringAscii(0, 4));
    assertEquals("text", plain.getStringWithoutLengthAscii(4, 4));
    assertEquals("", plain.getStringWithoutLengthAscii(8, 0));
    StringBuilder appended = new StringBuilder();
    assertEquals(4, plain.getStringAscii(0, 4, appended));
    assertEquals(2, plain.getStringWithoutLengthAscii(4, 2, appended));
    assertEquals("textte", appended.toString());
  }

  @Test
  void aLengthThatTheBufferDoesNotHoldIsRefusedBeforeItIsAllocated() {
    for (int length : new int[] {5, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      DirectBuffer lying = of(ByteBuffer.allocate(8).putInt(length).array());
      assertOutOfBounds(() -> lying.getStringAscii(0, ByteOrder.BIG_ENDIAN));
      assertOutOfBounds(() -> lying.getStringUtf8(0, ByteOrder.BIG_ENDIAN));
      assertOutOfBounds(() -> lying.getStringAscii(0, new StringBuilder(), ByteOrder.BIG_ENDIAN));
    }
  }

  @Test
  void parsesNumbersInText() {
    for (long value : new long[] {0, 7, 12_345_678, Integer.MAX_VALUE, Long.MAX_VALUE}) {
      String text = "x" + value + "x";
      int length = text.length() - 2;
      assertEquals(value, ofText(text).parseLongAscii(1, length));
      assertEquals(value, ofText(text).parseNaturalLongAscii(1, length));
      if (value <= Integer.MAX_VALUE) {
        assertEquals(value, ofText(text).parseIntAscii(1, length));
        assertEquals(value, ofText(text).parseNaturalIntAscii(1, length));
      }
    }
    assertEquals(Integer.MIN_VALUE, ofText("-2147483648").parseIntAscii(0, 11));
    assertEquals(Long.MIN_VALUE, ofText("-9223372036854775808").parseLongAscii(0, 20));
  }

  @Test
  void whatIsNoNumberIsRefused() {
    for (String text : List.of("", "-", "1x", "99999999999999999999", "1é")) {
      DirectBuffer bad = of(text.getBytes(StandardCharsets.ISO_8859_1));
      int length = bad.capacity();
      assertNoNumber(() -> bad.parseIntAscii(0, length));
      assertNoNumber(() -> bad.parseLongAscii(0, length));
      assertNoNumber(() -> bad.parseNaturalIntAscii(0, length));
      assertNoNumber(() -> bad.parseNaturalLongAscii(0, length));
    }
    assertNoNumber(() -> ofText("-5").parseNaturalIntAscii(0, 2));
    assertNoNumber(() -> ofText("-5").parseNaturalLongAscii(0, 2));
    assertNoNumber(() -> ofText("2147483648").parseIntAscii(0, 10));
  }

  private static void assertNoNumber(Executable parse) {
    assertThrows(AsciiNumberFormatException.class, parse);
  }

  @Test
  void nothingCanBeWrappedAndNothingWritten() {
    List<Executable> wraps =
        List.of(
            () -> buffer.wrap(content),
            () -> buffer.wrap(content, 0, 1),
            () -> buffer.wrap(ByteBuffer.allocate(1)),
            () -> buffer.wrap(ByteBuffer.allocate(1), 0, 1),
            () -> buffer.wrap(buffer),
            () -> buffer.wrap(buffer, 0, 1),
            () -> buffer.wrap(4096L, 1));
    for (Executable wrap : wraps) {
      assertThrows(UnsupportedOperationException.class, wrap);
    }
    ByteBuffer view = buffer.byteBuffer();
    assertTrue(view.isReadOnly());
    assertEquals(content.length, view.position(5).capacity());
    assertEquals(0, buffer.byteBuffer().position());
    assertEquals(0, buffer.wrapAdjustment());
    assertNull(buffer.byteArray());
  }

  @Test
  void equalsItsOwnKindByContent() {
    assertEquals(buffer, of(content));
    assertEquals(buffer.hashCode(), of(content).hashCode());
    byte[] changed = content.clone();
    changed[66]++;
    assertNotEquals(buffer, of(changed));
    assertNotEquals(buffer, of(Arrays.copyOf(content, 66)));
    assertNotEquals(buffer, Buffers.over(ByteBuffer.wrap(content), 0, 67));
    assertEquals("SegmentDirectBuffer[capacity=67]", buffer.toString());
  }

  @Test
  void isOrderedAgainstAnyBuffer() {
    for (boolean foreign : new boolean[] {false, true}) {
      assertEquals(0, buffer.compareTo(peer(content, foreign)));
      assertTrue(buffer.compareTo(peer(Arrays.copyOf(content, 66), foreign)) > 0);
      assertTrue(buffer.compareTo(peer(Arrays.copyOf(content, 68), foreign)) < 0);
      assertTrue(of((byte) 1).compareTo(peer(new byte[] {-1}, foreign)) > 0);
      assertTrue(of((byte) 1).compareTo(peer(new byte[] {2}, foreign)) < 0);
      byte[] low = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(-5).array();
      assertTrue(of(new byte[8]).compareTo(peer(low, foreign)) > 0);
    }
  }

  private static DirectBuffer peer(byte[] content, boolean foreign) {
    return foreign ? Buffers.over(ByteBuffer.wrap(content), 0, content.length) : of(content);
  }
}
