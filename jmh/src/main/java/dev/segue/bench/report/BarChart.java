package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * Groups of lying bars from zero, each group to a scale of its own, as they may differ a
 * thousandfold. Filled by one thread.
 */
public final class BarChart implements Chart {
  private static final int WIDTH = 760;
  private static final int LEFT = 210;
  private static final int RIGHT = 110;
  private static final int TOP = 40;
  private static final int BAR = 18;
  private static final int GROUP_HEAD = 26;
  private static final int GROUP_GAP = 12;

  private final String name;
  private final String title;
  private final DoubleFunction<String> format;
  private final Map<String, List<Bar>> groups = new LinkedHashMap<>();
  private final List<String> labels = new ArrayList<>();

  private record Bar(String label, double value) {}

  /** An empty chart whose values are written with {@code format}. */
  public BarChart(String name, String title, DoubleFunction<String> format) {
    this.name = name;
    this.title = title;
    this.format = format;
  }

  /** Adds a bar to a group; a label has the same colour in each group. */
  public BarChart bar(String group, String label, double value) {
    groups.computeIfAbsent(group, key -> new ArrayList<>()).add(new Bar(label, value));
    if (!labels.contains(label)) {
      labels.add(label);
    }
    return this;
  }

  /** Whether it has no bars. */
  public boolean isEmpty() {
    return groups.isEmpty();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public String toSvg() {
    int bars = groups.values().stream().mapToInt(List::size).sum();
    int height = TOP + groups.size() * (GROUP_HEAD + GROUP_GAP) + bars * (BAR + 4);
    Svg svg = new Svg(WIDTH, height, title);
    double y = TOP;
    for (Map.Entry<String, List<Bar>> group : groups.entrySet()) {
      svg.label(16, y + 14, "start", group.getKey(), "font-weight=\"bold\"");
      y += GROUP_HEAD;
      double most = group.getValue().stream().mapToDouble(Bar::value).max().orElse(1);
      for (Bar bar : group.getValue()) {
        double width = (WIDTH - LEFT - RIGHT) * (most == 0 ? 0 : bar.value / most);
        svg.label(LEFT - 8, y + 13, "end", bar.label);
        svg.box(LEFT, y, Math.max(1, width), BAR, Svg.colour(labels.indexOf(bar.label)));
        svg.label(LEFT + width + 6, y + 13, "start", format.apply(bar.value));
        y += BAR + 4;
      }
      y += GROUP_GAP;
    }
    return svg.end();
  }
}
