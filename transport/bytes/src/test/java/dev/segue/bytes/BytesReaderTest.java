package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Layout.class)
record BytesReaderTest(Layout layout) {
  private static final List<ByteOrder> ORDERS =
      List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN);

  @Test
  void readsNumbersAtEveryOffsetInBothOrders() {
    for (byte[] content : Content.all()) {
      for (ByteOrder order : ORDERS) {
        ByteBuffer oracle = ByteBuffer.wrap(content).order(order);
        BytesReader reader = layout.of(content).reader().order(order);
        for (int at = 0; at < content.length; at++) {
          reader.seek(at);
          assertEquals(content[at], reader.readByte());
          if (at + Short.BYTES <= content.length) {
            reader.seek(at);
            assertEquals(oracle.getShort(at), reader.readShort());
            assertEquals(at + Short.BYTES, reader.positionByteOffset());
          }
          if (at + Integer.BYTES <= content.length) {
            reader.seek(at);
            assertEquals(oracle.getInt(at), reader.readInt());
            assertEquals(at + Integer.BYTES, reader.positionByteOffset());
          }
          if (at + Long.BYTES <= content.length) {
            reader.seek(at);
            assertEquals(oracle.getLong(at), reader.readLong());
            assertEquals(at + Long.BYTES, reader.positionByteOffset());
          }
        }
      }
    }
  }

  @Test
  void isLittleEndianUnlessTold() {
    BytesReader reader = layout.of(new byte[] {1, 2, 3, 4, 5, 6}).reader();
    assertEquals(0x0201, reader.readShort());
    assertEquals(0x0304, reader.order(ByteOrder.BIG_ENDIAN).readShort());
    assertEquals(0x0605, reader.order(ByteOrder.LITTLE_ENDIAN).readShort());
  }

  @Test
  void readsAMixOfValuesFromFrontToBack() {
    byte[] content = Content.random(257);
    ByteBuffer oracle = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    BytesReader reader = layout.of(content).reader();
    while (oracle.remaining() >= 20) {
      assertEquals(oracle.get(), reader.readByte());
      assertEquals(oracle.getInt(), reader.readInt());
      assertEquals(oracle.getShort(), reader.readShort());
      assertEquals(oracle.getLong(), reader.readLong());
      oracle.position(oracle.position() + 5);
      reader.skip(5);
      assertEquals(oracle.position(), reader.positionByteOffset());
      assertEquals(oracle.remaining(), reader.remainingByteSize());
    }
  }

  @Test
  void aReadPastTheEndIsRejectedAndMovesNothing() {
    for (byte[] content : Content.all()) {
      BytesReader reader = layout.of(content).reader();
      long size = content.length;
      for (long left = 0; left < Math.min(size + 1, 8); left++) {
        reader.seek(size - left);
        assertThrows(IndexOutOfBoundsException.class, reader::readLong);
        if (left < 4) {
          assertThrows(IndexOutOfBoundsException.class, reader::readInt);
        }
        if (left < 2) {
          assertThrows(IndexOutOfBoundsException.class, reader::readShort);
        }
        if (left < 1) {
          assertThrows(IndexOutOfBoundsException.class, reader::readByte);
        }
        long tooMany = left + 1;
        byte[] target = new byte[(int) tooMany];
        assertThrows(
            IndexOutOfBoundsException.class, () -> reader.copyTo(MemorySegment.ofArray(target)));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.readSlice(tooMany));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.skip(tooMany));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.skip(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.seek(size + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.seek(-1));
        assertEquals(size - left, reader.positionByteOffset());
        assertEquals(left, reader.remainingByteSize());
      }
    }
  }

  @Test
  void slicesAndCopiesMoveForward() {
    byte[] content = Content.random(257);
    BytesReader reader = layout.of(content).reader();
    assertEquals(0, reader.readSlice(0).byteSize());
    assertArrayEquals(Arrays.copyOfRange(content, 0, 9), reader.readSlice(9).copyToByteArray());
    byte[] target = new byte[90];
    reader.copyTo(MemorySegment.ofArray(target));
    assertArrayEquals(Arrays.copyOfRange(content, 9, 99), target);
    assertEquals(content[99], reader.readByte());
    assertArrayEquals(
        Arrays.copyOfRange(content, 100, 257), reader.readSlice(157).copyToByteArray());
    assertEquals(0, reader.remainingByteSize());
    reader.copyTo(MemorySegment.ofArray(new byte[0]));
    assertEquals(257, reader.positionByteOffset());
  }

  @Test
  void aCopyIsInTheLedger() {
    BytesReader reader = layout.of(Content.random(64)).reader();
    reader.skip(10);
    CopyLedger.Snapshot copies =
        Copies.during(() -> reader.copyTo(MemorySegment.ofArray(new byte[41])));
    assertEquals(41, copies.byteCount("bytes.copyTo"));
    assertEquals(41, copies.totalByteCount());
  }
}
