package dev.segue.bench.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatsTest {
  private static double[] oneTo(int count) {
    return IntStream.rangeClosed(1, count).asDoubleStream().toArray();
  }

  @Test
  void percentileIsTheNearestRank() {
    assertEquals(50, Stats.percentile(oneTo(100), 50));
    assertEquals(99, Stats.percentile(oneTo(100), 99));
    assertEquals(100, Stats.percentile(oneTo(100), 100));
    assertEquals(1, Stats.percentile(oneTo(100), 0.001));
    assertEquals(7, Stats.percentile(new double[] {7}, 50));
  }

  @Test
  void percentileLeavesTheSamplesInTheirOrder() {
    double[] samples = {3, 1, 2};
    assertEquals(2, Stats.percentile(samples, 50));
    assertArrayEquals(new double[] {3, 1, 2}, samples);
  }

  @Test
  void percentileOfNothingOrBeyondTheScaleIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Stats.percentile(new double[0], 50));
    assertThrows(IllegalArgumentException.class, () -> Stats.percentile(oneTo(3), 0));
    assertThrows(IllegalArgumentException.class, () -> Stats.percentile(oneTo(3), 101));
    assertThrows(IllegalArgumentException.class, () -> Stats.percentile(oneTo(3), Double.NaN));
  }

  @Test
  void medianOfAnEvenCountIsBetweenTheTwoInTheMiddle() {
    assertEquals(2, Stats.median(oneTo(3)));
    assertEquals(2.5, Stats.median(new double[] {4, 1, 3, 2}));
    assertThrows(IllegalArgumentException.class, () -> Stats.median(new double[0]));
  }

  @Test
  void spreadOfEqualSamplesIsOne() {
    assertEquals(1, Stats.spread(new double[] {5, 5}));
    assertEquals(4, Stats.spread(new double[] {2, 8, 4}));
  }

  @Test
  void fitFindsTheLineItsPointsLieOn() {
    Stats.Line line = Stats.fit(new double[] {1, 2, 4, 1024}, new double[] {110, 120, 140, 10_340});
    assertEquals(10, line.slope(), 1e-9);
    assertEquals(100, line.intercept(), 1e-6);
    assertEquals(1, line.fit(), 1e-12);
  }

  @Test
  void fitOfACurveIsNotPerfect() {
    double fit = Stats.fit(new double[] {1, 2, 3, 4, 5}, new double[] {1, 4, 1, 4, 1}).fit();
    assertTrue(fit < 0.2, "fit=" + fit);
    assertThrows(
        IllegalArgumentException.class, () -> Stats.fit(new double[] {1, 2}, new double[] {1, 2}));
  }

  @Test
  void theSlopeInLogLogIsTheExponent() {
    double[] x = {1, 4, 16, 64, 256, 1024};
    double[] y = Arrays.stream(x).map(each -> 3 * Math.pow(each, 1.4)).toArray();
    assertEquals(1.4, Stats.fitOfLogs(x, y).slope(), 1e-9);
    // A straight line fits this curve well, which is why r² is no proof of linear growth.
    assertTrue(Stats.fit(x, y).fit() > 0.97);
    assertThrows(
        IllegalArgumentException.class,
        () -> Stats.fitOfLogs(new double[] {0, 1, 2}, new double[] {1, 1, 1}));
  }

  @Test
  void theSlopeHasItsStandardError() {
    Stats.Line exact = Stats.fit(new double[] {1, 2, 3, 4}, new double[] {2, 4, 6, 8});
    assertEquals(0, exact.slopeError(), 1e-12);
    Stats.Line noisy = Stats.fit(new double[] {1, 2, 3, 4}, new double[] {2, 5, 5, 8});
    assertEquals(Math.sqrt(1.8 / 2 / 5), noisy.slopeError(), 1e-9);
    Interval interval = noisy.slopeInterval();
    assertTrue(interval.low() < 1.8 && 1.8 < interval.high(), interval.toString());
  }
}
