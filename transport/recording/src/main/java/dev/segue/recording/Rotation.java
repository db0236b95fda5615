package dev.segue.recording;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;

/**
 * When a recorder ends a file and starts the next one; {@link Recorder#rotate()} does so on demand.
 *
 * @param byteSize the approximate size of a file
 * @param time the duration of a file
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

  /** Rotates only on demand, or when a file can't grow any more. */
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
    return recordedByteSize >= byteSize || nanos >= Nanos.of(time);
  }
}
