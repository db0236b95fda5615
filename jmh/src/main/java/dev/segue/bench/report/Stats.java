package dev.segue.bench.report;

import java.util.Arrays;

/** Medians, percentiles and ratios of samples; every method leaves its arrays as they are. */
public final class Stats {
  private Stats() {}

  /**
   * The value below which {@code percent} of the samples lie, by the nearest rank.
   *
   * @throws IllegalArgumentException if there are no samples or {@code percent} is not in (0, 100]
   */
  public static double percentile(double[] samples, double percent) {
    if (samples.length == 0 || !(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException(
          "percentile of sampleCount=" + samples.length + " percent=" + percent);
    }
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return sorted[Math.max(1, rank) - 1];
  }

  /**
   * The middle sample, or the mean of the two in the middle.
   *
   * @throws IllegalArgumentException if there are no samples
   */
  public static double median(double[] samples) {
    if (samples.length == 0) {
      throw new IllegalArgumentException("median of sampleCount=0");
    }
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * The median of ours against theirs, round by round: what drifts on the machine moves both of a
   * pair alike.
   *
   * @throws IllegalArgumentException if the rounds differ in number or there are none
   */
  public static double pairedRatio(double[] ours, double[] theirs) {
    if (ours.length != theirs.length) {
      throw new IllegalArgumentException(
          "ratio of roundCount=" + ours.length + " to roundCount=" + theirs.length);
    }
    double[] ratios = new double[ours.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = ours[i] / theirs[i];
    }
    return median(ratios);
  }

  /** The largest sample divided by the smallest: 1 when all are equal. */
  public static double spread(double[] samples) {
    return Arrays.stream(samples).max().orElseThrow() / Arrays.stream(samples).min().orElseThrow();
  }

  /**
   * How well a straight line through the points fits, least squares: 1 is exact.
   *
   * @throws IllegalArgumentException if there are fewer than three points
   */
  public static Line fit(double[] x, double[] y) {
    if (x.length < 3 || x.length != y.length) {
      throw new IllegalArgumentException("fit of pointCount=" + x.length + " to " + y.length);
    }
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      xy += (x[i] - meanX) * (y[i] - meanY);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    double slope = xy / xx;
    return new Line(slope, meanY - slope * meanX, yy == 0 ? 1 : xy * xy / (xx * yy));
  }

  /**
   * A line through points.
   *
   * @param slope what one more of x adds
   * @param intercept the value at zero
   * @param fit the share of the variance that the line explains (r²)
   */
  public record Line(double slope, double intercept, double fit) {}

  /**
   * By how much the last quarter of a series lies above the third one (medians): what still grows
   * after the first half, in the series' unit.
   *
   * @throws IllegalArgumentException if there are fewer than eight samples
   */
  public static double growthInSecondHalf(double[] series) {
    if (series.length < 8) {
      throw new IllegalArgumentException("growth of sampleCount=" + series.length + ": at least 8");
    }
    int half = series.length / 2;
    int threeQuarters = half + (series.length - half) / 2;
    return median(Arrays.copyOfRange(series, threeQuarters, series.length))
        - median(Arrays.copyOfRange(series, half, threeQuarters));
  }
}
