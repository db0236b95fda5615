package dev.segue.bench.store;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.ratio;

import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import dev.segue.bench.store.StoreContender.Kind;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Tables, pictures and figures of contenders that took turns; costs are per unit throughout. */
final class StoreReport {
  private final Turns turns;
  private final Section section;

  StoreReport(Turns turns, Section section) {
    this.turns = turns;
    this.section = section;
  }

  /** The name of a work in the report, and the number of units that share its costs. */
  record Work(String name, String title, double unitCount, String unit) {}

  /** Rows of all contenders. */
  void table(List<Work> works) {
    for (Work work : works) {
      Table table =
          new Table(
              work.title,
              "CPU s per " + work.unit,
              "wall s per " + work.unit,
              "CPU of segue to it",
              "Java heap per " + work.unit);
      Optional<StoreContender> ours = ours(work);
      for (StoreContender contender : turns.contenders(work.name)) {
        double[] heap = perUnit(work, contender, Took::heapBytes);
        table.row(
            contender.name(),
            of(work, contender, Took::cpuSeconds).text(Units::digits),
            of(work, contender, Took::wallSeconds).text(Units::digits),
            ours.map(o -> paired(work, o, contender, Took::cpuSeconds).text(Units::ratio))
                .orElse(""),
            heap.length == 0 || Double.isNaN(heap[0]) ? "" : bytes(Stats.median(heap)));
        section
            .raw(contender.name(), work.title + " CPU s", all(work, contender, Took::cpuSeconds))
            .raw(contender.name(), work.title + " wall s", all(work, contender, Took::wallSeconds));
      }
      section.add(table);
    }
  }

  /** A picture of the contenders' processor time. */
  void chart(String name, Work work) {
    BarChart cpu = new BarChart(name, work.title + ", CPU seconds of the client", "CPU seconds");
    for (StoreContender contender : turns.contenders(work.name)) {
      cpu.bar(work.title, contender.name(), of(work, contender, Took::cpuSeconds));
    }
    section.add(cpu);
  }

  private Optional<StoreContender> ours(Work work) {
    return turns.contenders(work.name).stream().filter(c -> c.kind() == Kind.OURS).findFirst();
  }

  private Optional<StoreContender> named(Work work, String name) {
    return turns.contenders(work.name).stream().filter(c -> c.name().equals(name)).findFirst();
  }

  private double[] all(Work work, StoreContender who, ToDoubleFunction<Took> quantity) {
    return turns.of(work.name, who, quantity);
  }

  private double[] perUnit(Work work, StoreContender who, ToDoubleFunction<Took> quantity) {
    return Arrays.stream(all(work, who, quantity)).map(each -> each / work.unitCount).toArray();
  }

  private Interval of(Work work, StoreContender who, ToDoubleFunction<Took> quantity) {
    return Interval.of(perUnit(work, who, quantity));
  }

  private Interval paired(
      Work work, StoreContender one, StoreContender other, ToDoubleFunction<Took> quantity) {
    return Interval.ofRatio(all(work, one, quantity), all(work, other, quantity));
  }

  /** Our processor time against that of one other. */
  void cpuAgainst(Work work, String other, double target) {
    String what = work.title + ", CPU per " + work.unit;
    Optional<StoreContender> ours = ours(work);
    Optional<StoreContender> theirs = named(work, other);
    if (ours.isEmpty() || theirs.isEmpty()) {
      String why =
          ours.isEmpty() ? "not measured, as ours failed" : "no " + other + " to compare with";
      section.add(Figure.info(what, why, ""));
      return;
    }
    Interval reached = paired(work, ours.get(), theirs.get(), Took::cpuSeconds);
    section.add(
        Figure.judged(
            what,
            "≤ " + ratio(target) + " " + other,
            of(work, ours.get(), Took::cpuSeconds).text(Units::digits) + " s",
            reached.text(Units::ratio)
                + " of "
                + digits(of(work, theirs.get(), Took::cpuSeconds).mid())
                + " s",
            reached.atMost(target)));
  }

  /** Our processor time under TLS against that without, and what the engine's cipher takes. */
  void cpuOfTls(Work work, String plain, double cipherSeconds, double target) {
    Optional<StoreContender> ours = ours(work);
    Optional<StoreContender> without = named(work, plain);
    String what = work.title + ", CPU";
    if (ours.isEmpty() || without.isEmpty()) {
      section.add(Figure.info(what, "not measured", ""));
      return;
    }
    double[] tls = all(work, ours.get(), Took::cpuSeconds);
    double[] bound =
        Arrays.stream(all(work, without.get(), Took::cpuSeconds))
            .map(each -> each + cipherSeconds)
            .toArray();
    Interval reached = Interval.ofRatio(tls, bound);
    section.add(
        Figure.judged(
            what,
            "≤ " + ratio(target) + " (plain + the engine's own cipher)",
            Interval.of(tls).text(Units::digits) + " s",
            reached.text(Units::ratio)
                + " of "
                + digits(Stats.median(bound) - cipherSeconds)
                + " + "
                + digits(cipherSeconds)
                + " s",
            reached.atMost(target)));
  }

  /** A quantity against that of the peer which is nearest to us or ahead. */
  Optional<Figure> againstEveryPeer(
      Work work, String name, ToDoubleFunction<Took> quantity, boolean javaPeersAlone) {
    String what = work.title + ", " + name + " per " + work.unit;
    Optional<StoreContender> ours = ours(work);
    List<StoreContender> peers =
        turns.contenders(work.name).stream()
            .filter(c -> c.kind() == Kind.PEER && (c.isJava() || !javaPeersAlone))
            .toList();
    Optional<StoreContender> best =
        ours.flatMap(
            o ->
                peers.stream()
                    .max(Comparator.comparingDouble(c -> paired(work, o, c, quantity).mid())));
    if (ours.isEmpty()) {
      return Optional.of(Figure.info(what, "not measured, as ours failed", ""));
    }
    if (best.isEmpty()) {
      return Optional.of(Figure.info(what, "no peer to compare with", ""));
    }
    Interval reached = paired(work, ours.get(), best.get(), quantity);
    return Optional.of(
        Figure.judged(
            what,
            javaPeersAlone ? "≤ every Java peer's" : "≤ every peer's",
            of(work, ours.get(), quantity).text(Units::digits) + " s",
            reached.text(Units::ratio)
                + " of the nearest peer, "
                + best.get().name()
                + " "
                + digits(of(work, best.get(), quantity).mid())
                + " s"
                + named(work, "raw")
                    .map(raw -> "; bare sockets " + digits(of(work, raw, quantity).mid()) + " s")
                    .orElse(""),
            Figure.Verdict.worst(
                peers.stream()
                    .map(peer -> paired(work, ours.get(), peer, quantity).atMost(1))
                    .toList())));
  }

  /** Adds the rows of our allocation on the Java heap. */
  void heap(Work work, double most) {
    ours(work)
        .ifPresent(
            ours -> {
              Interval reached = of(work, ours, Took::heapBytes);
              section
                  .add(
                      Figure.judged(
                          work.title + ", Java heap allocated per " + work.unit,
                          "≤ " + bytes(most),
                          reached.text(Units::bytes),
                          "",
                          reached.atMost(most)))
                  .raw(ours.name(), work.title + " heap bytes", all(work, ours, Took::heapBytes));
            });
  }
}
