package dev.segue.recording;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * When a recorder ends a file and begins the next one; it can also be told to ({@link
 * Recorder#rotate()}).
 *
 * @param byteSize how large a file becomes, about
 * @param time how long a file becomes
 */
public record Rotation(long byteSize, Duration time) {
  private static final Duration ALWAYS = Duration.ofDays(100L * 365);

  /** Checks both. */
  public Rotation {
    if (byteSize <= 0 || !time.isPositive()) {
      throw new IllegalArgumentException(
          "rotation at byteSize=" + byteSize + " time=" + time + ": positive");
    }
  }

  /** Only when told to, or when a file can't become larger. */
  public static Rotation never() {
    return new Rotation(Long.MAX_VALUE, ALWAYS);
  }

  /** At another size. */
  public Rotation byteSize(long value) {
    return new Rotation(value, time);
  }

  /** After another time. */
  public Rotation time(Duration value) {
    return new Rotation(byteSize, value);
  }

  boolean isDue(long recordedByteSize, long nanos) {
    return recordedByteSize >= byteSize || nanos >= TimeUnit.NANOSECONDS.convert(time);
  }
}
