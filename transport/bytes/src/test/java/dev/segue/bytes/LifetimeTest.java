package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes over memory of a foreign arena end with it. */
class LifetimeTest {

  private static SegmentedBytes in(Arena arena) {
    MemorySegment a = arena.allocate(6).fill((byte) 1);
    MemorySegment b = arena.allocate(5).fill((byte) 2);
    return SegmentedBytes.fromSegments(List.of(a.asReadOnly(), b.asReadOnly()), false);
  }

  @Test
  void everyAccessAfterTheArenaIsClosedIsAnIllegalState() {
    SegmentedBytes bytes;
    BytesReader reader;
    try (Arena arena = Arena.ofConfined()) {
      bytes = in(arena);
      reader = bytes.reader();
      reader.skip(1);
    }
    SegmentedBytes slice = bytes.slice(2, 7);
    assertThrows(IllegalStateException.class, () -> bytes.byteAt(0));
    assertThrows(IllegalStateException.class, () -> slice.byteAt(6));
    assertThrows(IllegalStateException.class, bytes::copyToByteArray);
    assertThrows(IllegalStateException.class, bytes::hashCode);
    assertThrows(IllegalStateException.class, () -> bytes.equals(Layout.COPIED.of(new byte[11])));
    assertThrows(IllegalStateException.class, reader::readByte);
    assertThrows(IllegalStateException.class, reader::readInt);
    assertThrows(IllegalStateException.class, reader::readLong);
    assertThrows(IllegalStateException.class, () -> bytes.asInputStream().read());
    assertThrows(
        IllegalStateException.class, () -> SegmentedBytes.fromSegments(bytes.segments(), true));
    assertEquals(11, bytes.byteSize());
    assertEquals("SegmentedBytes[byteSize=11, segmentCount=2]", bytes.toString());
  }

  @Test
  void aFailedCopyIsNotInTheLedger() {
    SegmentedBytes bytes;
    try (Arena arena = Arena.ofConfined()) {
      bytes = in(arena);
    }
    CopyLedger.Snapshot copies =
        Copies.during(
            () -> {
              assertThrows(IllegalStateException.class, bytes::copyToByteArray);
              assertThrows(
                  IllegalStateException.class,
                  () -> SegmentedBytes.fromSegments(bytes.segments(), true));
            });
    assertEquals(0, copies.totalByteCount());
  }

  @Test
  void memoryThatHasEndedIsNotLent() {
    SegmentedBytes one;
    SegmentedBytes two;
    try (Arena arena = Arena.ofConfined()) {
      two = in(arena);
      one = two.slice(0, 3);
    }
    for (SegmentedBytes bytes : List.of(one, two)) {
      IllegalStateException refusal =
          assertThrows(IllegalStateException.class, () -> Lend.begin(bytes));
      assertEquals("lend of " + bytes + ": its memory has been freed", refusal.getMessage());
      assertFalse(bytes.isLent());
    }
  }

  @Test
  void confinedMemoryIsReadByItsOwnThreadAlone() throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      SegmentedBytes bytes = in(arena);
      Threads.run(
          () -> {
            assertThrows(WrongThreadException.class, () -> bytes.byteAt(0));
            assertThrows(WrongThreadException.class, bytes::copyToByteArray);
            assertThrows(WrongThreadException.class, bytes::hashCode);
            assertThrows(WrongThreadException.class, () -> bytes.reader().readInt());
            assertEquals(4, bytes.slice(1, 4).byteSize());
          });
      assertEquals(1, bytes.byteAt(0));
    }
  }

  @Test
  void theGarbageCollectorLeavesWhatIsStillReachable() {
    SegmentedBytes bytes = SegmentedBytes.copyOf(Content.random(64)).slice(1, 60);
    System.gc();
    assertEquals(Content.random(64)[1], bytes.byteAt(0));
    assertTrue(bytes.segment(0).scope().isAlive());
  }
}
