package dev.segue.zenoh;

/** Reads counters from the core's Prometheus text. */
final class CoreMetrics {
  private CoreMetrics() {}

  /** The sum of the samples of a metric whose name ends so, with or without {@code _total}. */
  static long sum(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> !line.startsWith("#"))
        .filter(line -> isOf(line, name))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static boolean isOf(String line, String name) {
    int end = line.indexOf('{');
    String metric = line.substring(0, end < 0 ? line.indexOf(' ') : end);
    return metric.endsWith(name) || metric.endsWith(name + "_total");
  }
}
