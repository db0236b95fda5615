package dev.segue.bench.report;

import java.util.List;
import java.util.stream.Stream;

/**
 * One figure of the report.
 *
 * @param what what was measured
 * @param target what it should be, in words
 * @param reached what it was, with its unit and interval
 * @param versus what stands beside it: peers, the other way of doing it; empty for none
 * @param verdict whether the target is reached
 * @param isPrimary whether it belongs into the short table of the README
 */
public record Figure(
    String what, String target, String reached, String versus, Verdict verdict, boolean isPrimary) {
  /** The verdict on a target. */
  public enum Verdict {
    /** The whole interval reaches it. */
    PASS,
    /** The whole interval falls short of it. */
    MISS,
    /** The interval straddles it: more forks are needed. */
    UNDECIDED,
    /** There is no target, or nothing to compare with. */
    INFO;

    /** The verdict against all of several: one that is not reached counts for all. */
    public static Verdict worst(List<Verdict> each) {
      return Stream.of(MISS, UNDECIDED).filter(each::contains).findFirst().orElse(PASS);
    }
  }

  /** A figure whose verdict was read off an interval. */
  public static Figure judged(
      String what, String target, String reached, String versus, Verdict verdict) {
    return new Figure(what, target, reached, versus, verdict, false);
  }

  /** A figure that is either reached or not, such as a count. */
  public static Figure of(
      String what, String target, String reached, String versus, boolean isReached) {
    return judged(what, target, reached, versus, isReached ? Verdict.PASS : Verdict.MISS);
  }

  /** A figure that nothing is asked of. */
  public static Figure info(String what, String reached, String versus) {
    return judged(what, "–", reached, versus, Verdict.INFO);
  }

  /** The same one, for the README as well. */
  public Figure primary() {
    return new Figure(what, target, reached, versus, verdict, true);
  }
}
