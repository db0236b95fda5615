package dev.segue.cli.store;

import dev.segue.objectstore.StoreSettings;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The settings of a store as options. An option goes before its variable of the environment. */
public final class StoreOptions {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Map<String, Long> UNIT_MILLIS =
      Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--part-size",
      paramLabel = "SIZE",
      description =
          "Range of one request, part of an upload: 8MiB (SEGUE_GET_PART_SIZE, SEGUE_PUT_PART_SIZE).")
  private @Nullable String partSize;

  @Option(
      names = "--inflight",
      paramLabel = "COUNT",
      description = "Ranges or parts at a time (SEGUE_GET_INFLIGHT, SEGUE_PUT_INFLIGHT).")
  private @Nullable String inflight;

  @Option(
      names = "--connections",
      paramLabel = "COUNT",
      description = "Connections at most (SEGUE_HTTP_MAX_CONNS).")
  private @Nullable String connections;

  @Option(
      names = "--threads",
      paramLabel = "COUNT",
      description = "I/O threads that are kept when idle (SEGUE_RT_THREADS).")
  private @Nullable String threads;

  @Option(
      names = "--get-threshold",
      paramLabel = "SIZE",
      description = "Up to which size one request reads all (SEGUE_GET_THRESHOLD).")
  private @Nullable String getThreshold;

  @Option(
      names = "--checksums",
      paramLabel = "KIND",
      description = "What uploads carry: crc32c, crc64nvme or none (SEGUE_CHECKSUMS).")
  private @Nullable String checksums;

  @Option(
      names = "--attempts",
      paramLabel = "COUNT",
      description = "How often a request is tried in all (SEGUE_ATTEMPTS).")
  private @Nullable String attempts;

  @Option(
      names = "--stall-timeout",
      paramLabel = "TIME",
      description = "How long a server may move no byte: 30s, 500ms (SEGUE_STALL_TIMEOUT_MILLIS).")
  private @Nullable String stallTimeout;

  /** What {@code --part-size} and {@code --inflight} of a command are about. */
  public enum Direction {
    /** What is read. */
    READ,
    /** What is written. */
    WRITE,
    /** Both. */
    BOTH
  }

  /**
   * The variables of the environment with the options over them.
   *
   * @throws ParameterException if an option makes no sense; the message names it
   */
  public Map<String, String> variables(Direction direction) {
    return variables(direction, System.getenv());
  }

  Map<String, String> variables(Direction direction, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    if (direction != Direction.WRITE) {
      put(all, "--part-size", "SEGUE_GET_PART_SIZE", partSize);
      put(all, "--inflight", "SEGUE_GET_INFLIGHT", inflight);
    }
    if (direction != Direction.READ) {
      put(all, "--part-size", "SEGUE_PUT_PART_SIZE", partSize);
      put(all, "--inflight", "SEGUE_PUT_INFLIGHT", inflight);
    }
    put(all, "--connections", "SEGUE_HTTP_MAX_CONNS", connections);
    put(all, "--threads", "SEGUE_RT_THREADS", threads);
    put(all, "--get-threshold", "SEGUE_GET_THRESHOLD", getThreshold);
    put(all, "--attempts", "SEGUE_ATTEMPTS", attempts);
    put(all, "--checksums", "SEGUE_CHECKSUMS", checksums);
    if (stallTimeout != null) {
      long millis = millis(spec, "--stall-timeout", stallTimeout);
      put(all, "--stall-timeout", "SEGUE_STALL_TIMEOUT_MILLIS", Long.toString(millis));
    }
    return all;
  }

  private void put(
      Map<String, String> all, String option, String variable, @Nullable String value) {
    if (value == null) {
      return;
    }
    try {
      StoreSettings _ = StoreSettings.of(Map.of(variable, value.isBlank() ? "\"\"" : value));
    } catch (IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage()).replace(variable + "=", "");
      throw new ParameterException(spec.commandLine(), option + " " + why, e);
    }
    all.put(variable, value);
  }

  /** A time such as 30s. */
  public static long millis(CommandSpec spec, String option, String text) {
    Matcher matcher = DURATION.matcher(text.strip().toLowerCase(Locale.ROOT));
    Long unit = matcher.matches() ? UNIT_MILLIS.get(matcher.group(2)) : null;
    if (unit == null) {
      throw new ParameterException(
          spec.commandLine(),
          option + " " + text + ": a number with one of the units ms, s, m, h, d");
    }
    return Long.parseLong(matcher.group(1)) * unit;
  }
}
