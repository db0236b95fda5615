package dev.segue.bench.report;

/**
 * One figure of the report.
 *
 * @param what what was measured
 * @param target what it should be, in words
 * @param reached what it was, with its unit
 * @param ratio against peers or against the other way of doing it; empty for none
 * @param verdict whether the target is reached
 */
public record Figure(String what, String target, String reached, String ratio, Verdict verdict) {
  /** Whether a target is reached. */
  public enum Verdict {
    /** It is. */
    PASS,
    /** It is not. */
    MISS,
    /** There is no target, or nothing to compare with. */
    INFO
  }

  /** A figure with a target. */
  public static Figure of(
      String what, String target, String reached, String ratio, boolean isReached) {
    return new Figure(what, target, reached, ratio, isReached ? Verdict.PASS : Verdict.MISS);
  }

  /** A figure that nothing is asked of. */
  public static Figure info(String what, String reached, String ratio) {
    return new Figure(what, "–", reached, ratio, Verdict.INFO);
  }
}
