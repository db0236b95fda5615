package dev.segue.gateway;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A histogram of the last half to one minute, four buckets for each doubling: the upper end of a
 * bucket is at most 25 % above its lower end. From 1 µs up to about an hour.
 *
 * <p>Threads: one at a time.
 */
final class Latencies {
  private static final int BUCKETS = 4 * 32;
  private static final long HALF_SECONDS = 30;

  private long[] current = new long[BUCKETS];
  private long[] before = new long[BUCKETS];
  private long currentHalf;
  private long maxNanos;
  private long maxNanosBefore;

  /**
   * Samples between the bucket below and {@code upperMicros}.
   *
   * @param upperMicros the end of the bucket, not within it
   */
  record Bucket(double upperMicros, long count) {}

  /**
   * Quantiles are the upper ends of the buckets that they lie in. Buckets with no sample are left
   * out.
   */
  record Snapshot(
      long count,
      double p50Micros,
      double p90Micros,
      double p99Micros,
      double maxMicros,
      List<Bucket> buckets) {}

  void record(long second, long nanos) {
    turn(second);
    current[indexOf(nanos / 1000)]++;
    maxNanos = Math.max(maxNanos, nanos);
  }

  private void turn(long second) {
    long half = Math.floorDiv(second, HALF_SECONDS);
    if (half == currentHalf) {
      return;
    }
    boolean next = half == currentHalf + 1;
    before = next ? current : new long[BUCKETS];
    maxNanosBefore = next ? maxNanos : 0;
    current = new long[BUCKETS];
    maxNanos = 0;
    currentHalf = half;
  }

  /** Null when there was none. */
  @Nullable Snapshot snapshot(long second) {
    turn(second);
    List<Bucket> buckets = new ArrayList<>();
    long count = 0;
    for (int i = 0; i < BUCKETS; i++) {
      long here = current[i] + before[i];
      if (here > 0) {
        buckets.add(new Bucket(upperMicros(i), here));
        count += here;
      }
    }
    return count == 0
        ? null
        : new Snapshot(
            count,
            quantile(buckets, count, 0.5),
            quantile(buckets, count, 0.9),
            quantile(buckets, count, 0.99),
            Math.max(maxNanos, maxNanosBefore) / 1000.0,
            buckets);
  }

  private static double quantile(List<Bucket> buckets, long count, double part) {
    long rank = (long) Math.ceil(part * count);
    for (Bucket bucket : buckets) {
      rank -= bucket.count();
      if (rank <= 0) {
        return bucket.upperMicros();
      }
    }
    return buckets.getLast().upperMicros();
  }

  /** 0 µs is bucket 0; then the two bits below the highest one tell the quarter. */
  static int indexOf(long micros) {
    if (micros < 1) {
      return 0;
    }
    int doubling = 63 - Long.numberOfLeadingZeros(micros);
    int quarter = (int) (doubling >= 2 ? micros >>> (doubling - 2) : micros << (2 - doubling)) & 3;
    return Math.min(1 + 4 * doubling + quarter, BUCKETS - 1);
  }

  static double upperMicros(int index) {
    if (index == 0) {
      return 1;
    }
    int doubling = (index - 1) / 4;
    int quarter = (index - 1) % 4;
    return Math.scalb(1 + (quarter + 1) / 4.0, doubling);
  }
}
