package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Series of points joined by lines. Filled by one thread. */
public final class LineChart implements Chart {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 380;
  private static final int LEFT = 90;
  private static final int RIGHT = 20;
  private static final int TOP = 56;
  private static final int BOTTOM = 50;
  private static final int FEW_POINTS = 30;

  private final String name;
  private final String title;
  private final Axis xAxis;
  private final Axis yAxis;
  private final List<Series> all = new ArrayList<>();

  private record Series(String name, List<Double> x, List<Double> y) {}

  /** An empty chart. */
  public LineChart(String name, String title, Axis x, Axis y) {
    this.name = name;
    this.title = title;
    this.xAxis = x;
    this.yAxis = y;
  }

  /**
   * Adds a series.
   *
   * @throws IllegalArgumentException if there is not one y for each x, or none at all
   */
  public LineChart series(String seriesName, double[] x, double[] y) {
    if (x.length != y.length || x.length == 0) {
      throw new IllegalArgumentException(
          "series " + seriesName + " of xCount=" + x.length + " yCount=" + y.length);
    }
    all.add(new Series(seriesName, boxed(x), boxed(y)));
    return this;
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
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
    Svg svg = new Svg(WIDTH, HEIGHT, title);
    if (all.isEmpty()) {
      return svg.end();
    }
    List<Double> xTicks = ticks(xAxis, all.stream().flatMap(s -> s.x.stream()).toList());
    List<Double> yTicks = ticks(yAxis, all.stream().flatMap(s -> s.y.stream()).toList());
    drawGrid(svg, xTicks, yTicks);
    double legendX = LEFT;
    for (int i = 0; i < all.size(); i++) {
      Series series = all.get(i);
      drawSeries(svg, series, Svg.colour(i), xTicks, yTicks);
      svg.box(legendX, 32, 12, 12, Svg.colour(i));
      svg.label(legendX + 17, 42, "start", series.name);
      legendX += 40 + 6.5 * series.name.length();
    }
    return svg.end();
  }

  private static List<Double> ticks(Axis axis, List<Double> values) {
    DoubleStream sorted = values.stream().mapToDouble(Double::doubleValue).sorted();
    double[] inOrder = sorted.toArray();
    return axis.ticks(inOrder[0], inOrder[inOrder.length - 1]);
  }

  private void drawGrid(Svg svg, List<Double> xTicks, List<Double> yTicks) {
    for (double tick : xTicks) {
      double x = x(tick, xTicks);
      svg.line(x, TOP, x, HEIGHT - BOTTOM, "#eeeeee");
      svg.label(x, HEIGHT - BOTTOM + 16, "middle", xAxis.format().apply(tick));
    }
    for (double tick : yTicks) {
      double y = y(tick, yTicks);
      svg.line(LEFT, y, WIDTH - RIGHT, y, "#dddddd");
      svg.label(LEFT - 8, y + 4, "end", yAxis.format().apply(tick));
    }
    svg.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "#333333");
    svg.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#333333");
    svg.label((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", xAxis.label());
    svg.label(
        18,
        (TOP + HEIGHT - BOTTOM) / 2.0,
        "middle",
        yAxis.label(),
        String.format(
            Locale.ROOT, "transform=\"rotate(-90 18 %.1f)\"", (TOP + HEIGHT - BOTTOM) / 2.0));
  }

  private void drawSeries(
      Svg svg, Series series, String colour, List<Double> xTicks, List<Double> yTicks) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < series.x.size(); i++) {
      double x = x(series.x.get(i), xTicks);
      double y = y(series.y.get(i), yTicks);
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
      if (series.x.size() <= FEW_POINTS) {
        svg.dot(x, y, colour);
      }
    }
    svg.path(points.toString().strip(), colour);
  }

  private double x(double value, List<Double> ticks) {
    return LEFT + (WIDTH - LEFT - RIGHT) * xAxis.position(value, ticks.getFirst(), ticks.getLast());
  }

  private double y(double value, List<Double> ticks) {
    return HEIGHT
        - BOTTOM
        - (HEIGHT - TOP - BOTTOM) * yAxis.position(value, ticks.getFirst(), ticks.getLast());
  }
}
