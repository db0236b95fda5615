package dev.segue.cli.store;

import dev.segue.objectstore.StoreSettings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that say where a store is, and how long to wait for it. An option overrides its
 * variable of the environment; what a URI says goes before an option.
 */
public class StoreOptions {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Map<String, Long> UNIT_MILLIS =
      Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description =
          "Server of s3:// and az:// URIs without endpoint=URL (default: the provider's own).")
  private @Nullable String endpoint;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      description = "Region of s3:// URIs without region=NAME (default: AWS_REGION, the profile).")
  private @Nullable String region;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "Profile of s3:// URIs without profile=NAME, from ~/.aws (default: AWS_PROFILE).")
  private @Nullable String profile;

  @Option(
      names = "--attempts",
      paramLabel = "COUNT",
      description = "Attempts per request (SEGUE_ATTEMPTS; default: 10).")
  private @Nullable String attempts;

  @Option(
      names = "--stall-timeout",
      paramLabel = "TIME",
      description =
          "Time without a byte before an attempt fails: 500ms (SEGUE_STALL_TIMEOUT_MILLIS; default: 30s).")
  private @Nullable String stallTimeout;

  /**
   * The variables of the environment with the options over them.
   *
   * @throws ParameterException if an option makes no sense; the message names it
   */
  public final Map<String, String> variables() {
    return variables(System.getenv());
  }

  final Map<String, String> variables(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    put(all, "--attempts", "SEGUE_ATTEMPTS", attempts);
    if (stallTimeout != null) {
      long millis = millis(spec, "--stall-timeout", stallTimeout);
      put(all, "--stall-timeout", "SEGUE_STALL_TIMEOUT_MILLIS", Long.toString(millis));
    }
    putMore(all);
    return Map.copyOf(all);
  }

  /** Adds what further options say. */
  void putMore(Map<String, String> all) {}

  final void put(Map<String, String> all, String option, String variable, @Nullable String value) {
    if (value == null) {
      return;
    }
    try {
      StoreSettings.of(Map.of(variable, value.isBlank() ? "\"\"" : value));
    } catch (IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage()).replace(variable + "=", "");
      throw new ParameterException(spec.commandLine(), option + " " + why, e);
    }
    all.put(variable, value);
  }

  /**
   * Returns what {@code ObjectStore.open} takes: a location's store, with what the options add to
   * it.
   */
  public final String storeUri(ObjectUri location) {
    String uri = location.storeUri();
    boolean isS3 = uri.startsWith("s3:");
    List<String> added = new ArrayList<>();
    if (isS3 || uri.startsWith("az:")) {
      add(added, uri, "endpoint", endpoint);
    }
    if (isS3) {
      add(added, uri, "region", region);
      add(added, uri, "profile", profile);
    }
    return added.isEmpty()
        ? uri
        : uri + (uri.indexOf('?') < 0 ? "?" : "&") + String.join("&", added);
  }

  private static void add(List<String> added, String uri, String name, @Nullable String value) {
    int question = uri.indexOf('?');
    boolean isSaid =
        question >= 0
            && List.of(uri.substring(question + 1).split("&", -1)).stream()
                .anyMatch(option -> option.startsWith(name + "="));
    if (value != null && !isSaid) {
      added.add(
          name
              + "="
              + (name.equals("endpoint")
                  ? value.replace("&", "%26")
                  : URLEncoder.encode(value, StandardCharsets.UTF_8)));
    }
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
