package dev.segue.cli.demo;

import java.time.Instant;

/** The wall clock, which all processes of a machine read alike. */
final class Clock {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private Clock() {}

  /** Nanoseconds since the Unix epoch, as {@code CameraFrame.captureTimeNanos} has them. */
  static long epochNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }
}
