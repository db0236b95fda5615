package dev.segue.bench.zenoh;

import java.util.Arrays;

/** Finds where a series of rates has settled: start-up ramps are no throughput. */
final class Plateau {
  private static final int WINDOW = 3;
  private static final double MOST_SPREAD = 1.10;
  private static final double MOST_DRIFT = 0.05;

  private Plateau() {}

  /** Returns whether the last three rates lie within 10 % of each other. */
  static boolean isSettled(double[] rates) {
    if (rates.length < WINDOW) {
      return false;
    }
    double[] last = Arrays.copyOfRange(rates, rates.length - WINDOW, rates.length);
    double smallest = Arrays.stream(last).min().orElseThrow();
    return smallest > 0 && Arrays.stream(last).max().orElseThrow() <= MOST_SPREAD * smallest;
  }

  /** Returns whether the second half of what was measured lies within 5 % of the first half. */
  static boolean isFlat(double[] rates) {
    int half = rates.length / 2;
    double first = Arrays.stream(rates, 0, half).average().orElse(0);
    double second = Arrays.stream(rates, half, rates.length).average().orElse(0);
    return Math.abs(second - first) <= MOST_DRIFT * first;
  }
}
