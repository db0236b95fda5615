package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.count;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.LineChart;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Latency at fixed rates: frames are written whole, published at their intended times whether or
 * not the one before has arrived, and read whole. Latency counts from the intended time.
 */
public final class Paced {
  private static final String P50 = "p50";
  private static final String P99 = "p99";
  private static final String CPU = "cpu";
  private static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100};

  private final List<PacedRun.Load> loads;

  private Paced(List<PacedRun.Load> loads) {
    this.loads = loads;
  }

  /** Frames at 30 Hz in both lanes, and small messages at 1 kHz. */
  public static Paced all(long frameByteSize, double seconds) {
    return new Paced(
        List.of(
            new PacedRun.Load("shm", frameByteSize, 30, seconds),
            new PacedRun.Load("tcp", frameByteSize, 30, seconds),
            new PacedRun.Load("tcp", 1024, 1000, seconds / 2),
            new PacedRun.Load("shm", 65_536, 1000, seconds / 2)));
  }

  /** Frames at 30 Hz in shared memory, and small messages at 1 kHz over TCP. */
  public static Paced some(long frameByteSize, double seconds) {
    List<PacedRun.Load> all = all(frameByteSize, seconds).loads;
    return new Paced(List.of(all.get(0), all.get(2)));
  }

  /** Runs all contenders. */
  public void run(Contest contest) throws InterruptedException {
    boolean isFirst = true;
    for (PacedRun.Load load : loads) {
      // How much a stream costs by the style of receiving is asked of the first load alone.
      measure(load, isFirst ? contest : contest.judgedPair(), isFirst);
      isFirst = false;
    }
  }

  private static String what(PacedRun.Load load) {
    return bytes((double) load.byteSize())
        + " at "
        + digits(load.hertz())
        + " Hz, written and read, "
        + (load.lane().equals("shm") ? "shared memory" : "TCP");
  }

  private static void measure(PacedRun.Load load, Contest contest, boolean isPrimary)
      throws InterruptedException {
    Map<String, Histogram> histograms = new HashMap<>();
    Map<String, Long> lost = new HashMap<>();
    List<Contender> finished = new ArrayList<>();
    Rounds results =
        contest.run(
            what(load),
            contest.able("pacesub", load.lane()),
            finished,
            (contender, to) -> once(load, contender, to, histograms, lost));
    results.addTo(contest.section(), what(load) + " ns ");
    report(load, finished, results, histograms, lost, contest.section(), isPrimary);
  }

  private static void once(
      PacedRun.Load load,
      Contender contender,
      Rounds results,
      Map<String, Histogram> histograms,
      Map<String, Long> lost)
      throws IOException, InterruptedException {
    PacedRun run = PacedRun.of(contender, load);
    Histogram nanos = run.latencies().nanos();
    if (nanos.getTotalCount() == 0) {
      throw new IOException("nothing was received");
    }
    histograms.computeIfAbsent(contender.name(), key -> Latencies.empty()).add(nanos);
    lost.merge(contender.name(), run.sent() - run.latencies().received(), Long::sum);
    results.add(contender.name(), P50, Latencies.at(nanos, 50));
    results.add(contender.name(), P99, Latencies.at(nanos, 99));
    results.add(contender.name(), CPU, run.pubCpuNanos() + run.subCpuNanos());
    results.add(contender.name(), "cpu of the publisher", run.pubCpuNanos());
    results.add(contender.name(), "cpu of the subscriber", run.subCpuNanos());
  }

  private static void report(
      PacedRun.Load load,
      List<Contender> finished,
      Rounds results,
      Map<String, Histogram> histograms,
      Map<String, Long> lost,
      Section section,
      boolean isPrimary) {
    Table table =
        new Table(
            what(load),
            "p50",
            "p99",
            "p99.9",
            "max",
            "frames",
            "lost",
            "CPU per frame, publisher + subscriber",
            "p50 to rust, same style");
    LineChart chart =
        new LineChart(
            "paced", what(load) + ": latency by percentile", "1 / (1 - share)", "µs", true);
    for (Contender contender : finished) {
      Histogram all = histograms.getOrDefault(contender.name(), Latencies.empty());
      table.row(
          contender.name(),
          Contest.of(results, contender, P50).text(Units::time),
          Contest.of(results, contender, P99).text(Units::time),
          Latencies.text(all, 99.9),
          time(Latencies.at(all, 100)),
          count(all.getTotalCount()),
          count(lost.getOrDefault(contender.name(), 0L)),
          time(Contest.of(results, contender, "cpu of the publisher").mid())
              + " + "
              + time(Contest.of(results, contender, "cpu of the subscriber").mid()),
          Contest.toCore(results, finished, contender, P50)
              .map(interval -> interval.text(Units::ratio))
              .orElse(""));
      chart.series(contender.name(), shares(all), values(all));
    }
    section
        .add(table)
        .remark(
            what(load)
                + ": the first "
                + digits(load.warmUpSeconds())
                + " s of each fork warm up and count for nobody; `footprint` has what a start takes.");
    if (isPrimary && !finished.isEmpty()) {
      section.add(chart);
    }
    finished.stream()
        .filter(Contender::isJudged)
        .findFirst()
        .ifPresent(
            ours -> {
              Figure figure = figure(load, ours, finished, results, histograms, lost);
              section.add(isPrimary ? figure.primary() : figure);
            });
  }

  private static Figure figure(
      PacedRun.Load load,
      Contender ours,
      List<Contender> finished,
      Rounds results,
      Map<String, Histogram> histograms,
      Map<String, Long> lost) {
    Optional<Interval> toCore = Contest.toCore(results, finished, ours, P50);
    return Figure.info(
        what(load) + ", from the intended time (handler)",
        row(ours, results, histograms, lost),
        toCore
            .map(
                interval ->
                    interval.text(Units::ratio)
                        + " rust callback's p50; rust callback "
                        + row(ours.core(finished).orElseThrow(), results, histograms, lost))
            .orElse("no Rust core to compare with"));
  }

  private static String row(
      Contender who, Rounds results, Map<String, Histogram> histograms, Map<String, Long> lost) {
    long missing = lost.getOrDefault(who.name(), 0L);
    return "p50 "
        + Contest.of(results, who, P50).text(Units::time)
        + ", p99 "
        + time(Contest.of(results, who, P99).mid())
        + ", "
        + Latencies.tail(histograms.getOrDefault(who.name(), Latencies.empty()))
        + ", CPU "
        + time(Contest.of(results, who, CPU).mid())
        + (missing == 0 ? "" : ", LOST " + count(missing));
  }

  private static double[] shares(Histogram all) {
    return java.util.Arrays.stream(PERCENTILES)
        .map(each -> 1 / Math.max(1 - each / 100, 1.0 / Math.max(1, all.getTotalCount())))
        .toArray();
  }

  private static double[] values(Histogram all) {
    return java.util.Arrays.stream(PERCENTILES)
        .map(each -> Math.max(0.001, Latencies.at(all, each) / 1e3))
        .toArray();
  }
}
