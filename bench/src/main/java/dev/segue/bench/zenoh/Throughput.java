package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.rate;
import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Messages a second from one publisher to one subscriber over TCP, once the rate has settled. */
public final class Throughput {
  private static final String RECEIVED = "received";
  private static final String LATE = "received in the second half";
  private static final String CPU = "cpu";

  private final List<Load> loads;
  private final int seconds;

  /**
   * One size of message.
   *
   * @param byteSize of the payload
   * @param target what the ratio to the Rust core in the same style should be at least
   */
  public record Load(long byteSize, double target) {
    private String size() {
      return bytes((double) byteSize);
    }
  }

  /**
   * Throughput for some sizes.
   *
   * @param seconds that count, after the rate has settled
   */
  public Throughput(List<Load> loads, int seconds) {
    this.loads = List.copyOf(loads);
    this.seconds = seconds;
  }

  /** Runs all contenders. */
  public void run(Contest contest) throws InterruptedException {
    Section section = contest.section();
    BarChart chart =
        new BarChart(
            "throughput",
            "Messages received a second over TCP, handler or callback, to the Rust core",
            "× rust callback");
    for (Load load : loads) {
      // The style of receiving shows where messages are small.
      Contest some = load.equals(loads.getFirst()) ? contest : contest.called();
      List<Contender> finished = new ArrayList<>();
      Rounds results =
          some.run(
              load.size(),
              some.able("thrsub", "tcp"),
              finished,
              (contender, to) -> measure(contender, load, to, section));
      results.addTo(section, load.size() + " ");
      report(load, finished, results, section, chart);
    }
    section.add(chart);
    section.remark(
        "Measured for "
            + seconds
            + " s after three seconds in a row lay within 10 % of each other, or ten seconds after the"
            + " flow began. A verdict that the second half alone does not confirm is UNDECIDED: a"
            + " ramp decides nothing.");
  }

  private void measure(Contender contender, Load load, Rounds results, Section section)
      throws IOException, InterruptedException {
    String endpoint = Endpoints.free();
    String length = Integer.toString(ReceivedRates.longest(seconds));
    try (Child sub =
            Child.start(
                contender.name() + " thrsub", contender.command("thrsub", "tcp", endpoint));
        Child pub = afterReady(sub, contender, endpoint, load, length)) {
      ReceivedRates received = new ReceivedRates(sub, pub);
      int from = received.awaitSettled();
      ReceivedRates.Counted counted = received.count(from, seconds);
      if (!received.isSettledAt(from) || !Plateau.isFlat(counted.rates())) {
        section.remark(
            load.size()
                + ", "
                + contender.name()
                + ": no plateau, rates "
                + Arrays.toString(counted.rates()));
      }
      results.add(contender.name(), RECEIVED, counted.rate());
      results.add(contender.name(), LATE, counted.lateRate());
      results.add(contender.name(), CPU, counted.cpuSeconds() * 1e9 / counted.count());
    }
  }

  private static Child afterReady(
      Child sub, Contender contender, String endpoint, Load load, String length)
      throws IOException, InterruptedException {
    sub.awaitReady();
    return Child.start(
        contender.name() + " thrpub",
        contender.command("thrpub", "tcp", endpoint, Long.toString(load.byteSize), length));
  }

  private static void report(
      Load load, List<Contender> finished, Rounds results, Section section, BarChart chart) {
    String size = load.size();
    Table table =
        new Table("TCP, " + size, "received", "bytes/s", "CPU per message", "to rust, same style");
    for (Contender contender : finished) {
      Interval received = Contest.of(results, contender, RECEIVED);
      Optional<Interval> toCore = Contest.toCore(results, finished, contender, RECEIVED);
      table.row(
          contender.name(),
          received.text(Units::rate),
          bytes(received.mid() * load.byteSize) + "/s",
          time(Contest.of(results, contender, CPU).mid()),
          toCore.map(interval -> interval.text(Units::ratio)).orElse(""));
      if (contender.isJudged() && toCore.isPresent()) {
        chart.bar(size, "segue", toCore.get());
      }
    }
    section.add(table);
    finished.stream()
        .filter(Contender::isJudged)
        .findFirst()
        .map(ours -> figure(load, ours, finished, results))
        // The hardest of them for a binding: what each call costs is all there is.
        .ifPresent(figure -> section.add(load.byteSize() == 8 ? figure.primary() : figure));
  }

  private static Figure figure(
      Load load, Contender ours, List<Contender> finished, Rounds results) {
    String what = "messages/s over TCP, " + load.size() + " (handler)";
    String reached =
        Contest.of(results, ours, RECEIVED).text(Units::rate)
            + ", CPU "
            + time(Contest.of(results, ours, CPU).mid());
    Optional<Interval> toCore = Contest.toCore(results, finished, ours, RECEIVED);
    if (toCore.isEmpty()) {
      return Figure.info(what, reached, "no Rust core to compare with");
    }
    double coreCpu = Contest.of(results, ours.core(finished).orElseThrow(), CPU).mid();
    Interval late = Contest.toCore(results, finished, ours, LATE).orElseThrow();
    return Figure.judged(
        what,
        "≥ " + ratio(load.target) + " rust callback",
        reached,
        toCore.get().text(Units::ratio)
            + " rust callback; "
            + Contest.others(results, finished, ours, RECEIVED, value -> rate(value))
            + "; CPU of rust callback "
            + time(coreCpu),
        confirmed(toCore.get().atLeast(load.target), late.atLeast(load.target)));
  }

  /** A verdict that the settled half of the seconds gives as well. */
  static Figure.Verdict confirmed(Figure.Verdict all, Figure.Verdict late) {
    return all == late ? all : Figure.Verdict.UNDECIDED;
  }
}
