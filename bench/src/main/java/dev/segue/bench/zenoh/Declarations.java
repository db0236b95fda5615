package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.ProcessSample;
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

/**
 * Measures declaring and undeclaring each kind of entity in a session that is connected to another
 * one, and many liveliness tokens.
 */
public final class Declarations {
  private static final List<String> ENTITIES =
      List.of("publisher", "subscriber", "queryable", "querier", "token");
  private static final String DECLARED = "declared";
  private static final String CAME = "came";
  private static final String ENDED = "ended";
  private static final String RESIDENT = "resident";
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final int count;
  private final int tokens;
  private final double target;

  /**
   * Declarations of each kind, a third of a round, and so many tokens at a time.
   *
   * @param target what the ratio to the Rust core may be at most
   */
  public Declarations(int count, int tokens, double target) {
    this.count = count;
    this.tokens = tokens;
    this.target = target;
  }

  /** Runs all contenders. */
  public void run(Contest contest) throws InterruptedException {
    each(contest);
    tokens(contest);
  }

  private void each(Contest contest) throws InterruptedException {
    Section section = contest.section();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run("declare", contest.able("declare", "tcp"), finished, this::measureEach);
    results.addTo(section, "declare and undeclare, ns ");
    List<String> columns = new ArrayList<>(ENTITIES);
    columns.addFirst("declare and undeclare, p50");
    Table table = new Table(columns.toArray(String[]::new));
    for (Contender each : finished) {
      List<String> row = new ArrayList<>(List.of(each.name()));
      for (String entity : ENTITIES) {
        row.add(Contest.of(results, each, entity).text(Units::time));
        if (each.isJudged()) {
          figure(entity, each, finished, results).ifPresent(section::add);
        }
      }
      table.row(row.toArray(String[]::new));
    }
    section.add(table);
  }

  private Optional<Figure> figure(
      String entity, Contender ours, List<Contender> finished, Rounds results) {
    Optional<Interval> toCore = Contest.toCore(results, finished, ours, entity);
    return toCore.map(
        to ->
            Figure.judged(
                "declare and undeclare a " + entity + ", p50",
                "≤ " + ratio(target) + " rust",
                Contest.of(results, ours, entity).text(Units::time),
                to.text(Units::ratio)
                    + " rust; "
                    + Contest.others(results, finished, ours, entity, Units::time),
                to.atMost(target)));
  }

  private void measureEach(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    measure(
        contender,
        "declare",
        count,
        (declare, _) -> {
          declare.awaitSuccess(TIMEOUT);
          for (String entity : ENTITIES) {
            // The first round warms up.
            List<Child.Line> lines = declare.lines("declare " + entity);
            double nanos =
                lines.stream()
                        .skip(1)
                        .mapToDouble(line -> Rounds.field(line.text(), "p50_us"))
                        .average()
                        .orElseThrow()
                    * 1e3;
            results.add(contender.name(), entity, nanos);
          }
        });
  }

  /** A measurement of a process that declares, connected to one that answers. */
  private interface Measurement {
    void of(Child declare, Child answer) throws IOException, InterruptedException;
  }

  private void measure(Contender contender, String role, int size, Measurement measurement)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    try (Child answer =
        Child.start(
            contender.name() + " answer",
            contender.command("answer", "tcp", endpoint, "8", Integer.toString(tokens)))) {
      answer.awaitReady();
      try (Child declare =
          Child.start(
              contender.name() + " " + role,
              contender.command(role, "tcp", endpoint, Integer.toString(size)))) {
        measurement.of(declare, answer);
      }
    }
  }

  private void tokens(Contest contest) throws InterruptedException {
    Section section = contest.section();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run("tokens", contest.able("tokens", "tcp"), finished, this::measureTokens);
    results.addTo(section, "tokens ");
    Table table =
        new Table(
            tokens + " liveliness tokens, another process subscribes",
            "declared",
            "the last one came",
            "undeclared",
            "memory of a token");
    for (Contender each : finished) {
      Interval declared = Contest.of(results, each, DECLARED);
      String memory = bytes(Contest.of(results, each, RESIDENT).mid());
      table.row(
          each.name(),
          declared.text(Units::time),
          time(Contest.of(results, each, CAME).mid()),
          time(Contest.of(results, each, ENDED).mid()),
          memory);
      if (each.isJudged()) {
        section.add(
            Figure.info(
                tokens + " liveliness tokens declared",
                declared.text(Units::time) + ", " + memory + " each",
                Contest.others(results, finished, each, DECLARED, Units::time)));
      }
    }
    section.add(table);
  }

  private void measureTokens(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    measure(
        contender,
        "tokens",
        tokens,
        (declare, answer) -> {
          declare.awaitLines("tokens begin"::equals, 1, TIMEOUT);
          long before = resident(declare);
          declare.awaitLines(line -> line.contains("declared_us"), 1, TIMEOUT);
          answer.awaitLines("tokens came"::equals, 1, TIMEOUT);
          long after = resident(declare);
          declare.send("");
          declare.awaitSuccess(TIMEOUT);
          double began = declare.lines("tokens begin").getFirst().nanoTime();
          double came = answer.lines("tokens came").getFirst().nanoTime();
          results.add(contender.name(), DECLARED, nanos(declare, " declared_us"));
          results.add(contender.name(), ENDED, nanos(declare, "undeclared_us"));
          results.add(contender.name(), CAME, came - began);
          results.add(contender.name(), RESIDENT, (double) Math.max(1, after - before) / tokens);
        });
  }

  private static double nanos(Child child, String field) {
    return Rounds.field(child.lines(field).getFirst().text(), field.strip()) * 1e3;
  }

  private static long resident(Child child) throws IOException {
    return ProcessSample.of(child.pid())
        .orElseThrow(() -> child.failure("is gone, or no /proc"))
        .residentByteSize();
  }
}
