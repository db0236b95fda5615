package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** {@code beginLend}, {@code endLend}, {@code released()}. */
class LendingTest {
  private final SegmentedBytes bytes = Layout.MANY_SEGMENTS.of(Content.random(64));

  private static boolean isDone(CompletionStage<Void> stage) {
    AtomicBoolean done = new AtomicBoolean();
    stage.thenRun(() -> done.set(true));
    return done.get();
  }

  @Test
  void whatIsNotLentIsReleasedAtOnce() {
    assertFalse(bytes.isLent());
    assertTrue(isDone(bytes.released()));
    assertFalse(bytes.isLent());
  }

  @Test
  void isReleasedWhenTheLastOfSeveralLeasesEnds() {
    bytes.beginLend();
    bytes.beginLend();
    CompletionStage<Void> released = bytes.released();
    bytes.endLend();
    assertTrue(bytes.isLent());
    assertFalse(isDone(released));
    bytes.endLend();
    assertFalse(bytes.isLent());
    assertTrue(isDone(released));
  }

  @Test
  void aWaiterRunsOnceHoweverOftenTheBytesAreLent() {
    AtomicInteger runCount = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      bytes.beginLend();
      if (i == 0) {
        bytes.released().thenRun(runCount::incrementAndGet);
        bytes.released().thenRun(runCount::incrementAndGet);
      }
      bytes.endLend();
    }
    assertEquals(2, runCount.get());
  }

  @Test
  void anEndWithoutABeginIsRefused() {
    IllegalStateException refusal = assertThrows(IllegalStateException.class, bytes::endLend);
    assertEquals("endLend without beginLend: nothing is lent", refusal.getMessage());
    bytes.beginLend();
    bytes.endLend();
    assertThrows(IllegalStateException.class, bytes::endLend);
    bytes.beginLend();
    assertTrue(bytes.isLent());
    bytes.endLend();
  }

  @Test
  void aSliceIsLentOnItsOwn() {
    SegmentedBytes slice = bytes.slice(1, 20);
    slice.beginLend();
    assertTrue(slice.isLent());
    assertFalse(bytes.isLent());
    assertThrows(IllegalStateException.class, bytes::endLend);
    slice.endLend();
  }

  @Test
  void noBytesAreNeverLentAsEverybodySharesThem() {
    SegmentedBytes empty = SegmentedBytes.empty();
    empty.beginLend();
    assertFalse(empty.isLent());
    assertTrue(isDone(empty.released()));
    empty.endLend();
  }

  @Test
  void aLeaseEndsOnAnyThread() throws InterruptedException {
    bytes.beginLend();
    CompletionStage<Void> released = bytes.released();
    Threads.run(bytes::endLend);
    assertTrue(isDone(released));
  }

  @Test
  void aWaiterMayLendAgain() {
    bytes.beginLend();
    AtomicBoolean lentAgain = new AtomicBoolean();
    bytes
        .released()
        .thenRun(
            () -> {
              bytes.beginLend();
              lentAgain.set(bytes.isLent());
              bytes.endLend();
            });
    bytes.endLend();
    assertTrue(lentAgain.get());
    assertFalse(bytes.isLent());
  }

  @Test
  void memoryOfOursIsBackBeforeReleasedCompletes() {
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      SegmentedBytes lent;
      try (Loan loan = pool.loan(100)) {
        lent = loan.handOver();
        lent.beginLend();
      }
      AtomicBoolean hadRoom = new AtomicBoolean();
      lent.released()
          .thenRun(
              () -> {
                try (Loan next = pool.loan(4096)) {
                  hadRoom.set(next.byteSize() == 4096);
                }
              });
      lent.endLend();
      assertTrue(hadRoom.get());
    }
  }

  @Test
  void aFailedBeginHoldsNothing() {
    LendingArena open = new LendingArena();
    LendingArena closed = new LendingArena();
    MemorySegment first = open.allocate(8).asReadOnly();
    MemorySegment second = closed.allocate(8).asReadOnly();
    SegmentedBytes both = SegmentedBytes.fromSegments(List.of(first, second, first), false);
    closed.close();
    assertThrows(IllegalStateException.class, both::beginLend);
    assertFalse(both.isLent());
    open.close();
    assertTrue(open.isFreed());
  }

  @Test
  void nobodyWhoHoldsALeaseSeesItReleased() throws InterruptedException {
    Threads.Round lender =
        _ -> {
          for (int i = 0; i < 2_000; i++) {
            bytes.beginLend();
            CompletionStage<Void> released = bytes.released();
            assertFalse(isDone(released), "released while this thread lends");
            bytes.endLend();
          }
        };
    Threads.race(100, lender, lender, lender);
    assertFalse(bytes.isLent());
    assertTrue(isDone(bytes.released()));
  }
}
