package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code fromSegments} and {@code fromBuffers} take, and what they refuse. */
class BorrowAndCopyTest {
  private static final String HEAP_ADVICE =
      ": it lies on the Java heap, which native code can't borrow; allocate it from an Arena or a"
          + " LoanPool, or pass copy = true";
  private static final String WRITABLE_ADVICE =
      ": it is writable, and lent bytes must not change; pass asReadOnly() (MemorySegment) or"
          + " asReadOnlyBuffer() (ByteBuffer) and leave it unchanged until released(), or pass copy"
          + " = true";

  private final MemorySegment good = Content.borrowable((byte) 1, (byte) 2, (byte) 3);

  @Test
  void aBorrowStaysWhereItIsAndCountsNothing() {
    MemorySegment second = Content.borrowable((byte) 4);
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              SegmentedBytes bytes = SegmentedBytes.fromSegments(List.of(good, second), false);
              assertEquals(good.address(), bytes.segment(0).address());
              assertEquals(second.address(), bytes.segment(1).address());
              assertNull(Lend.owner(bytes, 0));
            });
    assertEquals(0, copies.totalByteCount());
  }

  @Test
  void borrowAndCopyOfAreTheTwoWaysByName() {
    MemorySegment second = Content.borrowable((byte) 4);
    SegmentedBytes borrowed = SegmentedBytes.borrow(good, second);
    assertEquals(good.address(), borrowed.segment(0).address());
    assertEquals(second.address(), borrowed.segment(1).address());
    MemorySegment writable = Content.writable((byte) 9);
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              SegmentedBytes copied = SegmentedBytes.copyOf(good, second, writable);
              writable.fill((byte) 8);
              assertArrayEquals(new byte[] {1, 2, 3, 4, 9}, copied.copyToByteArray());
            });
    assertEquals(5, copies.byteCount("bytes.fromSegments"));
    assertSame(SegmentedBytes.empty(), SegmentedBytes.borrow());
    assertThrows(IllegalArgumentException.class, () -> SegmentedBytes.borrow(good, writable));
  }

  @Test
  void aBorrowOfADirectBufferIsFromItsPositionToItsLimit() {
    ByteBuffer direct = ByteBuffer.allocateDirect(10);
    direct.put(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).position(2).limit(7);
    SegmentedBytes bytes = SegmentedBytes.fromBuffers(List.of(direct.asReadOnlyBuffer()), false);
    assertArrayEquals(new byte[] {2, 3, 4, 5, 6}, bytes.copyToByteArray());
    assertEquals(MemorySegment.ofBuffer(direct).address(), bytes.segment(0).address());
    assertEquals(2, direct.position());
    assertEquals(7, direct.limit());
  }

  @Test
  void aWritableSegmentIsRefusedByItsIndex() {
    MemorySegment writable = Content.writable((byte) 4, (byte) 5);
    assertRefused(
        "borrow of segment index=1 byteSize=2" + WRITABLE_ADVICE, List.of(good, writable));
  }

  @Test
  void aWritableDirectBufferIsRefusedByItsIndex() {
    ByteBuffer writable = ByteBuffer.allocateDirect(6).position(1);
    List<ByteBuffer> buffers = List.of(writable.asReadOnlyBuffer(), writable);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> SegmentedBytes.fromBuffers(buffers, false));
    assertEquals("borrow of segment index=1 byteSize=5" + WRITABLE_ADVICE, refusal.getMessage());
  }

  @Test
  void aSegmentOnTheHeapIsRefusedEvenIfItIsReadOnly() {
    MemorySegment heap = MemorySegment.ofArray(new byte[7]);
    assertRefused("borrow of segment index=0 byteSize=7" + HEAP_ADVICE, List.of(heap));
    assertRefused(
        "borrow of segment index=2 byteSize=7" + HEAP_ADVICE,
        List.of(good, good, heap.asReadOnly()));
  }

  @Test
  void emptySegmentsAreDroppedWhereverTheyLie() {
    MemorySegment heap = MemorySegment.ofArray(new byte[7]).asSlice(7);
    MemorySegment writable = Content.writable((byte) 1).asSlice(1);
    SegmentedBytes bytes =
        SegmentedBytes.fromSegments(List.of(heap, good, writable, heap.asReadOnly()), false);
    assertEquals(1, bytes.segmentCount());
    assertEquals(good.address(), bytes.segment(0).address());
    assertSame(SegmentedBytes.empty(), SegmentedBytes.fromSegments(List.of(heap), false));
    assertSame(
        SegmentedBytes.empty(),
        SegmentedBytes.fromBuffers(
            List.of(ByteBuffer.allocate(0), ByteBuffer.allocateDirect(0)), false));
  }

  @Test
  void aBufferOnTheHeapIsRefusedEvenIfItIsReadOnly() {
    for (ByteBuffer heap :
        List.of(ByteBuffer.allocate(4), ByteBuffer.allocate(4).asReadOnlyBuffer())) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> SegmentedBytes.fromBuffers(List.of(heap), false));
      assertEquals("borrow of segment index=0 byteSize=4" + HEAP_ADVICE, refusal.getMessage());
    }
  }

  @Test
  void ofOwnedRefusesTheSame() {
    MemorySegment heap = MemorySegment.ofArray(new byte[7]);
    MemorySegment writable = Content.writable((byte) 1);
    assertThrows(IllegalArgumentException.class, () -> Lend.ofOwned(heap, null));
    assertThrows(IllegalArgumentException.class, () -> Lend.ofOwned(writable, null));
  }

  @Test
  void aRefusalLeavesTheListAsItWas() {
    MemorySegment[] given = {good.asSlice(0, 0), good, MemorySegment.ofArray(new byte[1])};
    MemorySegment[] before = given.clone();
    assertThrows(IllegalArgumentException.class, () -> SegmentedBytes.fromSegments(given, false));
    assertArrayEquals(before, given);
  }

  @Test
  void laterChangesOfTheArrayDoNotShow() {
    MemorySegment[] given = {good, good.asSlice(0, 1)};
    SegmentedBytes bytes = SegmentedBytes.fromSegments(given, false);
    given[0] = good.asSlice(2);
    assertArrayEquals(new byte[] {1, 2, 3, 1}, bytes.copyToByteArray());
  }

  @Test
  void copyTakesAnySegmentAndCountsItOnce() {
    MemorySegment heap = MemorySegment.ofArray(new byte[] {7, 8});
    MemorySegment ints = MemorySegment.ofArray(new int[] {0x01010101});
    List<MemorySegment> all =
        List.of(good, heap, heap.asReadOnly(), Content.writable((byte) 9), ints, heap.asSlice(2));
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              SegmentedBytes bytes = SegmentedBytes.fromSegments(all, true);
              assertEquals(12, bytes.byteSize());
              assertEquals(1, bytes.segmentCount());
            });
    assertEquals(12, copies.byteCount("bytes.fromSegments"));
    assertEquals(12, copies.totalByteCount());
    assertArrayEquals(
        new byte[] {1, 2, 3, 7, 8, 7, 8, 9, 1, 1, 1, 1},
        SegmentedBytes.fromSegments(all, true).copyToByteArray());
  }

  @Test
  void aCopyDoesNotChangeWithItsSource() {
    byte[] array = {1, 2, 3};
    SegmentedBytes fromArray = SegmentedBytes.copyOf(array);
    SegmentedBytes fromBuffer = SegmentedBytes.fromBuffers(List.of(ByteBuffer.wrap(array)), true);
    Arrays.fill(array, (byte) 0);
    assertArrayEquals(new byte[] {1, 2, 3}, fromArray.copyToByteArray());
    assertArrayEquals(new byte[] {1, 2, 3}, fromBuffer.copyToByteArray());
  }

  @Test
  void aTextIsCopiedAsUtf8() {
    SegmentedBytes bytes = SegmentedBytes.copyOfUtf8("größer €");
    assertEquals(12, bytes.byteSize());
    assertEquals("größer €", bytes.copyToUtf8String());
  }

  @Test
  void emptyInputsAreDroppedAndNothingIsTheOneEmptyValue() {
    MemorySegment none = Arena.global().allocate(0).asReadOnly();
    assertEquals(1, SegmentedBytes.fromSegments(List.of(none, good, none), false).segmentCount());
    for (boolean copy : new boolean[] {false, true}) {
      assertSame(SegmentedBytes.empty(), SegmentedBytes.fromSegments(List.of(), copy));
      assertSame(SegmentedBytes.empty(), SegmentedBytes.fromSegments(List.of(none, none), copy));
      assertSame(SegmentedBytes.empty(), SegmentedBytes.fromBuffers(List.of(), copy));
    }
    assertSame(SegmentedBytes.empty(), SegmentedBytes.concat(List.of()));
    assertSame(
        SegmentedBytes.empty(), SegmentedBytes.concat(List.of(SegmentedBytes.copyOf(new byte[0]))));
    assertSame(SegmentedBytes.empty(), Lend.ofOwned(none, null));
    assertEquals(List.of(), SegmentedBytes.empty().segments());
    assertEquals(List.of(), SegmentedBytes.empty().asByteBuffers());
  }

  private static void assertRefused(String message, List<MemorySegment> segments) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> SegmentedBytes.fromSegments(segments, false));
    assertEquals(message, refusal.getMessage());
  }
}
