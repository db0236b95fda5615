package dev.segue.gateway;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one topic: counts, rates over the last seconds, latencies of the last minute.
 *
 * <p>Threads: any.
 */
final class TopicFigures {
  private static final int SECONDS = 8;
  private static final int RATE_SECONDS = 5;

  private final long[] countOf = new long[SECONDS];
  private final long[] bytesOf = new long[SECONDS];
  private final long[] secondOf = new long[SECONDS];
  private final Latencies latencies = new Latencies();
  private final long firstSecond;
  private long sampleCount;
  private long byteCount;
  private final LongAdder droppedCount = new LongAdder();
  private @Nullable Metadata last;
  private long encodingSince;

  TopicFigures() {
    this.firstSecond = second();
  }

  /**
   * At one moment.
   *
   * @param last of the newest sample; null before the first
   * @param droppedCount samples that slow streams did not get, each counted for each of them
   * @param latencies null where no sample says when it was published
   */
  record Snapshot(
      @Nullable Metadata last,
      long sampleCount,
      long byteCount,
      long droppedCount,
      double samplesPerSecond,
      double bytesPerSecond,
      Latencies.@Nullable Snapshot latencies) {}

  private static long second() {
    return System.nanoTime() / 1_000_000_000L;
  }

  /** Counts a sample; whether it is the first one, or has another encoding than the one before. */
  synchronized boolean record(Metadata sample) {
    long now = second();
    int slot = (int) Math.floorMod(now, (long) SECONDS);
    if (secondOf[slot] != now) {
      secondOf[slot] = now;
      countOf[slot] = 0;
      bytesOf[slot] = 0;
    }
    countOf[slot]++;
    bytesOf[slot] += sample.payloadByteSize();
    sampleCount++;
    byteCount += sample.payloadByteSize();
    Metadata before = last;
    last = sample;
    boolean isChange = before == null || !before.encoding().equals(sample.encoding());
    if (isChange) {
      encodingSince = System.nanoTime();
    }
    long latency = sample.latencyNanos();
    if (latency >= 0) {
      latencies.record(now, latency);
    }
    return isChange;
  }

  /** For how long no sample had another encoding than the newest one. */
  synchronized long encodingAgeNanos() {
    return System.nanoTime() - encodingSince;
  }

  void recordDropped(long count) {
    droppedCount.add(count);
  }

  /** Of the newest sample; null before the first. */
  synchronized @Nullable Metadata last() {
    return last;
  }

  /** The rates are of the last five whole seconds, or of as many as there were. */
  synchronized Snapshot snapshot() {
    long now = second();
    long seconds = Math.clamp(now - firstSecond, 1, RATE_SECONDS);
    boolean young = now == firstSecond;
    long count = 0;
    long bytes = 0;
    for (int i = 0; i < SECONDS; i++) {
      boolean whole = secondOf[i] < now && secondOf[i] >= now - seconds;
      if (whole || (young && secondOf[i] == now)) {
        count += countOf[i];
        bytes += bytesOf[i];
      }
    }
    return new Snapshot(
        last,
        sampleCount,
        byteCount,
        droppedCount.sum(),
        (double) count / seconds,
        (double) bytes / seconds,
        latencies.snapshot(now));
  }
}
