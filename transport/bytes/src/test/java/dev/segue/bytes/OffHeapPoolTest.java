package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OffHeapPoolTest {
  private static final long PAGE = 4096;

  private final OffHeapPool pool = new OffHeapPool(4 * PAGE);

  @Test
  void aLoanTakesThePowerOfTwoAbove() {
    for (long[] pair :
        new long[][] {{1, 1}, {4095, 1}, {4096, 1}, {4097, 2}, {8192, 2}, {8193, 4}, {16384, 4}}) {
      try (Loan loan = pool.loan(pair[0])) {
        assertEquals(pair[0], loan.byteSize());
        assertEquals(0, loan.segment().address() % PAGE);
        assertEquals((4 - pair[1]) * PAGE, pool.availableByteSize());
      }
      assertEquals(4 * PAGE, pool.availableByteSize());
    }
  }

  @Test
  void theLargestLoanIsTheCapacityEvenIfThatIsNoPowerOfTwo() {
    try (OffHeapPool odd = new OffHeapPool(10_000)) {
      try (Loan loan = odd.loan(10_000)) {
        assertEquals(10_000, loan.segment().byteSize());
        assertEquals(0, odd.availableByteSize());
      }
      try (Loan loan = odd.loan(9_000)) {
        assertEquals(0, odd.availableByteSize());
        assertEquals(9_000, loan.byteSize());
      }
      try (Loan loan = odd.loan(5_000)) {
        assertEquals(10_000 - 8192, odd.availableByteSize());
        assertTrue(odd.tryLoan(1).isEmpty());
        assertEquals(5_000, loan.byteSize());
      }
    }
  }

  @Test
  void memoryThatCameBackIsReused() {
    long address;
    try (Loan loan = pool.loan(5000)) {
      address = loan.segment().address();
    }
    try (Loan loan = pool.loan(6000)) {
      assertEquals(address, loan.segment().address());
    }
  }

  @Test
  void loansOfAFullPoolAreEmptyOrAnErrorThatTellsTheNumbers() {
    try (Loan first = pool.loan(9000)) {
      assertTrue(pool.tryLoan(1).isEmpty());
      assertTrue(pool.tryLoan(1, Duration.ZERO).isEmpty());
      assertTrue(pool.tryLoan(1, Duration.ofMillis(-5)).isEmpty());
      assertTrue(pool.tryLoan(1, Duration.ofMillis(2)).isEmpty());
      PoolExhaustedException exhausted =
          assertThrows(PoolExhaustedException.class, () -> pool.loan(100));
      assertEquals(
          "loan of byteSize=100: the pool has availableByteSize=0 of capacityByteSize=16384; close"
              + " loans and samples sooner, wait with tryLoan(byteSize, timeout), or make the pool"
              + " larger",
          exhausted.getMessage());
      assertEquals(9000, first.byteSize());
    }
    pool.loan(1).close();
  }

  @Test
  void sizesOutsideThePoolAreRefused() {
    for (long byteSize : new long[] {0, -1, Long.MIN_VALUE, 4 * PAGE + 1, Long.MAX_VALUE}) {
      String message =
          "loan of byteSize=" + byteSize + ": positive, at most capacityByteSize=16384";
      for (var refusal :
          List.of(
              assertThrows(IllegalArgumentException.class, () -> pool.loan(byteSize)),
              assertThrows(IllegalArgumentException.class, () -> pool.tryLoan(byteSize)),
              assertThrows(
                  IllegalArgumentException.class, () -> pool.tryLoan(byteSize, Duration.ZERO)))) {
        assertEquals(message, refusal.getMessage());
      }
    }
    IllegalArgumentException tooSmall =
        assertThrows(IllegalArgumentException.class, () -> new OffHeapPool(4095));
    assertEquals("pool of capacityByteSize=4095: at least 4096", tooSmall.getMessage());
    assertEquals(4 * PAGE, pool.availableByteSize());
  }

  @Test
  void idleMemoryOfOtherSizesMakesRoom() {
    List<Loan> small = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      small.add(pool.loan(PAGE));
    }
    assertEquals(0, pool.availableByteSize());
    assertTrue(pool.tryLoan(2 * PAGE).isEmpty());
    small.get(0).close();
    small.get(1).close();
    try (Loan pair = pool.loan(2 * PAGE)) {
      assertEquals(0, pool.availableByteSize());
      pair.segment().fill((byte) 1);
    }
    small.get(2).close();
    small.get(3).close();
    try (Loan all = pool.loan(4 * PAGE)) {
      all.segment().fill((byte) 1);
    }
    for (int i = 0; i < 4; i++) {
      small.set(i, pool.loan(PAGE));
      small.get(i).segment().fill((byte) 1);
    }
    small.forEach(Loan::close);
    assertEquals(4 * PAGE, pool.availableByteSize());
  }

  @Test
  void trimmingFreesWhatWasIdleAllTheTimeAndNothingElse() {
    try (OffHeapPool wide = new OffHeapPool(64 * PAGE)) {
      List<Loan> burst = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        burst.add(wide.loan(4 * PAGE));
      }
      Loan kept = wide.loan(PAGE);
      burst.forEach(Loan::close);
      assertEquals(0, wide.trim(), "they were used since the last call, of which there is none");
      long address;
      try (Loan one = wide.loan(4 * PAGE);
          Loan two = wide.loan(4 * PAGE)) {
        address = two.segment().address();
        assertEquals((64 - 1 - 2 * 4) * PAGE, wide.availableByteSize());
        assertEquals(4 * PAGE, one.byteSize());
      }
      assertEquals(4 * 4 * PAGE, wide.trim());
      assertEquals(63 * PAGE, wide.availableByteSize());
      try (Loan one = wide.loan(4 * PAGE);
          Loan two = wide.loan(4 * PAGE)) {
        assertEquals(
            address, one.segment().address() == address ? address : two.segment().address());
      }
      assertEquals(0, wide.trim());
      assertEquals(2 * 4 * PAGE, wide.trim());
      kept.close();
      assertEquals(64 * PAGE, wide.availableByteSize());
    }
  }

  @Test
  void theAccountIsRightAfterRandomLoans() {
    Random random = new Random(Content.SEED);
    List<Loan> open = new ArrayList<>();
    long used = 0;
    for (int i = 0; i < 2_000; i++) {
      if (random.nextBoolean() && !open.isEmpty()) {
        Loan loan = open.remove(random.nextInt(open.size()));
        used -= blockSize(loan.byteSize());
        loan.close();
      } else {
        long byteSize = random.nextLong(1, 4 * PAGE + 1);
        Optional<Loan> loan = pool.tryLoan(byteSize);
        assertEquals(used + blockSize(byteSize) <= 4 * PAGE, loan.isPresent());
        if (loan.isPresent()) {
          used += blockSize(byteSize);
          loan.get().segment().fill((byte) i);
          open.add(loan.get());
        }
      }
      assertEquals(4 * PAGE - used, pool.availableByteSize());
    }
    open.forEach(Loan::close);
    assertEquals(4 * PAGE, pool.availableByteSize());
  }

  private static long blockSize(long byteSize) {
    long blockSize = PAGE;
    while (blockSize < byteSize) {
      blockSize *= 2;
    }
    return blockSize;
  }

  @Test
  void aClosedPoolGivesNothingAndFreesWhatIsIdle() {
    Loan loan = pool.loan(10);
    SegmentedBytes bytes = loan.handOver();
    assertEquals(0, bytes.byteAt(0));
    loan.close();
    pool.close();
    pool.close();
    assertThrows(IllegalStateException.class, () -> bytes.byteAt(0));
    for (var refusal :
        List.of(
            assertThrows(IllegalStateException.class, () -> pool.loan(1)),
            assertThrows(IllegalStateException.class, () -> pool.tryLoan(1)),
            assertThrows(
                IllegalStateException.class, () -> pool.tryLoan(1, Duration.ofSeconds(1))))) {
      assertEquals("loan from an OffHeapPool: it is closed", refusal.getMessage());
    }
  }

  @Test
  void whatIsLentWhenThePoolClosesIsFreedWithTheLastLease() {
    Loan loan = pool.loan(10);
    SegmentedBytes bytes = loan.handOver();
    Lend.begin(bytes);
    pool.close();
    assertEquals(0, bytes.byteAt(9));
    loan.close();
    assertEquals(0, bytes.byteAt(9));
    Lend.end(bytes);
    assertThrows(IllegalStateException.class, () -> bytes.byteAt(9));
    assertEquals(4 * PAGE, pool.availableByteSize());
  }

  @Test
  void aLoanThatIsBeingFilledWhenThePoolClosesIsStillGood() {
    Loan loan = pool.loan(10);
    pool.close();
    loan.segment().fill((byte) 3);
    assertEquals(3, loan.handOver().byteAt(9));
    loan.close();
    assertEquals(4 * PAGE, pool.availableByteSize());
  }

  @Test
  void whatWasGivenBackIsNeverReadAsTheNextLoansBytes() {
    Loan first = pool.loan(8);
    first.segment().fill((byte) 1);
    SegmentedBytes stale = first.handOver();
    BytesReader reader = stale.reader();
    MemorySegment view = stale.segment(0);
    ByteBuffer buffer = stale.slice(1, 3).asByteBuffers().getFirst();
    first.close();
    try (Loan second = pool.loan(8)) {
      second.segment().fill((byte) 2);
      SegmentedBytes good = second.handOver();
      assertEquals(view.address(), good.segment(0).address());
      assertThrows(IllegalStateException.class, () -> stale.byteAt(0));
      assertThrows(IllegalStateException.class, reader::readByte);
      assertThrows(IllegalStateException.class, stale::segments);
      assertThrows(IllegalStateException.class, () -> view.get(ValueLayout.JAVA_BYTE, 0));
      assertThrows(IllegalStateException.class, () -> buffer.get(0));
      assertThrows(IllegalStateException.class, () -> Lend.begin(stale));
      SegmentedBytes again = SegmentedBytes.fromSegments(List.of(view), false);
      assertThrows(IllegalStateException.class, () -> Lend.begin(again));
      assertEquals(2, good.byteAt(0));
    }
  }

  @Test
  void segmentsOfALoanThatAreRelayedKeepItsBlock() {
    for (boolean ofBuffers : new boolean[] {false, true}) {
      Loan loan = pool.loan(8);
      SegmentedBytes bytes = loan.handOver();
      SegmentedBytes relayed =
          ofBuffers
              ? SegmentedBytes.fromBuffers(bytes.asByteBuffers(), false)
              : SegmentedBytes.fromSegments(
                  List.of(Content.borrowable((byte) 1), bytes.segment(0).asSlice(2, 4)), false);
      Lend.begin(relayed);
      loan.close();
      assertEquals(3 * PAGE, pool.availableByteSize());
      assertTrue(relayed.isLent());
      Lend.end(relayed);
      assertEquals(4 * PAGE, pool.availableByteSize());
    }
  }

  @Test
  void memoryOfALoanThatIsBeingFilledIsRefusedByName() {
    try (Loan loan = pool.loan(8)) {
      for (MemorySegment filling : List.of(loan.segment(), loan.sharedSegment())) {
        IllegalArgumentException refusal =
            assertThrows(
                IllegalArgumentException.class,
                () ->
                    SegmentedBytes.fromSegments(
                        List.of(Content.borrowable((byte) 1), filling.asReadOnly()), false));
        assertEquals(
            "borrow of segment index=1: it is memory of Loan[byteSize=8], which is still being"
                + " filled; pass the segments of handOver()",
            refusal.getMessage());
      }
    }
  }

  @Test
  void aPoolTellsItsNumbers() {
    try (Loan loan = pool.loan(5000)) {
      assertEquals(
          "OffHeapPool[capacityByteSize=16384, availableByteSize=8192, lentByteSize=8192]",
          pool.toString());
      assertEquals(5000, loan.byteSize());
    }
    pool.close();
    assertEquals(
        "OffHeapPool[capacityByteSize=16384, availableByteSize=16384, lentByteSize=0, closed]",
        pool.toString());
  }

  @Test
  void twoLoansNeverShareMemory() {
    try (Loan first = pool.loan(PAGE);
        Loan second = pool.loan(PAGE)) {
      assertNotEquals(first.segment().address(), second.segment().address());
      first.segment().fill((byte) 1);
      second.segment().fill((byte) 2);
      assertEquals(1, first.handOver().byteAt(PAGE - 1));
    }
  }

  @Test
  void aTimeoutOfForeverIsATimeout() {
    try (Loan loan = pool.tryLoan(1, ChronoUnit.FOREVER.getDuration()).orElseThrow()) {
      assertFalse(loan.isHandedOver());
    }
  }
}
