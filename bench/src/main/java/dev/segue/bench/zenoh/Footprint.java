package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.ProcessSample;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Measures the cost of an idle session, and a process's time to its first message. */
public final class Footprint {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final double PACE_HERTZ = 1000;
  private static final int PACE_SECONDS = 20;

  private final int seconds;
  private final int starts;

  /** Looks at idle processes for so many seconds, and starts each program so often. */
  public Footprint(int seconds, int starts) {
    this.seconds = seconds;
    this.starts = starts;
  }

  /** Runs ours and the core in each style. */
  public void run(Contest contest) throws InterruptedException {
    Contest once = new Contest(contest.contenders(), 1, 1, contest.section(), contest.log());
    idle(once);
    cold(new Contest(contest.contenders(), starts, 0, contest.section(), contest.log()));
  }

  private void idle(Contest contest) throws InterruptedException {
    Section section = contest.section();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run("idle", contest.able("pacesub", "tcp"), finished, this::measureIdle);
    Table table = new Table("idle subscriber", "CPU, % of a core", "resident", "threads");
    for (Contender each : finished) {
      table.row(
          each.name(),
          digits(results.of(each.name(), "cpu percent")[0]) + " %",
          bytes(results.of(each.name(), "resident bytes")[0]),
          digits(results.of(each.name(), "threads")[0]));
      if (each.isJudged()) {
        section.add(
            Figure.info(
                "idle session with a subscriber (handler)",
                bytes(results.of(each.name(), "resident bytes")[0])
                    + " resident, "
                    + digits(results.of(each.name(), "threads")[0])
                    + " threads, CPU "
                    + digits(results.of(each.name(), "cpu percent")[0])
                    + " % of a core",
                ""));
      }
    }
    section.add(table);
    results.addTo(section, "idle ");
  }

  private void measureIdle(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    try (Child sub =
        Child.start(
            contender.name() + " idle", contender.command("pacesub", "tcp", Endpoints.free()))) {
      sub.awaitReady();
      Thread.sleep(1000);
      double before = sub.cpuSeconds();
      Thread.sleep(Duration.ofSeconds(seconds));
      double used = sub.cpuSeconds() - before;
      ProcessSample held =
          ProcessSample.of(sub.pid()).orElseThrow(() -> sub.failure("is gone, or no /proc"));
      results.add(contender.name(), "cpu percent", 100 * used / seconds);
      results.add(contender.name(), "resident bytes", (double) held.residentByteSize());
      results.add(contender.name(), "threads", held.threadCount());
    }
  }

  private void cold(Contest contest) throws InterruptedException {
    Section section = contest.section();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run("cold start", contest.able("coldput", "tcp"), finished, this::measureCold);
    Table table = new Table("cold start", "to the end of the first put", "to the first sample");
    for (Contender each : finished) {
      table.row(
          each.name(),
          Contest.of(results, each, "first put").text(Units::time),
          Contest.of(results, each, "first sample").text(Units::time));
      if (each.isJudged()) {
        section.add(
            Figure.info(
                "cold start of a process to its first put, to its first sample",
                time(Contest.of(results, each, "first put").mid())
                    + ", "
                    + time(Contest.of(results, each, "first sample").mid()),
                Contest.others(results, finished, each, "first put", Units::time)));
      }
    }
    section.add(table);
    results.addTo(section, "ns to the ");
  }

  private void measureCold(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    try (Child sub =
        Child.start(contender.name() + " pacesub", contender.command("pacesub", "tcp", endpoint))) {
      sub.awaitReady();
      results.add(contender.name(), "first put", first(contender, "coldput", "put", endpoint));
    }
    endpoint = Endpoints.free();
    List<String> send =
        contender.command(
            "pacepub",
            "tcp",
            "listen/" + endpoint,
            "1024",
            String.format(Locale.ROOT, "%.0f", PACE_HERTZ),
            Integer.toString(PACE_SECONDS));
    try (Child pub = Child.start(contender.name() + " pacepub", send)) {
      pub.awaitLines("paced begin"::equals, 1, TIMEOUT);
      results.add(
          contender.name(), "first sample", first(contender, "coldsub", "sample", endpoint));
    }
  }

  private static double first(Contender contender, String role, String what, String endpoint)
      throws IOException, InterruptedException {
    String spawned = Long.toString(System.nanoTime());
    try (Child child =
        Child.start(
            contender.name() + " " + role, contender.command(role, "tcp", endpoint, spawned))) {
      String field = "first_" + what + "_ns";
      child.awaitLines(line -> line.startsWith(field), 1, TIMEOUT);
      return Rounds.field(child.lines(field).getFirst().text(), field);
    }
  }
}
