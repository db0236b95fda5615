package dev.segue.bench.cross;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines that contenders print, read; and their results over rounds. */
public final class Round {
  private static final Pattern FIELD = Pattern.compile("(\\w+)=([0-9.]+)");

  private Round() {}

  /**
   * The number after {@code name=} in a line.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static double field(String line, String name) {
    Matcher matcher = FIELD.matcher(line);
    while (matcher.find()) {
      if (matcher.group(1).equals(name)) {
        return Double.parseDouble(matcher.group(2));
      }
    }
    throw new IllegalArgumentException("no " + name + "= in: " + line);
  }

  /** Results of each contender by the name of a quantity, one for each round. */
  static final class Results {
    private final Map<Contender, Map<String, List<Double>>> all = new LinkedHashMap<>();

    void add(Contender contender, String quantity, double value) {
      all.computeIfAbsent(contender, key -> new LinkedHashMap<>())
          .computeIfAbsent(quantity, key -> new ArrayList<>())
          .add(value);
    }

    double[] of(Contender contender, String quantity) {
      return all.getOrDefault(contender, Map.of()).getOrDefault(quantity, List.of()).stream()
          .mapToDouble(Double::doubleValue)
          .toArray();
    }
  }
}
