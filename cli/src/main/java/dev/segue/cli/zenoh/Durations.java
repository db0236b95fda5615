package dev.segue.cli.zenoh;

import dev.segue.cli.terminal.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/** Times of a period, of which the end of the period wants percentiles. */
final class Durations {
  /** Of more, the first count. */
  private static final int MOST = 1 << 21;

  private long[] nanos = new long[1024];
  private int count;

  /** One more. */
  void add(long value) {
    if (count == MOST) {
      return;
    }
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, Math.min(MOST, 2 * count));
    }
    nanos[count++] = value;
  }

  /** Says the percentiles, adds them to {@code json}, and begins another period. */
  String takePercentiles(JsonObject json) {
    Arrays.sort(nanos, 0, count);
    double p50 = millis(50);
    double p99 = millis(99);
    double max = millis(100);
    count = 0;
    json.with("p50Millis", p50).with("p99Millis", p99).with("maxMillis", max);
    return String.format(Locale.ROOT, "p50 %.3f ms  p99 %.3f ms  max %.3f ms", p50, p99, max);
  }

  /** The time that so many of a hundred do not exceed; 0 if there is none. */
  private double millis(int percent) {
    return count == 0
        ? 0
        : nanos[Math.clamp((percent * (long) count + 99) / 100 - 1, 0, count - 1)] / 1e6;
  }
}
