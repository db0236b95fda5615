package dev.segue.cli.zenoh;

import picocli.CommandLine.Option;

/** Ends a command before Ctrl-C: after a number of samples or a time. */
final class Limit {
  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "End after this many (default: no limit).")
  private long count = Long.MAX_VALUE;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "End after this time (default: at Ctrl-C).")
  private double seconds = Double.POSITIVE_INFINITY;

  private long start;

  /** Checks the numbers. */
  void check() {
    if (count < 1) {
      throw new IllegalArgumentException("--count " + count + ": at least 1");
    }
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds " + seconds + ": positive");
    }
  }

  /** The time begins. */
  void start() {
    start = System.nanoTime();
  }

  /** The number of samples. */
  long count() {
    return count;
  }

  /** Returns whether the time is up. */
  boolean isOver() {
    return (System.nanoTime() - start) / 1e9 >= seconds;
  }
}
