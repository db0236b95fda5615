package dev.segue.bench.zenoh;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;

/**
 * Contenders that take turns, in an order that changes from round to round. Each round starts their
 * processes anew, so that it is a fork. One that fails is left out from then on, and the report
 * says so; if it is ours, the bench has failed.
 *
 * @param contenders all that might take part
 * @param rounds of the contender that is judged, and of the core in its style
 * @param otherRounds of the others; 0 leaves them out
 * @param section gets a remark for each that can't take part
 * @param log gets lines of progress
 */
public record Contest(
    List<Contender> contenders,
    int rounds,
    int otherRounds,
    Section section,
    Consumer<String> log) {
  /** Measures a contender once. */
  interface Measure {
    void of(Contender contender, Rounds results) throws IOException, InterruptedException;
  }

  /** The contenders whose library calls alone: the style that is judged. */
  public Contest called() {
    List<Contender> called =
        contenders.stream().filter(each -> each.style() == Contender.Style.CALLED).toList();
    return new Contest(called, rounds, otherRounds, section, log);
  }

  /** The same one with other rounds of the judged pair. */
  public Contest rounds(int count) {
    return new Contest(contenders, count, otherRounds, section, log);
  }

  /** The contender that is judged, and the core in its style, alone. */
  public Contest judgedPair() {
    return new Contest(contenders, rounds, 0, section, log);
  }

  private static boolean isOfJudgedPair(Contender contender) {
    return contender.isJudged()
        || (contender.system().equals(Contender.RUST)
            && contender.style() == Contender.Style.CALLED);
  }

  private int roundsOf(Contender contender) {
    return isOfJudgedPair(contender) ? rounds : otherRounds;
  }

  /** Returns the contenders that can play a role in a lane. */
  List<Contender> able(String role, String lane) {
    List<Contender> able = new ArrayList<>();
    for (Contender each : contenders) {
      if (roundsOf(each) == 0) {
        continue;
      }
      if (each.can(role, lane)) {
        able.add(each);
      } else {
        section.remark(
            each.name() + " takes no part over " + lane + ": it has no such lane or role.");
      }
    }
    return able;
  }

  /** Runs all rounds; the contenders that came through stand in {@code finished}. */
  Rounds run(String what, List<Contender> able, List<Contender> finished, Measure measure)
      throws InterruptedException {
    section.remark(
        what
            + ": rounds="
            + rounds
            + " of the contender that is judged and of the core in its style"
            + (able.stream().allMatch(Contest::isOfJudgedPair)
                ? ""
                : ", " + otherRounds + " of others")
            + ".");
    Rounds results = new Rounds();
    List<Contender> left = new ArrayList<>(able);
    int most = left.stream().mapToInt(this::roundsOf).max().orElse(0);
    for (int round = 0; round < most; round++) {
      for (Contender contender : Rounds.shuffled(able, round)) {
        if (round >= roundsOf(contender) || !left.contains(contender)) {
          continue;
        }
        try {
          measure.of(contender, results);
          log.accept(
              String.format(
                  Locale.ROOT, "%s round %d/%d %s", what, round + 1, most, contender.name()));
        } catch (IOException | RuntimeException e) {
          String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
          String text = contender.name() + " FAILED at " + what + ": " + message;
          var _ = contender.isOurs() ? section.failure(text) : section.remark(text);
          log.accept("FAILED " + what + " " + contender.name() + ": " + e.getMessage());
          left.remove(contender);
        }
      }
    }
    finished.addAll(left);
    return results;
  }

  /** The quantity of a contender, with its interval. */
  static Interval of(Rounds results, Contender contender, String quantity) {
    return Interval.of(results.of(contender.name(), quantity));
  }

  /** The quantity of a contender to that of the core in the same style; empty without one. */
  static Optional<Interval> toCore(
      Rounds results, List<Contender> finished, Contender contender, String quantity) {
    Optional<Contender> core =
        contender.isOurs() ? contender.core(finished) : Optional.<Contender>empty();
    return core.map(c -> paired(results, contender, c, quantity));
  }

  /** The quantity of a contender to that of another one, over the rounds that both ran. */
  static Interval paired(Rounds results, Contender contender, Contender to, String quantity) {
    double[] ours = results.of(contender.name(), quantity);
    double[] others = results.of(to.name(), quantity);
    int rounds = Math.min(ours.length, others.length);
    return Interval.ofRatio(Arrays.copyOf(ours, rounds), Arrays.copyOf(others, rounds));
  }

  /** Returns what others reached, for a figure's last column. */
  static String others(
      Rounds results,
      List<Contender> finished,
      Contender than,
      String quantity,
      DoubleFunction<String> format) {
    List<String> all = new ArrayList<>();
    for (Contender each : finished) {
      if (!each.isOurs() && each.style() == than.style() && !each.system().equals("mixed")) {
        all.add(each.name() + " " + format.apply(of(results, each, quantity).mid()));
      }
    }
    return String.join(", ", all);
  }
}
