package dev.segue.cli.recording;

import dev.segue.cli.store.StoreOptions;
import dev.segue.zenoh.KeyExpr;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Model.CommandSpec;

/** Which topics of a recording, what they are called, and from when to when. */
final class Topics {
  private static final long NANOS = 1_000_000_000L;
  private static final long NANOS_OF_MILLI = 1_000_000L;

  private Topics() {}

  /** Those that one of the key expressions has; all if there is none. */
  static Predicate<String> among(List<String> keyExprs) {
    if (keyExprs.isEmpty()) {
      return topic -> true;
    }
    List<KeyExpr> wanted = keyExprs.stream().map(Topics::plain).map(KeyExpr::of).toList();
    return topic -> {
      try {
        KeyExpr key = KeyExpr.of(plain(topic));
        return wanted.stream().anyMatch(each -> each.includes(key));
      } catch (IllegalArgumentException e) {
        return keyExprs.contains(topic);
      }
    };
  }

  /** ROS writes a leading slash, which no key has. */
  private static String plain(String topic) {
    return topic.startsWith("/") ? topic.substring(1) : topic;
  }

  /** Other names of topics, or of all below one. */
  static UnaryOperator<String> renamed(Map<String, String> names) {
    return topic -> {
      for (Map.Entry<String, String> name : names.entrySet()) {
        String old = plain(name.getKey());
        String key = plain(topic);
        if (key.equals(old)) {
          return name.getValue();
        }
        if (key.startsWith(old + "/")) {
          return name.getValue() + key.substring(old.length());
        }
      }
      return topic;
    };
  }

  /** A time of the day and date, or one after the recording's start. */
  static long nanos(CommandSpec spec, String option, String text, long startNanos) {
    if (text.indexOf('T') > 0) {
      try {
        Instant time = Instant.parse(text);
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
      } catch (DateTimeParseException | ArithmeticException e) {
        throw new IllegalArgumentException(
            option + " " + text + ": a time such as 2026-05-01T12:00:00Z", e);
      }
    }
    try {
      return Math.addExact(
          startNanos, Math.multiplyExact(StoreOptions.millis(spec, option, text), NANOS_OF_MILLI));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(option + " " + text + ": beyond the year 2262", e);
    }
  }
}
