package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.lanes.Merge.Verdict;
import dev.segue.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Two lanes of one publisher become one. */
class MergeTest {
  private final List<Integer> dropped = new ArrayList<>();
  private final Merge<Integer> merge = new Merge<>(2, dropped::add);

  @Test
  void theFirstMessageOfAllNeedsNoZenoh() {
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    assertTrue(merge.isNear());
    assertEquals(Verdict.DROP, merge.onFar(0));
    assertEquals(Verdict.GIVE, merge.onNear(1, false, 1));
    assertEquals(Verdict.DROP, merge.onFar(1));
  }

  @Test
  void whatIceoryx2HasAheadWaitsForZenoh() {
    assertEquals(Verdict.HELD, merge.onNear(7, false, 7));
    assertNull(merge.takeHeld());
    assertEquals(Verdict.GIVE, merge.onFar(5));
    assertNull(merge.takeHeld());
    assertEquals(Verdict.GIVE, merge.onFar(6));
    assertFalse(merge.isNear());
    assertEquals(7, merge.takeHeld());
    assertTrue(merge.isNear());
    assertEquals(Verdict.DROP, merge.onFar(7));
  }

  @Test
  void whatHasNoRoomIsLeftToZenohWhichStaysTheLane() {
    assertEquals(Verdict.GIVE, merge.onFar(1));
    assertEquals(Verdict.HELD, merge.onNear(3, false, 3));
    assertEquals(Verdict.HELD, merge.onNear(4, false, 4));
    assertEquals(Verdict.DROP, merge.onNear(5, false, 5));
    assertEquals(Verdict.GIVE, merge.onFar(2));
    assertEquals(3, merge.takeHeld());
    assertEquals(4, merge.takeHeld());
    assertFalse(merge.isNear());
    assertEquals(Verdict.DROP, merge.onFar(4));
    assertEquals(Verdict.GIVE, merge.onFar(5));
    assertEquals(Verdict.GIVE, merge.onNear(6, false, 6));
    assertTrue(merge.isNear());
  }

  @Test
  void whatZenohLostComesFromIceoryx2() {
    assertEquals(Verdict.GIVE, merge.onFar(1));
    assertEquals(Verdict.HELD, merge.onNear(3, false, 3));
    assertEquals(Verdict.WAIT, merge.onFar(4));
    assertEquals(3, merge.takeHeld());
    assertTrue(merge.isNear());
    assertEquals(Verdict.GIVE, merge.onNear(4, false, 4));
    assertEquals(Verdict.DROP, merge.onFar(4));
  }

  @Test
  void whatIceoryx2DoesNotHaveComesByZenoh() {
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    assertEquals(Verdict.GIVE, merge.onFar(1));
    assertEquals(Verdict.DROP, merge.onNear(1, false, 1));
    assertEquals(Verdict.GIVE, merge.onNear(2, false, 2));
    assertEquals(0, merge.missedCount());
  }

  @Test
  void aGapOfIceoryx2IsCounted() {
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    assertEquals(Verdict.GIVE, merge.onNear(4, false, 4));
    assertEquals(3, merge.missedCount());
  }

  @Test
  void aNumberThatZenohAloneHadHidesNothingThatIceoryx2Brings() {
    assertEquals(Verdict.GIVE, merge.onFar(1_000_000));
    assertFalse(merge.isAhead(2_000_000));
    assertEquals(Verdict.GIVE, merge.onNear(5, false, 5));
    assertTrue(merge.isNear());
    assertTrue(merge.isAhead(2_000_000));
    assertEquals(Verdict.GIVE, merge.onNear(6, false, 6));
    assertEquals(0, merge.missedCount());
  }

  @Test
  void whatZenohBroughtWhileIceoryx2CouldNotBeReadIsNotGivenTwice() {
    merge.leaveToZenoh();
    assertEquals(Verdict.GIVE, merge.onFar(3));
    assertEquals(Verdict.DROP, merge.onNear(3, false, 3));
    assertFalse(merge.isAhead(4));
    assertEquals(Verdict.GIVE, merge.onNear(4, false, 4));
    assertTrue(merge.isNear());
  }

  @Test
  void aPublisherOfTheSameIdThatCountsFromZeroAgainIsRead() {
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    assertEquals(Verdict.GIVE, merge.onNear(1, false, 1));
    merge.beginNext();
    merge.startOver();
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    assertEquals(Verdict.GIVE, merge.onNear(1, false, 1));
    assertTrue(merge.isNear());
  }

  @Test
  void aPublisherThatGoesOnIsReadByIceoryx2AtOnceAndByZenohWhereSomethingIsMissing() {
    assertEquals(Verdict.GIVE, merge.onNear(0, true, 0));
    merge.startOver();
    assertEquals(Verdict.DROP, merge.onFar(0));
    assertEquals(Verdict.GIVE, merge.onNear(1, false, 1));
    assertTrue(merge.isNear());
    merge.startOver();
    assertEquals(Verdict.HELD, merge.onNear(4, false, 4));
    assertEquals(Verdict.GIVE, merge.onFar(3));
    assertEquals(4, merge.takeHeld());
  }

  @Test
  void nothingIsLostOrComesTwiceHoweverTheLanesInterleave() {
    long first = Seeds.of("MergeTest");
    for (int round = 0; round < 20_000; round++) {
      interleave(first + round);
    }
  }

  /**
   * Zenoh is subscribed to before iceoryx2, and each message is in iceoryx2's queue before its copy
   * is in Zenoh's.
   */
  private static void interleave(long seed) {
    Random random = new Random(seed);
    int start = random.nextInt(3) == 0 ? 0 : -3 + random.nextInt(8);
    boolean fromBirth = random.nextBoolean();
    int count = 3 + random.nextInt(20);
    int farFrom = fromBirth ? start : start + random.nextInt(4);
    int nearFrom = farFrom + random.nextInt(4);
    List<Integer> held = new ArrayList<>();
    Merge<Integer> merge = new Merge<>(random.nextInt(4), held::add);
    List<Integer> given = new ArrayList<>();
    int put = start; // next that iceoryx2 gets
    int lent = start; // next that Zenoh gets
    int nearRead = nearFrom;
    int farRead = farFrom;
    int end = start + count;
    while (nearRead < end || farRead < end) {
      switch (random.nextInt(4)) {
        case 0 -> put = Math.min(end, lent == put ? put + 1 : put);
        case 1 -> lent = put;
        case 2 -> {
          takeHeld(merge, given);
          if (nearRead < put) {
            nearRead = near(merge, nearRead, start, given);
          }
        }
        default -> {
          if (farRead < lent) {
            while (nearRead < put) {
              nearRead = near(merge, nearRead, start, given);
              takeHeld(merge, given);
            }
            if (merge.onFar(farRead) == Verdict.GIVE) {
              given.add(farRead);
            }
            farRead++;
            takeHeld(merge, given);
          }
        }
      }
    }
    takeHeld(merge, given);
    List<Integer> expected = new ArrayList<>();
    for (int i = farFrom; i < end; i++) {
      expected.add(i);
    }
    assertEquals(expected, given, () -> "seed=" + seed);
  }

  private static int near(Merge<Integer> merge, int number, int start, List<Integer> given) {
    if (merge.onNear(number, number == start && start == 0, number) == Verdict.GIVE) {
      given.add(number);
    }
    return number + 1;
  }

  private static void takeHeld(Merge<Integer> merge, List<Integer> given) {
    for (Integer next = merge.takeHeld(); next != null; next = merge.takeHeld()) {
      given.add(next);
    }
  }
}
