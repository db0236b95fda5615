package dev.segue.bench.report;

import java.util.Arrays;

/** Medians, percentiles and lines of samples; every method leaves its arrays as they are. */
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

  /** The largest sample divided by the smallest: 1 when all are equal. */
  public static double spread(double[] samples) {
    return Arrays.stream(samples).max().orElseThrow() / Arrays.stream(samples).min().orElseThrow();
  }

  /**
   * Returns how well a straight line through the points fits, least squares: 1 is exact.
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
    double residual = Math.max(0, yy - slope * xy);
    return new Line(
        slope,
        meanY - slope * meanX,
        yy == 0 ? 1 : xy * xy / (xx * yy),
        Math.sqrt(residual / (x.length - 2) / xx),
        x.length);
  }

  /**
   * A line through points.
   *
   * @param slope what one more of x adds
   * @param intercept the value at zero
   * @param fit the share of the variance that the line explains (r²)
   * @param slopeError the standard error of the slope
   * @param pointCount how many points it goes through
   */
  public record Line(
      double slope, double intercept, double fit, double slopeError, int pointCount) {
    /** The slope and its interval of 95 %. */
    public Interval slopeInterval() {
      double half = Interval.t(Math.max(1, pointCount - 2)) * slopeError;
      return new Interval(slope, slope - half, slope + half, pointCount);
    }
  }

  /**
   * The line in log-log coordinates: its slope is the exponent of a power law, 1 where y grows
   * linearly with x.
   *
   * @throws IllegalArgumentException if there are fewer than three points, or one is not positive
   */
  public static Line fitOfLogs(double[] x, double[] y) {
    return fit(logs(x), logs(y));
  }

  private static double[] logs(double[] values) {
    if (!Arrays.stream(values).allMatch(each -> each > 0)) {
      throw new IllegalArgumentException("logarithms of values=" + Arrays.toString(values));
    }
    return Arrays.stream(values).map(Math::log).toArray();
  }

  /**
   * A slope that is robust against steps, with its standard error: the series is cut into blocks of
   * equal length, and the line goes through their medians. Neighboring samples of a process are
   * alike, so that an error from single samples would be far too small.
   *
   * @throws IllegalArgumentException if there are fewer samples than three blocks
   */
  public static Line fitOfBlocks(double[] x, double[] y, int blockCount) {
    if (x.length < blockCount || blockCount < 3 || x.length != y.length) {
      throw new IllegalArgumentException(
          "blockCount=" + blockCount + " of sampleCount=" + x.length + " and " + y.length);
    }
    double[] blockX = new double[blockCount];
    double[] blockY = new double[blockCount];
    for (int i = 0; i < blockCount; i++) {
      int from = (int) ((long) i * x.length / blockCount);
      int to = (int) ((i + 1L) * x.length / blockCount);
      blockX[i] = median(Arrays.copyOfRange(x, from, to));
      blockY[i] = median(Arrays.copyOfRange(y, from, to));
    }
    return fit(blockX, blockY);
  }
}
