package dev.segue.recording;

import dev.segue.zenoh.Parameters;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * The times of a selector's parameter {@code _time}, as Zenoh's storages have it: {@code [A..B]},
 * {@code [A..]}, {@code [..B]}, {@code [A;5m]}; a bracket that points outwards leaves its time out.
 * A time is {@code 2026-05-01T12:00:00Z}, {@code now()} or {@code now(-1h)}.
 *
 * @param fromNanos since the Unix epoch, included
 * @param toNanos included; before {@code fromNanos} if there is no time between
 */
record TimeRange(long fromNanos, long toNanos) {
  private static final String NAME = "_time";
  private static final double NANOS = 1e9;

  /**
   * Returns what is asked for; empty without the parameter.
   *
   * @throws IllegalArgumentException if it is not a range of times
   */
  static Optional<TimeRange> of(Parameters parameters, Instant now) {
    String text = parameters.text();
    for (int at = 0; at >= 0 && at < text.length(); ) {
      if (text.startsWith(NAME, at)) {
        String rest = text.substring(at + NAME.length());
        if (rest.startsWith("=[") || rest.startsWith("=]")) {
          return Optional.of(read(rest.substring(1), now));
        }
        if (rest.isEmpty() || rest.startsWith("=") || rest.startsWith(";")) {
          throw wrong(rest, "it begins with [ or ]");
        }
      }
      int next = text.indexOf(';', at);
      at = next < 0 ? -1 : next + 1;
    }
    return Optional.empty();
  }

  private static IllegalArgumentException wrong(String value, String why) {
    return new IllegalArgumentException(
        NAME + value + ": " + why + "; such as [2026-05-01T12:00:00Z..now(-1h)] or [now(-1h);5m]");
  }

  /** A semicolon, which separates parameters, may be within the brackets. */
  private static TimeRange read(String value, Instant now) {
    int close = value.indexOf(']', 1);
    int open = value.indexOf('[', 1);
    int end = close < 0 || (open >= 0 && open < close) ? open : close;
    if (end < 0) {
      throw wrong("=" + value, "it ends with ] or [");
    }
    String inner = value.substring(1, end);
    boolean fromIncluded = value.charAt(0) == '[';
    boolean toIncluded = value.charAt(end) == ']';
    int dots = inner.indexOf("..");
    int semicolon = inner.indexOf(';');
    String from = inner.substring(0, Math.max(0, dots >= 0 ? dots : semicolon));
    try {
      if (dots >= 0) {
        String to = inner.substring(dots + 2);
        return new TimeRange(
            from.isEmpty() ? Long.MIN_VALUE : bound(nanos(from, now), fromIncluded, 1),
            to.isEmpty() ? Long.MAX_VALUE : bound(nanos(to, now), toIncluded, -1));
      }
      if (semicolon > 0) {
        long start = nanos(from, now);
        long last = sum(start, duration(inner.substring(semicolon + 1)));
        return new TimeRange(bound(start, fromIncluded, 1), bound(last, toIncluded, -1));
      }
    } catch (DateTimeException | NumberFormatException e) {
      throw wrong("=" + value.substring(0, end + 1), String.valueOf(e.getMessage()));
    }
    throw wrong("=" + value.substring(0, end + 1), "two times with .. between, or a time;duration");
  }

  private static long bound(long nanos, boolean included, long inwards) {
    return included ? nanos : sum(nanos, inwards);
  }

  /** As far as there are numbers. */
  private static long sum(long nanos, long more) {
    long sum = nanos + more;
    boolean overflows = ((nanos ^ sum) & (more ^ sum)) < 0;
    return overflows ? (more < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
  }

  private static long nanos(String time, Instant now) {
    if (time.startsWith("now(") && time.endsWith(")")) {
      String offset = time.substring(4, time.length() - 1);
      boolean isBefore = offset.startsWith("-");
      long nanos = offset.isEmpty() ? 0 : duration(isBefore ? offset.substring(1) : offset);
      return sum(nanos(now), isBefore ? -nanos : nanos);
    }
    String instant = time.replace(' ', 'T');
    return nanos(Instant.parse(instant.endsWith("Z") ? instant : instant + "Z"));
  }

  private static long nanos(Instant time) {
    try {
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
    } catch (ArithmeticException _) {
      return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** Nanoseconds of a number of seconds, or of another unit behind it. */
  private static long duration(String text) {
    int digits = text.length();
    while (digits > 0 && Character.isLetter(text.charAt(digits - 1))) {
      digits--;
    }
    double unit =
        switch (text.substring(digits)) {
          case "u" -> 1e-6;
          case "ms" -> 1e-3;
          case "", "s" -> 1;
          case "m" -> 60;
          case "h" -> 3600;
          case "d" -> 86_400;
          case "w" -> 604_800;
          default -> throw new NumberFormatException(text + ": units are u, ms, s, m, h, d and w");
        };
    double value = Double.parseDouble(text.substring(0, digits));
    if (!(value >= 0)) {
      throw new NumberFormatException(text + ": a duration is 0 or positive");
    }
    return (long) (value * unit * NANOS);
  }
}
