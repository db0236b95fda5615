package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.HoldCount;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HoldCountTest {

  private static final class Counted extends HoldCount {
    final AtomicInteger endedCount = new AtomicInteger();

    Counted() {}

    Counted(int holdCount) {
      super(holdCount);
    }

    @Override
    protected void ended() {
      endedCount.incrementAndGet();
    }

    @Override
    public String toString() {
      return "Counted";
    }
  }

  private final Counted count = new Counted();

  @Test
  void theMakersCloseEndsWhatNobodyElseHolds() {
    assertEquals(1, count.holderCount());
    assertFalse(count.isClosed());
    assertTrue(count.letGo());
    assertTrue(count.isClosed());
    assertTrue(count.isRefusing());
    assertEquals(1, count.endedCount.get());
    assertEquals(0, count.holderCount());
    assertFalse(count.letGo());
    assertTrue(count.shut());
    assertFalse(count.shut());
    assertEquals(1, count.endedCount.get());
  }

  @Test
  void theLastReleaseEndsWhatTheMakerClosed() {
    count.acquire();
    assertEquals(2, count.holderCount());
    assertTrue(count.letGo());
    assertEquals(1, count.holderCount());
    assertTrue(count.tryAcquire());
    assertFalse(count.isRefusing());
    count.release();
    assertEquals(0, count.endedCount.get());
    count.release();
    assertEquals(1, count.endedCount.get());
    assertFalse(count.tryAcquire());
    IllegalStateException refusal = assertThrows(IllegalStateException.class, count::acquire);
    assertEquals("use of Counted: it has ended", refusal.getMessage());
    assertEquals(0, count.holderCount());
  }

  @Test
  void aReleaseTooManyIsRefusedAndNeverTakesTheMakersHold() {
    for (int i = 0; i < 3; i++) {
      IllegalStateException refusal = assertThrows(IllegalStateException.class, count::release);
      assertEquals("release of Counted: nobody holds it", refusal.getMessage());
      assertEquals(1, count.holderCount());
    }
    count.acquire();
    count.release();
    assertThrows(IllegalStateException.class, count::release);
    count.close();
    assertThrows(IllegalStateException.class, count::release);
    assertEquals(1, count.endedCount.get());
  }

  @Test
  void whatIsShutEndsWithTheHoldsThatItHas() {
    count.acquire();
    assertTrue(count.shut());
    assertTrue(count.isRefusing());
    assertTrue(count.isClosed());
    assertFalse(count.tryAcquire());
    IllegalStateException refusal = assertThrows(IllegalStateException.class, count::acquire);
    assertEquals("use of Counted: it is closed", refusal.getMessage());
    assertFalse(count.letGo());
    assertFalse(count.shut());
    assertEquals(0, count.endedCount.get());
    count.release();
    assertEquals(1, count.endedCount.get());
    refusal = assertThrows(IllegalStateException.class, count::acquire);
    assertEquals("use of Counted: it has ended", refusal.getMessage());
  }

  @Test
  void whatIsClosedCanBeShutWhileOthersHoldIt() {
    count.acquire();
    assertTrue(count.letGo());
    assertTrue(count.shut());
    assertFalse(count.tryAcquire());
    assertEquals(0, count.endedCount.get());
    count.release();
    assertEquals(1, count.endedCount.get());
  }

  @Test
  void shuttingWhatNobodyElseHoldsEndsIt() {
    assertTrue(count.shut());
    assertEquals(1, count.endedCount.get());
    assertFalse(count.letGo());
    assertEquals(1, count.endedCount.get());
  }

  @Test
  void withoutAMakerItEndsWithAsManyReleases() {
    Counted shared = new Counted(2);
    assertEquals(2, shared.holderCount());
    assertTrue(shared.isClosed());
    assertFalse(shared.letGo());
    shared.acquire();
    shared.release();
    shared.release();
    assertEquals(0, shared.endedCount.get());
    shared.release();
    assertEquals(1, shared.endedCount.get());
    assertThrows(IllegalStateException.class, shared::release);
    assertFalse(shared.tryAcquire());
  }

  @Test
  void moreHoldsThanItCountsAreRefusedAndChangeNothing() {
    int most = Integer.MAX_VALUE >> 2;
    Counted full = new Counted(most);
    IllegalStateException refusal = assertThrows(IllegalStateException.class, full::acquire);
    assertEquals(
        "use of Counted: holdCount=" + most + " is the most there can be", refusal.getMessage());
    assertThrows(IllegalStateException.class, full::tryAcquire);
    assertEquals(most, full.holderCount());
    full.release();
    assertTrue(full.tryAcquire());
    for (int holdCount : new int[] {0, -1, Integer.MIN_VALUE, most + 1}) {
      IllegalArgumentException argument =
          assertThrows(IllegalArgumentException.class, () -> new Counted(holdCount));
      assertEquals("holdCount=" + holdCount + ": 1 to 2^29 - 1", argument.getMessage());
    }
  }

  @Test
  void racingHoldersEndItOnceAndNeverGetItBack() throws InterruptedException {
    int roundCount = 20_000;
    Counted[] counts = new Counted[roundCount];
    for (int i = 0; i < roundCount; i++) {
      counts[i] = new Counted();
    }
    Threads.Round holder =
        round -> {
          if (counts[round].tryAcquire()) {
            assertEquals(0, counts[round].endedCount.get());
            counts[round].release();
          }
        };
    Threads.race(
        roundCount, holder, holder, round -> counts[round].letGo(), round -> counts[round].shut());
    for (Counted ended : counts) {
      assertEquals(1, ended.endedCount.get());
      assertEquals(0, ended.holderCount());
    }
  }
}
