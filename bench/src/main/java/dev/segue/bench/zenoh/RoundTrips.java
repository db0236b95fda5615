package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.peers.SeguePeer;
import dev.segue.bench.report.BarChart;
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
 * A payload to another process and an acknowledgement of 8 bytes back, or a query and the payload
 * back. Nobody writes or reads the payload: in shared memory it is its descriptor that travels.
 */
public final class RoundTrips {
  private static final String TRIP = "p50";
  private static final String TAIL = "p99";
  private static final String INSIDE = "inside";
  private static final String CPU = "cpu";
  private static final String WAITING =
      "; ours spins for up to 200 µs before it sleeps, rust's sleeps at once";
  private static final int PING_ROUNDS = 3;
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private static final double TARGET_TO_ZENOH_JAVA = 0.6;

  private final Kind kind;
  private final String lane;
  private final long byteSize;
  private final int count;
  private final double target;

  /** The kinds of round trips. */
  public enum Kind {
    /** A payload, and an acknowledgement. */
    FRAME("trip", "echo", "ping", "put"),
    /** A query without a payload, one answer with it, and the end of the answers. */
    QUERY("query", "answer", "ask", "get");

    private final String prefix;
    private final String answering;
    private final String asking;
    private final String call;

    Kind(String prefix, String answering, String asking, String call) {
      this.prefix = prefix;
      this.answering = answering;
      this.asking = asking;
      this.call = call;
    }
  }

  /**
   * Round trips of one kind.
   *
   * @param lane {@code shm} or {@code tcp}
   * @param count round trips in one of the three rounds of a process; the first one warms up
   * @param target what the ratio to the Rust core may be at most, in the same style
   */
  public RoundTrips(Kind kind, String lane, long byteSize, int count, double target) {
    this.kind = kind;
    this.lane = lane;
    this.byteSize = byteSize;
    this.count = count;
    this.target = target;
  }

  private String what() {
    String payload = (lane.equals("shm") ? "descriptor of " : "") + Units.bytes((double) byteSize);
    String trip =
        switch (kind) {
          case FRAME -> payload + " to another process and an ack back";
          case QUERY -> "query to another process and " + payload + " back";
        };
    return trip + ", " + (lane.equals("shm") ? "shared memory" : "TCP");
  }

  /** Runs all contenders. */
  public void run(Contest contest) throws InterruptedException {
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run(
            kind.prefix + "-" + lane + size(),
            contest.able(kind.asking, lane),
            finished,
            this::measure);
    results.addTo(contest.section(), lane + size() + " ns ");
    report(finished, results, contest.section());
  }

  /** Queries are of several sizes in one section. */
  private String size() {
    return kind == Kind.QUERY ? " " + byteSize + " B" : "";
  }

  /** Returns the p50 of a put's duration in nanoseconds, while another process receives. */
  public double putNanos(String receiving) throws IOException, InterruptedException {
    Contender ours = SeguePeer.contender(receiving);
    Rounds results = new Rounds();
    measure(ours, results);
    return results.of(ours.name(), INSIDE)[0];
  }

  private void measure(Contender contender, Rounds results)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    try (Child echo =
        Child.start(
            contender.name() + " " + kind.answering,
            contender.command(kind.answering, lane, endpoint, Long.toString(byteSize)))) {
      echo.awaitReady();
      List<String> command =
          contender.command(
              kind.asking, lane, endpoint, Integer.toString(count), Long.toString(byteSize));
      try (Child ping = Child.start(contender.name() + " " + kind.asking, command)) {
        // Processor time of both processes during the second round; the third one's end is too
        // near to the process's.
        ping.awaitLines(line -> line.contains("round trip"), 1, TIMEOUT);
        double echoBefore = echo.cpuSeconds();
        ping.awaitLines(line -> line.contains("round trip"), 2, TIMEOUT);
        double echoAfter = echo.cpuSeconds();
        ping.awaitSuccess(TIMEOUT);
        List<Child.Line> trips = ping.lines("round trip");
        List<Child.Line> calls = ping.lines(" " + kind.call + " ");
        double pingCpu = trips.get(1).cpuSeconds() - trips.get(0).cpuSeconds();
        // The kernel counts in ticks: a short round may have none.
        double cpuNanos = Math.max(1, (pingCpu + echoAfter - echoBefore) * 1e9 / count);
        results.add(contender.name(), CPU, cpuNanos);
        results.add(contender.name(), TRIP, warm(trips, "p50_us"));
        results.add(contender.name(), TAIL, warm(trips, "p99_us"));
        results.add(contender.name(), INSIDE, warm(calls, "p50_us"));
      }
    }
  }

  /** The mean of what the rounds after the first one say, in nanoseconds. */
  private static double warm(List<Child.Line> lines, String field) {
    return lines.subList(1, PING_ROUNDS).stream()
            .mapToDouble(line -> Rounds.field(line.text(), field))
            .average()
            .orElseThrow()
        * 1e3;
  }

  private void report(List<Contender> finished, Rounds results, Section section) {
    Table table =
        new Table(
            what(),
            "p50",
            "p99",
            "inside " + kind.call,
            "CPU per round trip",
            "p50 to rust, same style");
    BarChart chart = new BarChart("round-trip-" + lane, what() + ", p50", "µs");
    for (Contender contender : finished) {
      Interval trip = Contest.of(results, contender, TRIP);
      table.row(
          contender.name(),
          trip.text(Units::time),
          time(Contest.of(results, contender, TAIL).mid()),
          time(Contest.of(results, contender, INSIDE).mid()),
          time(Contest.of(results, contender, CPU).mid()),
          Contest.toCore(results, finished, contender, TRIP)
              .map(interval -> interval.text(Units::ratio))
              .orElse(""));
      chart.bar(
          contender.style().toString().toLowerCase(java.util.Locale.ROOT),
          contender.system(),
          new Interval(trip.mid() / 1e3, trip.low() / 1e3, trip.high() / 1e3, trip.forkCount()));
    }
    section.add(table);
    boolean isPrimary = kind == Kind.FRAME && lane.equals("shm");
    if (isPrimary) {
      section.add(chart);
    }
    for (Contender ours : finished) {
      if (ours.isJudged()) {
        Figure figure = figure(ours, finished, results);
        section.add(isPrimary ? figure.primary() : figure);
        toZenohJava(ours, finished, results).ifPresent(section::add);
      }
    }
  }

  /** Of queries: the official Java binding is to be left well behind. */
  private Optional<Figure> toZenohJava(Contender ours, List<Contender> finished, Rounds results) {
    if (kind != Kind.QUERY) {
      return Optional.empty();
    }
    return finished.stream()
        .filter(each -> each.system().equals(Contender.ZENOH_JAVA))
        .findFirst()
        .map(
            other -> {
              Interval ratio = Contest.paired(results, ours, other, TRIP);
              return Figure.judged(
                  what() + ", p50 beside zenoh-java",
                  "≤ " + ratio(TARGET_TO_ZENOH_JAVA) + " zenoh-java",
                  ratio.text(Units::ratio),
                  "zenoh-java " + Contest.of(results, other, TRIP).text(Units::time),
                  ratio.atMost(TARGET_TO_ZENOH_JAVA));
            });
  }

  private Figure figure(Contender ours, List<Contender> finished, Rounds results) {
    String reached =
        Contest.of(results, ours, TRIP).text(Units::time)
            + ", p99 "
            + time(Contest.of(results, ours, TAIL).mid())
            + ", CPU "
            + time(Contest.of(results, ours, CPU).mid());
    Optional<Interval> toCore = Contest.toCore(results, finished, ours, TRIP);
    if (toCore.isEmpty()) {
      return Figure.info(what() + ", p50 (handler)", reached, "no Rust core to compare with");
    }
    Contender core = ours.core(finished).orElseThrow();
    return Figure.judged(
        what() + ", p50 (handler)",
        "≤ " + ratio(target) + " rust callback",
        reached,
        toCore.get().text(Units::ratio)
            + " rust callback; "
            + Contest.others(results, finished, ours, TRIP, Units::time)
            + "; rust callback's p99 "
            + time(Contest.of(results, core, TAIL).mid())
            + ", CPU "
            + time(Contest.of(results, core, CPU).mid())
            + WAITING,
        toCore.get().atMost(target));
  }
}
