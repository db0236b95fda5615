package dev.segue.bench.report;

import java.util.Arrays;
import java.util.function.DoubleFunction;

/**
 * A value of which several forks gave one sample each, with its 95 % confidence interval.
 *
 * @param mid the geometric mean of the forks
 * @param low the lower end; zero when there were too few forks for an interval
 * @param high the upper end; infinite when there were too few
 * @param forkCount how many samples it comes from
 */
public record Interval(double mid, double low, double high, int forkCount) {
  // Student's t, two-sided 95 %, for 1 to 30 degrees of freedom.
  private static final double[] T = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042
  };

  /**
   * That of positive samples, one a fork: Student's t over their logarithms, since times, rates and
   * ratios vary by factors.
   *
   * @throws IllegalArgumentException if there are none, or one is not positive
   */
  public static Interval of(double... forks) {
    if (forks.length == 0 || !Arrays.stream(forks).allMatch(each -> each > 0)) {
      throw new IllegalArgumentException("interval of forks=" + Arrays.toString(forks));
    }
    double[] logs = Arrays.stream(forks).map(Math::log).toArray();
    double mean = Arrays.stream(logs).average().orElseThrow();
    if (forks.length == 1) {
      return new Interval(forks[0], 0, Double.POSITIVE_INFINITY, 1);
    }
    double squares = Arrays.stream(logs).map(each -> (each - mean) * (each - mean)).sum();
    double error = Math.sqrt(squares / (forks.length - 1) / forks.length);
    double half = t(forks.length - 1) * error;
    return new Interval(Math.exp(mean), Math.exp(mean - half), Math.exp(mean + half), forks.length);
  }

  /**
   * That of samples that may be zero, one a fork, such as bytes of garbage: Student's t over the
   * samples themselves, around their arithmetic mean, never below zero.
   *
   * @throws IllegalArgumentException if there are none, or one is negative or not a number
   */
  public static Interval ofMean(double... forks) {
    if (forks.length == 0 || !Arrays.stream(forks).allMatch(each -> each >= 0)) {
      throw new IllegalArgumentException("interval of forks=" + Arrays.toString(forks));
    }
    double mean = Arrays.stream(forks).average().orElseThrow();
    if (forks.length == 1) {
      return new Interval(mean, 0, Double.POSITIVE_INFINITY, 1);
    }
    double squares = Arrays.stream(forks).map(each -> (each - mean) * (each - mean)).sum();
    double error = Math.sqrt(squares / (forks.length - 1) / forks.length);
    double half = t(forks.length - 1) * error;
    return new Interval(mean, Math.max(0, mean - half), mean + half, forks.length);
  }

  /**
   * That of ours to theirs, paired fork by fork: what drifts on the machine moves both alike.
   *
   * @throws IllegalArgumentException if they differ in number or there are none
   */
  public static Interval ofRatio(double[] ours, double[] theirs) {
    if (ours.length != theirs.length) {
      throw new IllegalArgumentException(
          "ratio of forkCount=" + ours.length + " to forkCount=" + theirs.length);
    }
    double[] ratios = new double[ours.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = ours[i] / theirs[i];
    }
    return of(ratios);
  }

  /** A value that is known exactly, such as a count. */
  public static Interval exactly(double value) {
    return new Interval(value, value, value, 1);
  }

  /** Student's factor for an interval of 95 %. */
  static double t(int degreesOfFreedom) {
    // Beyond the table that of 30: a little too wide.
    return T[Math.min(degreesOfFreedom, T.length) - 1];
  }

  /** Returns whether several forks bound it. */
  public boolean isBounded() {
    return Double.isFinite(high);
  }

  /** Passes below the limit, misses above it, and is undecided when the interval straddles it. */
  public Figure.Verdict atMost(double limit) {
    if (high <= limit) {
      return Figure.Verdict.PASS;
    }
    return low > limit ? Figure.Verdict.MISS : Figure.Verdict.UNDECIDED;
  }

  /** Passes above the limit, misses below it, and is undecided when the interval straddles it. */
  public Figure.Verdict atLeast(double limit) {
    if (low >= limit) {
      return Figure.Verdict.PASS;
    }
    return high < limit ? Figure.Verdict.MISS : Figure.Verdict.UNDECIDED;
  }

  /** The value and its ends: {@code 1.08× (1.02× – 1.14×)}. */
  public String text(DoubleFunction<String> format) {
    if (low == high) {
      return format.apply(mid);
    }
    return isBounded()
        ? format.apply(mid) + " (" + format.apply(low) + " – " + format.apply(high) + ")"
        : format.apply(mid) + " (one fork)";
  }
}
