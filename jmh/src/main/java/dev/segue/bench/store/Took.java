package dev.segue.bench.store;

import dev.segue.bench.cross.Round;

/**
 * What a work took.
 *
 * @param wallSeconds from the request to the end
 * @param cpuSeconds of the whole process
 * @param heapBytes allocated on the Java heap; NaN for programs without one
 */
record Took(double wallSeconds, double cpuSeconds, double heapBytes) {
  static Took of(String line) {
    return new Took(
        Round.field(line, "wall"),
        Round.field(line, "cpu"),
        line.contains("heap=") ? Round.field(line, "heap") : Double.NaN);
  }
}
