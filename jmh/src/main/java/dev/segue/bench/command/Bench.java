package dev.segue.bench.command;

import dev.segue.bench.report.Section;

/**
 * One bench of the command.
 *
 * @param name on the command line
 * @param claim what it is to show, one sentence
 * @param isPrimary whether a quick run has it
 * @param work fills the section
 */
record Bench(String name, String claim, boolean isPrimary, Work work) {
  /** Measures. */
  interface Work {
    void run(Context context, Section section) throws Exception;
  }

  /** One that a quick run has as well. */
  static Bench primary(String name, String claim, Work work) {
    return new Bench(name, claim, true, work);
  }

  /** One that only a full run has. */
  static Bench further(String name, String claim, Work work) {
    return new Bench(name, claim, false, work);
  }
}
