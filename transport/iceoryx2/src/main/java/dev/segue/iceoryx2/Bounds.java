package dev.segue.iceoryx2;

import java.time.Duration;
import java.util.Objects;

/** Checks numbers of settings. */
final class Bounds {
  /** Far beyond what is used; a product of several must not overflow. */
  static final int MOST = 1 << 16;

  private static final Duration LONGEST = Duration.ofDays(1);

  private Bounds() {}

  static void check(String name, int value, int least) {
    if (value < least || value > MOST) {
      throw new IllegalArgumentException(name + "=" + value + ": " + least + " to " + MOST);
    }
  }

  /** The largest message of a port that sends, and how long it waits for room. */
  static void checkPort(long maxByteSize, Duration patience) {
    if (maxByteSize <= 0) {
      throw new IllegalArgumentException("maxByteSize=" + maxByteSize + ": must be positive");
    }
    Objects.requireNonNull(patience, "patience");
    if (patience.isNegative() || patience.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("patience=" + patience + ": 0 to " + LONGEST);
    }
  }
}
