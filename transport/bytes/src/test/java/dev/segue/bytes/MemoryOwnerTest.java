package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryOwnerTest {

  private static final class Counted extends MemoryOwner {
    final AtomicInteger freedCount = new AtomicInteger();

    @Override
    protected void free() {
      freedCount.incrementAndGet();
    }

    @Override
    public String toString() {
      return "Counted";
    }
  }

  @Test
  void theLastHolderFreesItOnce() {
    Counted owner = new Counted();
    owner.acquire();
    assertEquals(2, owner.holderCount());
    owner.release();
    assertEquals(0, owner.freedCount.get());
    owner.release();
    assertEquals(1, owner.freedCount.get());
    assertEquals(0, owner.holderCount());
  }

  @Test
  void aReleaseTooManyIsRefusedAndChangesNothing() {
    Counted owner = new Counted();
    owner.release();
    for (int i = 0; i < 3; i++) {
      IllegalStateException refusal = assertThrows(IllegalStateException.class, owner::release);
      assertEquals("release of Counted: nobody holds it", refusal.getMessage());
      assertEquals(0, owner.holderCount());
    }
    assertEquals(1, owner.freedCount.get());
  }

  @Test
  void whatWasFreedIsNeverLentAgain() {
    Counted owner = new Counted();
    owner.release();
    assertThrows(IllegalStateException.class, owner::release);
    IllegalStateException refusal = assertThrows(IllegalStateException.class, owner::acquire);
    assertEquals("lend of Counted: its memory has been given back", refusal.getMessage());
    assertEquals(0, owner.holderCount());
  }

  @Test
  void racingHoldersFreeItOnceAndNeverGetItBack() throws InterruptedException {
    int roundCount = 20_000;
    Counted[] owners = new Counted[roundCount];
    for (int i = 0; i < roundCount; i++) {
      owners[i] = new Counted();
    }
    Threads.Round lender =
        round -> {
          try {
            owners[round].acquire();
          } catch (IllegalStateException _) {
            return;
          }
          assertEquals(0, owners[round].freedCount.get());
          owners[round].release();
        };
    Threads.race(roundCount, lender, lender, round -> owners[round].release());
    for (Counted owner : owners) {
      assertEquals(1, owner.freedCount.get());
      assertEquals(0, owner.holderCount());
    }
  }
}
