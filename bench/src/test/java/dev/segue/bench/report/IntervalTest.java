package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class IntervalTest {
  @Test
  void aVerdictNeedsTheWholeIntervalOnOneSide() {
    Interval interval = new Interval(1.0, 0.9, 1.1, 5);
    assertEquals(Figure.Verdict.PASS, interval.atMost(1.1));
    assertEquals(Figure.Verdict.UNDECIDED, interval.atMost(1.05));
    assertEquals(Figure.Verdict.MISS, interval.atMost(0.8));
    assertEquals(Figure.Verdict.PASS, interval.atLeast(0.9));
    assertEquals(Figure.Verdict.UNDECIDED, interval.atLeast(0.95));
    assertEquals(Figure.Verdict.MISS, interval.atLeast(1.2));
  }

  @Test
  void oneForkDecidesNothing() {
    Interval one = Interval.of(0.5);
    assertFalse(one.isBounded());
    assertEquals(Figure.Verdict.UNDECIDED, one.atMost(1));
    assertEquals(Figure.Verdict.UNDECIDED, one.atLeast(0.1));
    assertEquals("0.50× (one fork)", one.text(Units::ratio));
  }

  @Test
  void samplesThatMayBeZeroHaveAnIntervalTooAndItNeverEndsBelowZero() {
    Interval none = Interval.ofMean(0, 0, 0);
    assertTrue(none.isBounded());
    assertEquals(Figure.Verdict.PASS, none.atMost(0));
    Interval some = Interval.ofMean(0, 0, 3);
    assertEquals(1, some.mid(), 1e-9);
    assertEquals(0, some.low());
    // Student's t for 2 degrees of freedom times the standard error, which is 1.
    assertEquals(1 + 4.303, some.high(), 1e-9);
    assertEquals(Figure.Verdict.UNDECIDED, Interval.ofMean(5).atMost(100));
    assertThrows(IllegalArgumentException.class, () -> Interval.ofMean(1, -1));
  }

  @Test
  void aRatioIsPairedSoThatAMachineThatGetsSlowerDoesNotMoveIt() {
    double[] theirs = {10, 20, 40, 80, 160};
    double[] ours = {11, 22, 44, 88, 176};
    Interval ratio = Interval.ofRatio(ours, theirs);
    assertEquals(1.1, ratio.mid(), 1e-9);
    assertEquals(1.1, ratio.high(), 1e-9);
    assertThrows(IllegalArgumentException.class, () -> Interval.ofRatio(ours, new double[] {1}));
    assertThrows(IllegalArgumentException.class, () -> Interval.of(1, 0));
  }

  @Test
  void about95OfAHundredIntervalsHoldTheTruth() {
    Random random = new Random(16);
    int held = 0;
    int count = 2000;
    for (int i = 0; i < count; i++) {
      double[] forks = new double[4];
      for (int fork = 0; fork < forks.length; fork++) {
        forks[fork] = Math.exp(random.nextGaussian() * 0.2);
      }
      Interval interval = Interval.of(forks);
      held += interval.low() <= 1 && 1 <= interval.high() ? 1 : 0;
    }
    assertTrue(held > 0.93 * count && held < 0.97 * count, "held=" + held + " of " + count);
  }
}
