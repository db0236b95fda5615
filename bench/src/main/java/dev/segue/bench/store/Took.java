package dev.segue.bench.store;

import dev.segue.bench.harness.Rounds;

/**
 * The cost of a work.
 *
 * @param wallSeconds from the request to the end
 * @param cpuSeconds of the whole process
 * @param heapBytes allocated on the Java heap; NaN for programs without one
 */
record Took(double wallSeconds, double cpuSeconds, double heapBytes) {
  /**
   * Returns what a line says; the processor time is read off the process's clock, as it counts no
   * ticks.
   */
  static Took of(String line, double cpuSeconds) {
    return new Took(
        Rounds.field(line, "wall"),
        cpuSeconds,
        line.contains("heap=") ? Rounds.field(line, "heap") : Double.NaN);
  }
}
