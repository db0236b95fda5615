package dev.segue.bench.report;

import java.util.Locale;

/** Numbers with units, short enough for a table. */
public final class Units {
  private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB"};

  private Units() {}

  /** Nanoseconds as ns, µs, ms or s. */
  public static String time(double nanos) {
    if (nanos < 1e3) {
      return digits(nanos) + " ns";
    }
    if (nanos < 1e6) {
      return digits(nanos / 1e3) + " µs";
    }
    return nanos < 1e9 ? digits(nanos / 1e6) + " ms" : digits(nanos / 1e9) + " s";
  }

  /** Bytes as B, KiB, MiB, GiB or TiB. */
  public static String bytes(double byteSize) {
    double value = byteSize;
    int unit = 0;
    while (Math.abs(value) >= 1024 && unit < BYTES.length - 1) {
      value /= 1024;
      unit++;
    }
    boolean hasExactQuarters = unit > 0 && value * 4 == Math.rint(value * 4);
    String number = hasExactQuarters ? quarters(value) : digits(value);
    return number + " " + BYTES[unit];
  }

  /** {@code 11.25} for 11.25 and {@code 4} for 4: sizes that someone chose are told as they are. */
  private static String quarters(double value) {
    return value == Math.rint(value) ? digits(value) : decimals(value, 2);
  }

  /** A rate as messages a second, k/s or M/s. */
  public static String rate(double perSecond) {
    if (perSecond >= 1e6) {
      return digits(perSecond / 1e6) + " M/s";
    }
    return perSecond >= 1e4 ? digits(perSecond / 1e3) + " k/s" : digits(perSecond) + " /s";
  }

  /** A count with separators of thousands. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A factor: {@code 1.08×}. */
  public static String ratio(double ratio) {
    return (ratio >= 100 ? String.format(Locale.ROOT, "%,.0f", ratio) : decimals(ratio, 2)) + "×";
  }

  /** Three digits that matter, no exponent. */
  public static String digits(double value) {
    double size = Math.abs(value);
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (value == Math.rint(value) && size < 100) {
      return Long.toString(Math.round(value));
    }
    return decimals(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  }

  private static String decimals(double value, int count) {
    return String.format(Locale.ROOT, "%." + count + "f", value);
  }
}
