package dev.segue.bytes.spi;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Time limits in nanoseconds, as {@link System#nanoTime()} counts. Any thread may call them. */
public final class Nanos {
  private Nanos() {}

  /**
   * Returns a time limit's nanoseconds.
   *
   * @return from 0, for a negative limit, to {@link Long#MAX_VALUE}, for one of 292 years or more
   */
  public static long of(Duration limit) {
    return Math.max(0, TimeUnit.NANOSECONDS.convert(limit));
  }

  /**
   * Returns the {@link System#nanoTime()} at which a time limit that begins now ends. What is left
   * of it is the deadline minus the time; comparing the two numbers would be wrong, as they may
   * overflow.
   */
  public static long deadline(Duration limit) {
    return System.nanoTime() + of(limit);
  }
}
