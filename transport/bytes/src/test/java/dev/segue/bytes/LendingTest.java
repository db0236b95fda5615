package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
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

  private static void await(CompletionStage<?> stage) {
    stage.toCompletableFuture().join();
  }

  @Test
  void whatIsNotLentIsReleasedAtOnce() {
    assertFalse(bytes.isLent());
    assertTrue(isDone(bytes.released()));
    assertFalse(bytes.isLent());
  }

  @Test
  void isReleasedWhenTheLastOfSeveralLeasesEnds() {
    Lend.begin(bytes);
    Lend.begin(bytes);
    CompletionStage<Void> released = bytes.released();
    Lend.end(bytes);
    assertTrue(bytes.isLent());
    assertFalse(isDone(released));
    Lend.end(bytes);
    assertFalse(bytes.isLent());
    await(released);
  }

  @Test
  void aWaiterRunsOnceHoweverOftenTheBytesAreLent() {
    AtomicInteger runCount = new AtomicInteger();
    List<CompletionStage<Integer>> runs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Lend.begin(bytes);
      if (i == 0) {
        runs.add(bytes.released().thenApply(_ -> runCount.incrementAndGet()));
        runs.add(bytes.released().thenApply(_ -> runCount.incrementAndGet()));
      }
      Lend.end(bytes);
    }
    runs.forEach(LendingTest::await);
    assertEquals(2, runCount.get());
  }

  @Test
  void anEndWithoutABeginIsRefused() {
    IllegalStateException refusal =
        assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    assertEquals("end of a lease that never began: nothing is lent", refusal.getMessage());
    Lend.begin(bytes);
    Lend.end(bytes);
    assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    Lend.begin(bytes);
    assertTrue(bytes.isLent());
    Lend.end(bytes);
  }

  @Test
  void aSliceIsLentOnItsOwn() {
    SegmentedBytes slice = bytes.slice(1, 20);
    Lend.begin(slice);
    assertTrue(slice.isLent());
    assertFalse(bytes.isLent());
    assertThrows(IllegalStateException.class, () -> Lend.end(bytes));
    Lend.end(slice);
  }

  @Test
  void noBytesAreNeverLentAsEverybodySharesThem() {
    SegmentedBytes empty = SegmentedBytes.empty();
    Lend.begin(empty);
    assertFalse(empty.isLent());
    assertTrue(isDone(empty.released()));
    Lend.end(empty);
  }

  @Test
  void aLeaseEndsOnAnyThread() throws InterruptedException {
    Lend.begin(bytes);
    CompletionStage<Void> released = bytes.released();
    Threads.run(() -> Lend.end(bytes));
    await(released);
  }

  @Test
  void aWaiterMayLendAgain() {
    Lend.begin(bytes);
    AtomicBoolean lentAgain = new AtomicBoolean();
    CompletionStage<Void> ran =
        bytes
            .released()
            .thenRun(
                () -> {
                  Lend.begin(bytes);
                  lentAgain.set(bytes.isLent());
                  Lend.end(bytes);
                });
    Lend.end(bytes);
    await(ran);
    assertTrue(lentAgain.get());
    assertFalse(bytes.isLent());
  }

  @Test
  void memoryOfOursIsBackBeforeReleasedCompletes() {
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      SegmentedBytes lent;
      try (Loan loan = pool.loan(100)) {
        lent = loan.handOver();
        Lend.begin(lent);
      }
      AtomicBoolean hadRoom = new AtomicBoolean();
      CompletionStage<Void> ran =
          lent.released()
              .thenRun(
                  () -> {
                    try (Loan next = pool.loan(4096)) {
                      hadRoom.set(next.byteSize() == 4096);
                    }
                  });
      Lend.end(lent);
      await(ran);
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
    assertThrows(IllegalStateException.class, () -> Lend.begin(both));
    assertFalse(both.isLent());
    open.close();
    assertTrue(open.isFreed());
  }

  @Test
  void nobodyWhoHoldsALeaseSeesItReleased() throws InterruptedException {
    Threads.Round lender =
        _ -> {
          for (int i = 0; i < 2_000; i++) {
            Lend.begin(bytes);
            CompletionStage<Void> released = bytes.released();
            assertFalse(isDone(released), "released while this thread lends");
            Lend.end(bytes);
          }
        };
    Threads.race(100, lender, lender, lender);
    assertFalse(bytes.isLent());
    assertTrue(isDone(bytes.released()));
  }
}
