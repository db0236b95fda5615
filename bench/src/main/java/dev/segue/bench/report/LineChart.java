package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Series of points joined by lines. Filled by one thread. */
public final class LineChart implements Chart {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 420;

  private final String name;
  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final boolean isLogarithmic;
  private final List<Series> all = new ArrayList<>();

  private record Series(String name, List<Double> x, List<Double> y) {}

  /** An empty chart, both axes linear or both logarithmic. */
  public LineChart(String name, String title, String xLabel, String yLabel, boolean isLogarithmic) {
    this.name = name;
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
    this.isLogarithmic = isLogarithmic;
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
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    chart.getStyler().setXAxisLogarithmic(isLogarithmic);
    chart.getStyler().setYAxisLogarithmic(isLogarithmic);
    all.forEach(series -> chart.addSeries(series.name, series.x, series.y));
    return Chart.svg(chart);
  }
}
