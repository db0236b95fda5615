package dev.segue.agrona;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

class AgronaBuffersTest {
  private static final String HEAP =
      ": it lies on the Java heap, which native code can't borrow; wrap a direct ByteBuffer, or"
          + " copy it";
  private static final String WRITABLE =
      ": it is writable, and lent bytes must not change; pass asReadOnlySegment(buffer, byteOffset,"
          + " byteSize) to SegmentedBytes.fromSegments and leave it unchanged until released(), or"
          + " pass copy = true";
  private static final String ADDRESS =
      ": it has no ByteBuffer, only an address, and nothing says how long that memory lives; make"
          + " a segment of it with MemorySegment.reinterpret in an arena that does, or copy it";

  private final ByteBuffer direct = Buffers.directOf((byte) 0, (byte) 1, (byte) 2, (byte) 3);
  private final long address = MemorySegment.ofBuffer(direct).address();
  private final DirectBuffer readOnly = Buffers.over(direct.asReadOnlyBuffer(), 1, 2);

  @Test
  void aReadOnlyDirectBufferIsBorrowedWhereItLies() {
    direct.position(3);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    SegmentedBytes bytes = AgronaBuffers.fromBuffers(List.of(readOnly, readOnly), false);
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertEquals(2, bytes.segmentCount());
    assertEquals(address + 1, bytes.segment(0).address());
    assertArrayEquals(new byte[] {1, 2, 1, 2}, bytes.copyToByteArray());
  }

  @Test
  void whatCanNotBeBorrowedIsRefusedByItsIndex() {
    assertRefused(WRITABLE, Buffers.over(direct, 0, 4));
    assertRefused(HEAP, Buffers.over(ByteBuffer.allocate(4), 0, 4));
    assertRefused(HEAP, Buffers.over(ByteBuffer.allocate(4).asReadOnlyBuffer(), 0, 4));
    assertRefused(ADDRESS, Buffers.addressOnly(direct));
  }

  private void assertRefused(String advice, DirectBuffer buffer) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> AgronaBuffers.fromBuffers(List.of(readOnly, buffer), false));
    assertEquals("borrow of buffer index=1 byteSize=4" + advice, refusal.getMessage());
  }

  @Test
  void anyBufferIsCopiedOnceAndCounted() {
    List<DirectBuffer> all =
        List.of(
            readOnly,
            Buffers.over(direct, 2, 2),
            Buffers.over(ByteBuffer.wrap(new byte[] {9, 8}), 1, 1),
            Buffers.addressOnly(direct),
            AgronaBuffers.asDirectBuffer(Buffers.nativeOf((byte) 7)));
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    SegmentedBytes bytes = AgronaBuffers.fromBuffers(all, true);
    CopyLedger.Snapshot copies = CopyLedger.snapshot().since(before);
    assertEquals(10, copies.byteCount("agrona.copyOf"));
    assertEquals(10, copies.totalByteCount());
    direct.put(1, (byte) 99);
    assertArrayEquals(new byte[] {1, 2, 2, 3, 8, 0, 1, 2, 3, 7}, bytes.copyToByteArray());
  }

  @Test
  void aPartIsCopied() {
    DirectBuffer whole = Buffers.over(direct, 0, 4);
    assertArrayEquals(new byte[] {2, 3}, AgronaBuffers.copyOf(whole, 2, 2).copyToByteArray());
    assertSame(SegmentedBytes.empty(), AgronaBuffers.copyOf(whole, 4, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> AgronaBuffers.copyOf(whole, 3, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> AgronaBuffers.copyOf(whole, -1, 2));
  }

  @Test
  void emptyBuffersAreDropped() {
    assertSame(SegmentedBytes.empty(), AgronaBuffers.fromBuffers(List.of(), false));
    List<DirectBuffer> emptyOnes =
        List.of(
            Buffers.over(direct.asReadOnlyBuffer(), 4, 0),
            Buffers.over(direct, 4, 0),
            Buffers.over(ByteBuffer.allocate(0), 0, 0),
            Buffers.addressOnly(ByteBuffer.allocateDirect(0)));
    for (DirectBuffer none : emptyOnes) {
      assertSame(SegmentedBytes.empty(), AgronaBuffers.fromBuffers(List.of(none), false));
      assertEquals(1, AgronaBuffers.fromBuffers(List.of(none, readOnly), false).segmentCount());
    }
  }

  @Test
  void aCallerDeclaresThatItDoesNotWrite() {
    DirectBuffer writable = Buffers.over(direct, 1, 3);
    MemorySegment part = AgronaBuffers.asReadOnlySegment(writable, 1, 2);
    assertTrue(part.isReadOnly());
    assertEquals(address + 2, part.address());
    SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(part), false);
    assertArrayEquals(new byte[] {2, 3}, bytes.copyToByteArray());
  }

  @Test
  void aDeclarationIsWithinTheBufferAndOffHeapAndNotOfAPlainAddress() {
    DirectBuffer writable = Buffers.over(direct, 1, 2);
    for (int[] range : new int[][] {{-1, 1}, {0, 3}, {2, 1}, {0, -1}, {Integer.MAX_VALUE, 1}}) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> AgronaBuffers.asReadOnlySegment(writable, range[0], range[1]));
    }
    String what = "view of byteOffset=1 byteSize=2 of a buffer";
    DirectBuffer heap = Buffers.over(ByteBuffer.allocate(4), 0, 4);
    assertEquals(
        what + HEAP,
        assertThrows(
                IllegalArgumentException.class, () -> AgronaBuffers.asReadOnlySegment(heap, 1, 2))
            .getMessage());
    DirectBuffer plain = Buffers.addressOnly(direct);
    assertEquals(
        what + ADDRESS,
        assertThrows(
                IllegalArgumentException.class, () -> AgronaBuffers.asReadOnlySegment(plain, 1, 2))
            .getMessage());
  }

  @Test
  void bytesGoOutAsBuffersInPlaceAndComeBack() {
    MemorySegment first = Buffers.nativeOf((byte) 1, (byte) 2).asReadOnly();
    MemorySegment second = Buffers.nativeOf((byte) 3).asReadOnly();
    SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(first, second), false);
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    List<DirectBuffer> buffers = AgronaBuffers.asDirectBuffers(bytes);
    SegmentedBytes back = AgronaBuffers.fromBuffers(buffers, false);
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertEquals(2, buffers.size());
    assertEquals(first.address(), buffers.get(0).addressOffset());
    assertEquals(first.address(), back.segment(0).address());
    assertEquals(second.address(), back.segment(1).address());
    assertEquals(bytes, back);
    assertEquals(List.of(), AgronaBuffers.asDirectBuffers(SegmentedBytes.empty()));
  }

  @Test
  void aLoanStaysProtectedOnTheWayThroughAgrona() {
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      SegmentedBytes back;
      try (Loan loan = pool.loan(8)) {
        back = AgronaBuffers.fromBuffers(AgronaBuffers.asDirectBuffers(loan.handOver()), false);
        assertSame(Lend.owner(loan.handOver(), 0), Lend.owner(back, 0));
        Lend.begin(back);
      }
      assertEquals(0, pool.availableByteSize());
      Lend.end(back);
      assertEquals(4096, pool.availableByteSize());
    }
  }

  @Test
  void anArenaStaysProtectedOnTheWayThroughAgrona() {
    LendingArena arena = new LendingArena();
    MemorySegment segment = arena.allocate(8);
    SegmentedBytes ours =
        AgronaBuffers.fromBuffers(List.of(AgronaBuffers.asDirectBuffer(segment)), false);
    SegmentedBytes theirs =
        AgronaBuffers.fromBuffers(
            List.of(Buffers.over(segment.asReadOnly().asByteBuffer(), 2, 4)), false);
    Lend.begin(ours);
    Lend.begin(theirs);
    arena.close();
    Lend.end(ours);
    assertFalse(arena.isFreed());
    Lend.end(theirs);
    assertTrue(arena.isFreed());
  }

  @Test
  void aSegmentOnTheHeapOrTooLargeMakesNoBuffer() {
    MemorySegment heap = MemorySegment.ofArray(new byte[3]);
    assertEquals(
        "buffer over a segment of byteSize=3: it lies on the Java heap; wrap the array itself",
        assertThrows(IllegalArgumentException.class, () -> AgronaBuffers.asDirectBuffer(heap))
            .getMessage());
    MemorySegment huge = huge(1L << 31);
    assertEquals(
        "buffer over a segment of byteSize=2147483648: a DirectBuffer holds at most 2147483647;"
            + " pass slices, or use asDirectBuffers",
        assertThrows(IllegalArgumentException.class, () -> AgronaBuffers.asDirectBuffer(huge))
            .getMessage());
  }

  @Test
  void aLargeSegmentBecomesSeveralBuffers() {
    SegmentedBytes bytes =
        SegmentedBytes.fromSegments(List.of(huge((1L << 31) + 5).asReadOnly()), false);
    assertEquals(
        List.of(1 << 30, 1 << 30, 5),
        AgronaBuffers.asDirectBuffers(bytes).stream().map(DirectBuffer::capacity).toList());
  }

  @SuppressWarnings("restricted") // a size that no memory has; it is never read
  private static MemorySegment huge(long byteSize) {
    return MemorySegment.ofAddress(4096).reinterpret(byteSize);
  }

  @Test
  void aBufferEndsWithItsMemory() {
    DirectBuffer buffer;
    try (Arena arena = Arena.ofConfined()) {
      buffer = AgronaBuffers.asDirectBuffer(arena.allocate(8));
      assertEquals(0, buffer.getLong(0));
    }
    assertThrows(IllegalStateException.class, () -> buffer.getByte(0));
    assertThrows(IllegalStateException.class, () -> buffer.getBytes(0, new byte[8]));
    assertThrows(IllegalStateException.class, () -> buffer.byteBuffer().get(0));
    assertEquals(
        "address of SegmentDirectBuffer[capacity=8]: its memory has been freed",
        assertThrows(IllegalStateException.class, buffer::addressOffset).getMessage());
  }
}
