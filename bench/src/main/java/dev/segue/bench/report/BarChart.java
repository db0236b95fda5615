package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/** Groups of bars, each with its interval. Filled by one thread. */
public final class BarChart implements Chart {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 420;

  private final String name;
  private final String title;
  private final String yLabel;
  private final Map<String, Map<String, Interval>> byLabel = new LinkedHashMap<>();
  private final List<String> groups = new ArrayList<>();

  /** An empty chart. */
  public BarChart(String name, String title, String yLabel) {
    this.name = name;
    this.title = title;
    this.yLabel = yLabel;
  }

  /** Adds a bar to a group; a label has the same color in each group. */
  public BarChart bar(String group, String label, Interval value) {
    if (!groups.contains(group)) {
      groups.add(group);
    }
    byLabel.computeIfAbsent(label, key -> new LinkedHashMap<>()).put(group, value);
    return this;
  }

  /** Returns whether it has no bars. */
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

  private static double half(Interval value) {
    return value.isBounded() ? (value.high() - value.low()) / 2 : 0;
  }

  @Override
  public String toSvg() {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .yAxisTitle(yLabel)
            .build();
    chart.getStyler().setYAxisMin(0.0);
    for (Map.Entry<String, Map<String, Interval>> each : byLabel.entrySet()) {
      List<Interval> values =
          groups.stream()
              .map(group -> each.getValue().getOrDefault(group, Interval.exactly(0)))
              .toList();
      chart.addSeries(
          each.getKey(),
          groups,
          values.stream().map(Interval::mid).toList(),
          values.stream().map(BarChart::half).toList());
    }
    return Chart.svg(chart);
  }
}
