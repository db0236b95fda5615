package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.rate;
import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Queries that several threads ask at a time, each of them one after the other, over TCP. */
public final class QueryRates {
  private static final int BYTE_SIZE = 8;
  private static final String ASKED = "asked";
  private static final String CPU = "cpu";
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final int askers;
  private final int seconds;
  private final double target;

  /**
   * Queries of so many threads, for so many seconds.
   *
   * @param target what the ratio to the Rust core is to be at least
   */
  public QueryRates(int askers, int seconds, double target) {
    this.askers = askers;
    this.seconds = seconds;
    this.target = target;
  }

  /** Runs all contenders. */
  public void run(Contest contest) throws InterruptedException {
    Section section = contest.section();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run("queries", contest.able("askmany", "tcp"), finished, this::measure);
    results.addTo(section, "queries ");
    String what = "queries over TCP, " + askers + " askers, answers of " + BYTE_SIZE + " B";
    Table table = new Table(what, "answered", "CPU per query", "to rust");
    for (Contender each : finished) {
      Optional<Interval> toCore = Contest.toCore(results, finished, each, ASKED);
      table.row(
          each.name(),
          Contest.of(results, each, ASKED).text(Units::rate),
          time(Contest.of(results, each, CPU).mid()),
          toCore.map(interval -> interval.text(Units::ratio)).orElse(""));
      if (each.isJudged() && toCore.isPresent()) {
        section.add(
            Figure.judged(
                what,
                "≥ " + ratio(target) + " rust",
                Contest.of(results, each, ASKED).text(Units::rate),
                toCore.get().text(Units::ratio)
                    + " rust; "
                    + Contest.others(results, finished, each, ASKED, Units::rate),
                toCore.get().atLeast(target)));
      } else if (each.isJudged()) {
        section.add(
            Figure.info(
                what,
                rate(Contest.of(results, each, ASKED).mid()),
                "no Rust core to compare with"));
      }
    }
    section.add(table);
  }

  private void measure(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    String byteSize = Integer.toString(BYTE_SIZE);
    try (Child answer =
        Child.start(
            contender.name() + " answer", contender.command("answer", "tcp", endpoint, byteSize))) {
      answer.awaitReady();
      List<String> command =
          contender.command(
              "askmany",
              "tcp",
              endpoint,
              byteSize,
              Integer.toString(askers),
              Integer.toString(seconds));
      try (Child ask = Child.start(contender.name() + " askmany", command)) {
        ask.awaitLines("asking"::equals, 1, TIMEOUT);
        double before = answer.cpuSeconds();
        ask.awaitLines(line -> line.startsWith("asked"), 1, TIMEOUT);
        double after = answer.cpuSeconds();
        ask.awaitSuccess(TIMEOUT);
        Child.Line end = ask.lines("asked").getFirst();
        double asking = end.cpuSeconds() - ask.lines("asking").getFirst().cpuSeconds();
        double count = Rounds.field(end.text(), "count");
        results.add(contender.name(), ASKED, Rounds.field(end.text(), "queries_per_s"));
        results.add(contender.name(), CPU, Math.max(1, (asking + after - before) * 1e9 / count));
      }
    }
  }
}
