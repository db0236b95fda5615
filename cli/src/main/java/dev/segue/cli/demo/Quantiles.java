package dev.segue.cli.demo;

import java.util.Arrays;

/**
 * Quantiles of measured values by nearest rank: each is a value that was measured.
 *
 * <p>Lifetime: a value. Threads: any.
 */
record Quantiles(long p50, long p90, long p99) {
  /** Of values in any order; zeros when there are none. */
  static Quantiles of(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Quantiles(at(sorted, 50), at(sorted, 90), at(sorted, 99));
  }

  private static long at(long[] sorted, int percent) {
    if (sorted.length == 0) {
      return 0;
    }
    int rank = Math.ceilDiv(Math.multiplyExact(sorted.length, percent), 100);
    return sorted[rank - 1];
  }
}
