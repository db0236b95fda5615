package dev.segue.bench.zenoh;

import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Units;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * The report of a paced subscriber.
 *
 * @param nanos latencies from the intended time of sending
 * @param inOrder the same, in the order of arrival
 * @param received how many
 * @param dropped by the backlog
 * @param mostWaiting in the backlog at a time, where it was looked at
 * @param pause of its garbage collector, the longest, in milliseconds
 */
@SuppressWarnings("ArrayRecordComponent") // read by this package alone
record Latencies(
    Histogram nanos, long[] inOrder, long received, long dropped, long mostWaiting, long pause) {
  private static final String FIELD = "latencies_ns=";
  private static final int DIGITS = 3;

  /** Those in a subscriber's line, without the first {@code skipped} ones, which warm up. */
  static Latencies of(String line, int skipped) {
    String list = line.substring(line.indexOf(FIELD) + FIELD.length()).strip();
    long[] inOrder =
        list.isEmpty()
            ? new long[0]
            : Arrays.stream(list.split(",", -1)).skip(skipped).mapToLong(Long::parseLong).toArray();
    Histogram histogram = empty();
    for (long each : inOrder) {
      histogram.recordValue(Math.max(0, each));
    }
    return new Latencies(
        histogram,
        inOrder,
        (long) Rounds.field(line, "received"),
        optional(line, "dropped"),
        optional(line, "most_waiting"),
        optional(line, "gc_pause_ms"));
  }

  /** The latency below which that share of a histogram lies; 100 is the largest. */
  static double at(Histogram histogram, double percent) {
    return (double) histogram.getValueAtPercentile(percent);
  }

  /** The same as text; nothing where fewer than one sample lies above it, which is the largest. */
  static String text(Histogram histogram, double percent) {
    double above = histogram.getTotalCount() * (100 - percent) / 100;
    // 100 - 99.9 is a little less than 0.1.
    return percent < 100 && above < 0.999_999 ? "" : Units.time(at(histogram, percent));
  }

  /**
   * Returns what lies above p99, in a row of text: {@code p99.9 2 ms, max 3 ms}; of all forks
   * together, as a single one has too few samples for it.
   */
  static String tail(Histogram histogram) {
    String rare = text(histogram, 99.9);
    return (rare.isEmpty() ? "" : "p99.9 " + rare + ", ") + "max " + Units.time(at(histogram, 100));
  }

  static Histogram empty() {
    return new Histogram(DIGITS);
  }

  private static long optional(String line, String name) {
    return line.contains(name + "=") ? (long) Rounds.field(line, name) : 0;
  }
}
