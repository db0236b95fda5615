package dev.segue.zenoh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parameters of a selector: {@code name=value} pairs separated by {@code ;}, where a value may
 * be a list separated by {@code |}.
 *
 * <p>Nothing is escaped or decoded: a value that holds one of these characters needs an encoding of
 * the application's own.
 *
 * @param text as it is sent
 */
public record Parameters(String text) {
  private static final Parameters EMPTY = new Parameters("");

  /** No parameters. */
  public static Parameters empty() {
    return EMPTY;
  }

  /** The parameters of a text such as {@code from=3;to=9}; empty pairs are left out. */
  public static Parameters of(String text) {
    return new Parameters(text);
  }

  /**
   * The parameters of a map, in its order.
   *
   * @throws IllegalArgumentException if a name has {@code ;}, {@code =} or is empty, or a value has
   *     {@code ;}
   */
  public static Parameters of(Map<String, String> values) {
    Parameters parameters = EMPTY;
    for (Map.Entry<String, String> entry : values.entrySet()) {
      parameters = parameters.with(entry.getKey(), entry.getValue());
    }
    return parameters;
  }

  private List<String> pairs() {
    List<String> pairs = new ArrayList<>();
    int from = 0;
    while (from <= text.length()) {
      int end = text.indexOf(';', from);
      end = end < 0 ? text.length() : end;
      if (end > from) {
        pairs.add(text.substring(from, end));
      }
      from = end + 1;
    }
    return pairs;
  }

  private static String nameOf(String pair) {
    int end = pair.indexOf('=');
    return end < 0 ? pair : pair.substring(0, end);
  }

  private static String valueOf(String pair) {
    int end = pair.indexOf('=');
    return end < 0 ? "" : pair.substring(end + 1);
  }

  /** The value of the first pair with this name; of a name without {@code =}, the empty text. */
  public Optional<String> value(String parameterName) {
    return pairs().stream()
        .filter(pair -> nameOf(pair).equals(parameterName))
        .map(Parameters::valueOf)
        .findFirst();
  }

  /** The parts of the value of the first pair with this name; none if there is no such pair. */
  public List<String> values(String parameterName) {
    return value(parameterName).map(value -> List.of(value.split("\\|", -1))).orElse(List.of());
  }

  /** All pairs in their order; of a name that comes more than once, the first. */
  public Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    pairs().forEach(pair -> map.putIfAbsent(nameOf(pair), valueOf(pair)));
    return map;
  }

  /**
   * With this pair in place of those with the same name.
   *
   * @throws IllegalArgumentException if the name has {@code ;}, {@code =} or is empty, or the value
   *     has {@code ;}
   */
  public Parameters with(String parameterName, String value) {
    if (parameterName.isEmpty()
        || parameterName.indexOf(';') >= 0
        || parameterName.indexOf('=') >= 0
        || value.indexOf(';') >= 0) {
      throw new IllegalArgumentException(
          "parameter name=" + parameterName + " value=" + value + ": ';' and '=' separate them");
    }
    List<String> pairs = pairs();
    pairs.removeIf(pair -> nameOf(pair).equals(parameterName));
    pairs.add(value.isEmpty() ? parameterName : parameterName + "=" + value);
    return new Parameters(String.join(";", pairs));
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return text.isEmpty();
  }

  @Override
  public String toString() {
    return text;
  }
}
