package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.zenoh.ZenohId;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnopenedTest {
  private static final long MILLI = 1_000_000;

  private final Unopened unopened = new Unopened();

  private static Announcement publisher(int number) {
    return new Announcement("host", Announcement.Offer.OVERFLOW, new ZenohId(1, 2), number, "key");
  }

  @Test
  void attemptsTakeATwentiethOfTheTimeAndEachHasItsTurn() {
    long now = Long.MAX_VALUE - 5; // it may wrap round
    for (int i = 0; i < 100; i++) {
      assertTrue(unopened.add(publisher(i), now, now + 30 * MILLI));
      now += 30 * MILLI;
    }
    Set<Announcement> tried = new HashSet<>();
    int attempts = 0;
    long end = now + 100_000 * MILLI;
    while (end - now > 0) {
      now += MILLI;
      Announcement next = unopened.next(now);
      if (next != null) {
        attempts++;
        tried.add(next);
        assertFalse(unopened.add(next, now, now + 30 * MILLI));
        now += 30 * MILLI;
      }
    }
    assertTrue(attempts * 30 * 20 <= 100_000 + 600, "attempts=" + attempts);
    assertEquals(100, tried.size());
  }

  /** Such as one whose service is being made by a process that is stopped: 10 s, and an error. */
  @Test
  void aSlowOneHoldsUpOthersForAWhileOnly() {
    long now = 0;
    unopened.add(publisher(1), now, now + MILLI);
    unopened.add(publisher(2), now + MILLI, now + 10_000 * MILLI);
    now += 10_000 * MILLI;
    assertNull(unopened.next(now + 19_000 * MILLI));
    assertEquals(publisher(1), unopened.next(now + 20_000 * MILLI));
    unopened.add(publisher(1), now + 20_000 * MILLI, now + 20_001 * MILLI);
    assertNull(unopened.next(now + 20_500 * MILLI));
    assertEquals(publisher(1), unopened.next(now + 21_001 * MILLI));
    unopened.remove(publisher(1));
    assertNull(unopened.next(now + 21_001 * MILLI));
    // The slow one takes no more than a twentieth of the time, either.
    assertNull(unopened.next(now + 189_000 * MILLI));
    assertEquals(publisher(2), unopened.next(now + 190_000 * MILLI));
  }

  /** What is due is found also where it was tried after one that is not. */
  @Test
  void whatComesWhileNoneIsDueIsTriedInTime() {
    unopened.add(publisher(1), 0, 1000 * MILLI);
    assertNull(unopened.next(14_999 * MILLI));
    unopened.add(publisher(2), 15_000 * MILLI, 15_001 * MILLI);
    assertNull(unopened.next(15_500 * MILLI));
    assertEquals(publisher(2), unopened.next(16_001 * MILLI));
  }

  @Test
  void oneIsTriedAgainAfterASecondAndNotBefore() {
    assertNull(unopened.next(0));
    unopened.add(publisher(1), 0, MILLI);
    assertNull(unopened.next(1000 * MILLI));
    assertEquals(publisher(1), unopened.next(1001 * MILLI));
    unopened.remove(publisher(1));
    assertTrue(unopened.isEmpty());
    assertNull(unopened.next(1001 * MILLI));
  }
}
