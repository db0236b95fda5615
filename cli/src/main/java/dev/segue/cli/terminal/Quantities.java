package dev.segue.cli.terminal;

import java.util.Locale;

/** Bytes, rates and times as people read them. */
public final class Quantities {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Quantities() {}

  /** A size in binary units: {@code 999 B}, {@code 11.3 MiB}. */
  public static String byteSize(long byteSize) {
    double value = byteSize;
    int unit = 0;
    while (value >= (unit == 0 ? 1024 : 1023.5) && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? byteSize + " B"
        : String.format(Locale.ROOT, value < 99.95 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
  }

  /** A number of things: {@code 1 object}, {@code 2 objects}. */
  public static String count(long count, String singular) {
    return count + " " + singular + (count == 1 ? "" : "s");
  }

  /** Bytes in a second. */
  public static String rate(double bytesPerSecond) {
    return byteSize((long) bytesPerSecond) + "/s";
  }

  /** A time to wait or that has passed: {@code 0.25 s}, {@code 12 s}, {@code 3:05}. */
  public static String seconds(double seconds) {
    if (seconds < 9.995) {
      return String.format(Locale.ROOT, "%.2f s", seconds);
    }
    return wholeSeconds(Math.round(seconds));
  }

  /** A time in seconds: {@code 2 s}, {@code 3:05}. */
  public static String wholeSeconds(long whole) {
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
}
