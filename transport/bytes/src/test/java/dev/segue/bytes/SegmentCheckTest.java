package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.SegmentCheck;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentCheckTest {
  private static final String ADVICE =
      "; allocate it from a LendingArena or Arena.ofShared(), or pass Loan.sharedSegment()";

  private static void assertRefused(String fault, MemorySegment region) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> SegmentCheck.checkFillable("get of x", region));
    assertEquals("get of x: region byteSize=4 " + fault + ADVICE, refusal.getMessage());
  }

  @Test
  void onlyNativeWritableSharedMemoryIsFilled() {
    assertRefused(
        "is on the Java heap, which native code can't fill", MemorySegment.ofArray(new byte[4]));
    try (Arena confined = Arena.ofConfined();
        Arena shared = Arena.ofShared();
        OffHeapPool pool = new OffHeapPool(4096);
        Loan loan = pool.loan(4)) {
      assertRefused("is confined to one thread, and others fill it", confined.allocate(4));
      assertRefused("is confined to one thread, and others fill it", loan.segment());
      assertRefused("is read-only", shared.allocate(4).asReadOnly());
      SegmentCheck.checkWritable("get of x", confined.allocate(4));
      SegmentCheck.checkFillable("get of x", shared.allocate(4));
      SegmentCheck.checkFillable("get of x", loan.sharedSegment());
    }
  }

  @Test
  void bytesOfAConfinedArenaAreNotReadElsewhere() {
    try (Arena confined = Arena.ofConfined();
        OffHeapPool pool = new OffHeapPool(4096);
        Loan loan = pool.loan(4)) {
      MemorySegment own = confined.allocate(2).asReadOnly();
      assertFalse(SegmentCheck.isShared(own));
      assertTrue(SegmentCheck.isShared(Content.borrowable((byte) 1)));
      SegmentedBytes mixed =
          SegmentedBytes.fromSegments(List.of(Content.borrowable((byte) 1), own), false);
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> SegmentCheck.checkShared("put of x", mixed));
      assertEquals(
          "put of x: segment index=1 byteSize=2 is confined to one thread, and others read it; take"
              + " it from a LoanPool, a LendingArena or Arena.ofShared()",
          refusal.getMessage());
      SegmentCheck.checkShared("put of x", loan.handOver());
    }
  }
}
