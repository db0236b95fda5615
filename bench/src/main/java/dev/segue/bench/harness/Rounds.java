package dev.segue.bench.harness;

import dev.segue.bench.report.Section;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Results of each contender by the name of a quantity, one for each round. Filled by one thread.
 */
public final class Rounds {
  private static final Pattern FIELD = Pattern.compile("(\\w+)=(-?[0-9.]+)");
  private static final long SEED = 16;

  private final Map<String, Map<String, List<Double>>> all = new LinkedHashMap<>();

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

  /**
   * Contenders in an order that differs from round to round: by lot, and in each second round the
   * one before from its end, so that of any two each is the first as often as the other.
   */
  public static <T> List<T> shuffled(List<T> contenders, int round) {
    List<T> order = new ArrayList<>(contenders);
    // java.util.Random begins alike with seeds that are alike.
    Collections.shuffle(order, new SplittableRandom(SEED + round / 2));
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  /** Adds what one round gave. */
  public void add(String contender, String quantity, double value) {
    all.computeIfAbsent(contender, key -> new LinkedHashMap<>())
        .computeIfAbsent(quantity, key -> new ArrayList<>())
        .add(value);
  }

  /** Returns what the rounds gave so far. */
  public double[] of(String contender, String quantity) {
    return all.getOrDefault(contender, Map.of()).getOrDefault(quantity, List.of()).stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  /** Returns whether a contender has results. */
  public boolean has(String contender) {
    return all.containsKey(contender);
  }

  /** Writes all of them into the report's raw data. */
  public void addTo(Section section, String prefix) {
    all.forEach(
        (who, quantities) ->
            quantities.forEach(
                (quantity, values) ->
                    section.raw(
                        who,
                        prefix + quantity,
                        values.stream().mapToDouble(Double::doubleValue).toArray())));
  }
}
