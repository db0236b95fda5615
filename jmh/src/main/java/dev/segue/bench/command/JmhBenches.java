package dev.segue.bench.command;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.Frame;
import dev.segue.bench.FromSegmentsBench;
import dev.segue.bench.LendBench;
import dev.segue.bench.LendSegmentCountBench;
import dev.segue.bench.LendSizeBench;
import dev.segue.bench.LivePutGarbageBench;
import dev.segue.bench.PollGarbageBench;
import dev.segue.bench.PublishStepBench;
import dev.segue.bench.PutGarbageBench;
import dev.segue.bench.ReadBench;
import dev.segue.bench.TryPutBench;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.LineChart;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import dev.segue.bench.zenoh.RoundTrips;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.runner.RunnerException;

/** The benches that are JMH classes: what they run and how their results are judged. */
final class JmhBenches {
  private static final double MOST_LEND_NANOS = 1_000;
  private static final double MOST_STEP_NANOS = 5_000;
  private static final double MOST_GARBAGE = 100;
  private static final double MOST_VERDICT_NANOS = 100;
  private static final double MOST_SPREAD = 1.2;
  private static final double LEAST_EXPONENT = 0.8;
  private static final double MOST_EXPONENT = 1.2;
  private static final String[] COPIED_SIZES = {"1024", "16384", "262144", "4194304", "67108864"};

  private JmhBenches() {}

  static void lend(Context context, Section section) throws RunnerException, InterruptedException {
    JmhRun.Took borrow = context.jmh().run(LendBench.class, "borrow");
    JmhRun.Took copy = context.jmh().run(LendBench.class, "copy");
    String tcp = livePut(context, section, "tcp", context.scale().tcpTripCount());
    String shm = livePut(context, section, "shm", context.scale().shmTripCount());
    section
        .add(
            Figure.judged(
                    "lend 40 B + 11.25 MiB to a publisher that nobody subscribes to, p50",
                    "≤ 1 µs",
                    borrow.p50().text(Units::time),
                    "copied first: "
                        + copy.p50().text(Units::time)
                        + "; a put with a subscriber: TCP "
                        + tcp
                        + ", shared memory "
                        + shm,
                    borrow.p50().atMost(MOST_LEND_NANOS))
                .primary())
        .add(
            new Table("nobody subscribes", "p50", "p99", "garbage")
                .row(
                    "copy = false",
                    borrow.p50().text(Units::time),
                    time(borrow.p99Nanos()),
                    bytes(borrow.garbageBytes()))
                .row(
                    "copy = true",
                    copy.p50().text(Units::time),
                    time(copy.p99Nanos()),
                    bytes(copy.garbageBytes())))
        .add(
            new Table("one subscriber in another process", "a put, p50")
                .row("TCP", tcp)
                .row("shared memory, a loan of a ShmPool", shm))
        .remark(
            "How many times less lending takes than copying grows with the size that is chosen, so no"
                + " such factor is given.")
        .raw("segue copy = false", "ns", borrow.samples())
        .raw("segue copy = true", "ns", copy.samples());
  }

  private static String livePut(Context context, Section section, String lane, int count)
      throws InterruptedException {
    try {
      double nanos =
          new RoundTrips(RoundTrips.Kind.FRAME, lane, Frame.PIXELS_BYTE_SIZE, count, 1)
              .putNanos("handler");
      section.raw("segue put, one subscriber, " + lane, "ns", nanos);
      return Interval.of(nanos).text(Units::time);
    } catch (IOException e) {
      section.failure("FAILED: a live put, " + lane + ": " + e.getMessage());
      context.log("FAILED a live put, " + lane + ": " + e.getMessage());
      return "not measured";
    }
  }

  static void lendSize(Context context, Section section) throws RunnerException {
    List<JmhRun.Took> borrow = context.jmh().run(LendSizeBench.class, "borrow", "byteSize");
    List<JmhRun.Took> copy =
        context.jmh().run(LendSizeBench.class, "copy", "byteSize", COPIED_SIZES);
    Table table = new Table("size", "lent, p50", "lent, p99", "copied, p50");
    for (int i = 0; i < borrow.size(); i++) {
      table.row(
          bytes(parameters(borrow)[i]),
          borrow.get(i).p50().text(Units::time),
          time(borrow.get(i).p99Nanos()),
          i < copy.size() ? time(copy.get(i).p50Nanos()) : "");
      section.raw("segue " + borrow.get(i).parameter() + " B", "ns", borrow.get(i).samples());
    }
    Interval spread = Interval.of(spreads(borrow));
    section
        .add(
            Figure.judged(
                "lend 1 KiB to 1 GiB, nobody subscribes, largest p50 to smallest",
                "≤ " + ratio(MOST_SPREAD),
                spread.text(Units::ratio),
                "",
                spread.atMost(MOST_SPREAD)))
        .add(table)
        .add(
            new LineChart(
                    "lend-size",
                    "Lending a payload to a publisher that nobody subscribes to, p50 by its size",
                    "bytes",
                    "ns",
                    true)
                .series("copy = false", parameters(borrow), medians(borrow))
                .series("copy = true", parameters(copy), medians(copy)))
        .remark("The payload is a mapped file with a hole for content; nothing reads it.");
  }

  /** The spread of each fork of its own. */
  private static double[] spreads(List<JmhRun.Took> took) {
    int forks = took.stream().mapToInt(each -> each.medians().size()).min().orElse(0);
    double[] spreads = new double[forks];
    for (int fork = 0; fork < forks; fork++) {
      spreads[fork] = Stats.spread(ofFork(took, fork));
    }
    return spreads;
  }

  private static double[] ofFork(List<JmhRun.Took> took, int fork) {
    return values(took, each -> each.medians().get(fork));
  }

  static void lendSegments(Context context, Section section) throws RunnerException {
    List<JmhRun.Took> took =
        context.jmh().run(LendSegmentCountBench.class, "borrow", "segmentCount");
    Table table = new Table("segments", "p50", "each more", "garbage");
    for (int i = 0; i < took.size(); i++) {
      JmhRun.Took at = took.get(i);
      String more =
          i == 0
              ? ""
              : digits(
                      (at.p50Nanos() - took.get(i - 1).p50Nanos())
                          / (parameters(took)[i] - parameters(took)[i - 1]))
                  + " ns";
      table.row(at.parameter(), at.p50().text(Units::time), more, bytes(at.garbageBytes()));
      section.raw("segue " + at.parameter() + " segments", "ns", at.samples());
    }
    // What the first segment costs is there for each count; growth is what comes on top of it.
    List<JmhRun.Took> many = took.stream().filter(t -> number(t) >= 16).toList();
    Interval exponent =
        Interval.of(forks(many, ys -> Stats.fitOfLogs(parameters(many), ys).slope()));
    Figure.Verdict verdict =
        exponent.atMost(MOST_EXPONENT) == Figure.Verdict.PASS
            ? exponent.atLeast(LEAST_EXPONENT)
            : exponent.atMost(MOST_EXPONENT);
    double each = Stats.fit(parameters(took), medians(took)).slope();
    section
        .add(
            Figure.judged(
                "lend 16 to 1,024 segments, nobody subscribes, slope in log-log",
                "0.8 – 1.2 (1 is linear)",
                exponent.text(Units::digits),
                digits(each) + " ns each",
                verdict))
        .add(table);
  }

  private static double number(JmhRun.Took took) {
    return Double.parseDouble(took.parameter());
  }

  private static double[] forks(List<JmhRun.Took> took, ToDoubleFunction<double[]> of) {
    List<Double> each = new ArrayList<>();
    int forks = took.stream().mapToInt(t -> t.medians().size()).min().orElse(0);
    for (int fork = 0; fork < forks; fork++) {
      each.add(of.applyAsDouble(ofFork(took, fork)));
    }
    return each.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static void wrap(Context context, Section section) throws RunnerException {
    JmhRun.Took took = context.jmh().run(FromSegmentsBench.class, "borrow");
    section
        .add(
            Figure.info(
                "fromSegments alone, 2 segments",
                took.p50().text(Units::time),
                bytes(took.garbageBytes()) + " garbage"))
        .raw("segue", "ns", took.samples());
  }

  static void tryPut(Context context, Section section) throws RunnerException {
    for (String to : List.of("nobody", "process")) {
      double[] put = context.jmh().run(TryPutBench.class, "put", "to", to).getFirst().samples();
      double[] tried =
          context.jmh().run(TryPutBench.class, "tryPut", "to", to).getFirst().samples();
      Interval more = Interval.ofMean(more(put, tried));
      String whom = to.equals("nobody") ? "nobody" : "another process";
      section
          .add(
              Figure.judged(
                  "what a tryPut of 8 B to " + whom + " takes more than a put",
                  "≤ 100 ns",
                  more.text(Units::time),
                  "put "
                      + Interval.of(put).text(Units::time)
                      + ", tryPut "
                      + Interval.of(tried).text(Units::time),
                  more.atMost(MOST_VERDICT_NANOS)))
          .raw("segue put to " + whom, "ns", put)
          .raw("segue tryPut to " + whom, "ns", tried);
    }
  }

  /** Returns how much longer the second one takes, fork by fork; 0 where it is the faster one. */
  private static double[] more(double[] first, double[] second) {
    double[] more = new double[Math.min(first.length, second.length)];
    for (int i = 0; i < more.length; i++) {
      more[i] = Math.max(0, second[i] - first[i]);
    }
    return more;
  }

  static void garbage(Context context, Section section) throws RunnerException {
    JmhRun jmh = context.jmh();
    garbage(
        section,
        "a put that nobody subscribes to, a payload that is wrapped once and lent again",
        jmh.run(PutGarbageBench.class, "put"),
        false);
    garbage(
        section,
        "a put that nobody subscribes to, a ShmPool loan for each frame",
        jmh.run(PutGarbageBench.class, "loanAndPut"),
        true);
    garbage(
        section,
        "a put that nobody subscribes to, a payload that is wrapped for each",
        jmh.run(PutGarbageBench.class, "wrapAndPut"),
        false);
    garbage(
        section,
        "a put of 1 KiB to another process, a payload that is lent again",
        jmh.run(LivePutGarbageBench.class, "put"),
        false);
    garbage(
        section,
        "a put to another process, a ShmPool loan for each frame",
        jmh.run(LivePutGarbageBench.class, "loanAndPut"),
        false);
    garbage(section, "a polled sample", jmh.run(PollGarbageBench.class, "poll"), false);
    garbage(
        section,
        "a polled sample, payload read in place",
        jmh.run(PollGarbageBench.class, "pollAndRead"),
        false);
  }

  private static void garbage(Section section, String what, JmhRun.Took took, boolean isPrimary) {
    Interval garbage = took.garbageInterval();
    Figure figure =
        Figure.judged(
            "garbage of " + what,
            "≤ 100 B",
            garbage.text(Units::bytes),
            "",
            garbage.atMost(MOST_GARBAGE));
    section
        .add(isPrimary ? figure.primary() : figure)
        .raw("segue, " + what, "B", took.garbageSamples());
  }

  static void publishStep(Context context, Section section) throws RunnerException {
    JmhRun.Took took = context.jmh().run(PublishStepBench.class, "publish");
    section
        .add(
            Figure.judged(
                "Cap'n Proto message around a captured 11.25 MiB frame, put, nobody subscribes,"
                    + " p50",
                "≤ 5 µs",
                took.p50().text(Units::time) + ", p99 " + time(took.p99Nanos()),
                "garbage " + bytes(took.garbageBytes()),
                took.p50().atMost(MOST_STEP_NANOS)))
        .remark(
            "The document that this project began with gives 4,980 µs for such a step of its own, in"
                + " Python, on its own machine.")
        .raw("segue", "ns", took.samples());
  }

  static void read(Context context, Section section) throws RunnerException {
    JmhRun.Took inPlace = context.jmh().run(ReadBench.class, "inPlace");
    JmhRun.Took gather = context.jmh().run(ReadBench.class, "gather");
    section
        .add(
            Figure.info(
                "read fields of an 11.25 MiB message in place",
                inPlace.p50().text(Units::time),
                bytes(inPlace.garbageBytes()) + " garbage"))
        .add(
            Figure.info(
                "the same out of 181 network batches (one gather)",
                gather.p50().text(Units::time),
                bytes((double) Frame.PIXELS_BYTE_SIZE / gather.p50Nanos() * 1e9)
                    + "/s, "
                    + bytes(gather.garbageBytes())
                    + " garbage"))
        .raw("segue, in place", "ns", inPlace.samples())
        .raw("segue, out of batches", "ns", gather.samples());
  }

  private static double[] medians(List<JmhRun.Took> took) {
    return values(took, JmhRun.Took::p50Nanos);
  }

  private static double[] parameters(List<JmhRun.Took> took) {
    return values(took, JmhBenches::number);
  }

  private static double[] values(List<JmhRun.Took> took, ToDoubleFunction<JmhRun.Took> of) {
    return took.stream().mapToDouble(of).toArray();
  }
}
