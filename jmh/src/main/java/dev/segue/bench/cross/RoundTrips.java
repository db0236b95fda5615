package dev.segue.bench.cross;

import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A payload to another process and an acknowledgement of 8 bytes back. */
public final class RoundTrips {
  private static final String TRIP = "p50";
  private static final String TAIL = "p99";
  private static final String PUT = "put";
  private static final String CPU = "cpu";
  private static final int PING_ROUNDS = 3;

  private final String lane;
  private final long byteSize;
  private final int count;
  private final double target;

  /**
   * Round trips of one kind.
   *
   * @param lane {@code shm} or {@code tcp}
   * @param count round trips in one of the three rounds of a process; the first one warms up
   * @param target what the ratio to the Rust core may be at most
   */
  public RoundTrips(String lane, long byteSize, int count, double target) {
    this.lane = lane;
    this.byteSize = byteSize;
    this.count = count;
    this.target = target;
  }

  /** Runs all contenders, one after the other, {@code rounds} times. */
  public void run(List<Contender> contenders, int rounds, Section section, Consumer<String> log)
      throws IOException, InterruptedException {
    Round.Results results = new Round.Results();
    for (int round = 0; round < rounds; round++) {
      for (Contender contender : contenders) {
        measure(contender, results);
        double[] trips = results.of(contender, TRIP);
        log.accept(
            lane
                + " round "
                + (round + 1)
                + "/"
                + rounds
                + " "
                + contender.name()
                + ": p50 "
                + time(trips[trips.length - 1]));
      }
    }
    report(contenders, results, section);
  }

  private void measure(Contender contender, Round.Results results)
      throws IOException, InterruptedException {
    String endpoint = SampleFeed.freeEndpoint();
    try (Child echo =
        Child.start(contender.name() + " echo", contender.command("echo", lane, endpoint))) {
      echo.awaitReady();
      List<String> command =
          contender.command(
              "ping", lane, endpoint, Integer.toString(count), Long.toString(byteSize));
      try (Child ping = Child.start(contender.name() + " ping", command)) {
        // Processor time of both processes during the second round; the third one's end is too
        // near to the process's.
        ping.awaitLines(line -> line.contains("round trip"), 1, Duration.ofMinutes(3));
        double echoBefore = echo.cpuSeconds();
        ping.awaitLines(line -> line.contains("round trip"), 2, Duration.ofMinutes(3));
        double echoAfter = echo.cpuSeconds();
        ping.awaitSuccess(Duration.ofMinutes(3));
        List<Child.Line> trips = ping.lines("round trip");
        List<Child.Line> puts = ping.lines(" put ");
        double pingCpu = trips.get(1).cpuSeconds() - trips.get(0).cpuSeconds();
        results.add(contender, CPU, (pingCpu + echoAfter - echoBefore) * 1e9 / count);
        results.add(contender, TRIP, warm(trips, "p50_us"));
        results.add(contender, TAIL, warm(trips, "p99_us"));
        results.add(contender, PUT, warm(puts, "p50_us"));
      }
    }
  }

  /** The mean of what the rounds after the first one say, in nanoseconds. */
  private static double warm(List<Child.Line> lines, String field) {
    return lines.subList(1, PING_ROUNDS).stream()
            .mapToDouble(line -> Round.field(line.text(), field))
            .average()
            .orElseThrow()
        * 1e3;
  }

  private void report(List<Contender> contenders, Round.Results results, Section section) {
    Optional<Contender> rust = contenders.stream().filter(c -> c.name().equals("rust")).findFirst();
    Table table =
        new Table(
            lane + ", 11.25 MiB",
            "p50",
            "rounds",
            "p99",
            "inside put",
            "CPU per round trip",
            "p50 to rust");
    BarChart chart =
        new BarChart(
            "round-trip-" + lane,
            "11.25 MiB to another process and an ack back, " + lane + ", p50",
            value -> time(value));
    for (Contender contender : contenders) {
      double[] trips = results.of(contender, TRIP);
      double median = Stats.median(trips);
      table.row(
          contender.name(),
          time(median),
          time(Stats.percentile(trips, 1)) + " – " + time(Stats.percentile(trips, 100)),
          time(Stats.median(results.of(contender, TAIL))),
          time(Stats.median(results.of(contender, PUT))),
          time(Stats.median(results.of(contender, CPU))),
          rust.map(r -> ratio(Stats.pairedRatio(trips, results.of(r, TRIP)))).orElse(""));
      chart.bar(lane, contender.name(), median);
    }
    section.add(table).add(chart);
    contenders.stream()
        .filter(Contender::isOurs)
        .min(Comparator.comparingDouble(c -> Stats.median(results.of(c, TRIP))))
        .ifPresent(best -> section.add(figure(best, rust, results)));
  }

  private Figure figure(Contender best, Optional<Contender> rust, Round.Results results) {
    String what = "11.25 MiB to another process and an ack back, " + lane + ", p50";
    String reached = time(Stats.median(results.of(best, TRIP))) + " (" + best.name() + ")";
    if (rust.isEmpty()) {
      return Figure.info(what, reached, "no Rust core to compare with");
    }
    double toRust = Stats.pairedRatio(results.of(best, TRIP), results.of(rust.get(), TRIP));
    return Figure.of(
        what,
        "≤ " + ratio(target) + " the Rust core",
        reached,
        ratio(toRust) + " of " + time(Stats.median(results.of(rust.get(), TRIP))),
        toRust <= target);
  }
}
