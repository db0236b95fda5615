package dev.segue.cli.demo;

import java.util.Arrays;

/** Measured values in the order they came. Threads: one. */
final class LongSeries {
  private long[] values = new long[1024];
  private int count;

  void add(long value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = value;
  }

  int count() {
    return count;
  }

  long last() {
    return count == 0 ? 0 : values[count - 1];
  }

  Quantiles quantiles() {
    return Quantiles.of(Arrays.copyOf(values, count));
  }
}
