package dev.segue.bench;

import dev.segue.bench.report.Section;

/**
 * One bench of the command.
 *
 * @param name on the command line
 * @param claim what it is to show, one sentence
 * @param work fills the section
 */
record Bench(String name, String claim, Work work) {
  /** Measures. */
  interface Work {
    void run(Context context, Section section) throws Exception;
  }
}
