package dev.segue.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * One axis of a {@link LineChart}.
 *
 * @param label what it counts
 * @param logBase the base whose powers are ticks of a logarithmic axis, or 0 for a linear one from
 *     0
 * @param format how a tick is written
 */
public record Axis(String label, int logBase, DoubleFunction<String> format) {
  private static final int MOST_TICKS = 9;

  /** A linear axis from zero. */
  public static Axis linear(String label, DoubleFunction<String> format) {
    return new Axis(label, 0, format);
  }

  /** A logarithmic axis. */
  public static Axis logarithmic(String label, int base, DoubleFunction<String> format) {
    return new Axis(label, base, format);
  }

  /** Round values that enclose all from {@code least} to {@code most}. */
  List<Double> ticks(double least, double most) {
    return logBase == 0 ? linearTicks(most) : powers(least, most);
  }

  private static List<Double> linearTicks(double most) {
    double top = most <= 0 ? 1 : most;
    double rough = top / 5;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double step = 10 * power;
    for (double factor : new double[] {1, 2, 2.5, 5}) {
      if (factor * power >= rough) {
        step = factor * power;
        break;
      }
    }
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i == 0 || ticks.getLast() < top; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private List<Double> powers(double least, double most) {
    int low = (int) Math.floor(log(least) + 1e-9);
    int high = Math.max(low + 1, (int) Math.ceil(log(most) - 1e-9));
    int stride = Math.max(1, Math.ceilDiv(high - low, MOST_TICKS));
    List<Double> ticks = new ArrayList<>();
    for (int power = low; power < high + stride; power += stride) {
      ticks.add(Math.pow(logBase, power));
    }
    return ticks;
  }

  private double log(double value) {
    return Math.log(value) / Math.log(logBase);
  }

  /** Where a value lies between two ticks: 0 at {@code low}, 1 at {@code high}. */
  double position(double value, double low, double high) {
    return logBase == 0
        ? (value - low) / (high - low)
        : (log(value) - log(low)) / (log(high) - log(low));
  }
}
