package dev.segue.bench.store;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.ratio;

import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import dev.segue.bench.store.StoreContender.Kind;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Tables, pictures and figures of contenders that took turns. */
final class StoreReport {
  private final Turns turns;
  private final Section section;

  StoreReport(Turns turns, Section section) {
    this.turns = turns;
    this.section = section;
  }

  /** How a work is called in the report, and over how much its costs are spread. */
  record Work(String name, String title, double unitCount) {}

  /** Rows of all contenders, and a picture of their processor time. */
  void table(String chart, String unit, List<Work> works) {
    BarChart cpu =
        new BarChart(chart, "CPU seconds of the client per " + unit, value -> digits(value) + " s");
    for (Work work : works) {
      Table table =
          new Table(
              work.title,
              "CPU s per " + unit,
              "rounds",
              "wall s",
              "CPU of segue to it",
              "heap per " + unit);
      Optional<StoreContender> ours = ours(work);
      for (StoreContender contender : turns.contenders(work.name)) {
        double[] took = turns.of(work.name, contender, Took::cpuSeconds);
        double median = Stats.median(took) / work.unitCount;
        double heap = Stats.median(turns.of(work.name, contender, Took::heapBytes));
        table.row(
            contender.name(),
            digits(median),
            digits(Stats.percentile(took, 1) / work.unitCount)
                + " – "
                + digits(Stats.percentile(took, 100) / work.unitCount),
            digits(Stats.median(turns.of(work.name, contender, Took::wallSeconds))),
            ours.map(o -> ratio(paired(work, o, contender, Took::cpuSeconds))).orElse(""),
            Double.isNaN(heap) ? "" : bytes(heap / work.unitCount));
        cpu.bar(work.title, contender.name(), median);
      }
      section.add(table);
    }
    section.add(cpu);
  }

  private Optional<StoreContender> ours(Work work) {
    return turns.contenders(work.name).stream().filter(c -> c.kind() == Kind.OURS).findFirst();
  }

  private double paired(
      Work work, StoreContender one, StoreContender other, ToDoubleFunction<Took> quantity) {
    return Stats.pairedRatio(
        turns.of(work.name, one, quantity), turns.of(work.name, other, quantity));
  }

  /** Our processor time against that of one other. */
  void cpuAgainst(Work work, String other, double target) {
    String what = work.title + ", CPU";
    Optional<StoreContender> ours = ours(work);
    Optional<StoreContender> theirs =
        turns.contenders(work.name).stream().filter(c -> c.name().equals(other)).findFirst();
    if (ours.isEmpty() || theirs.isEmpty()) {
      section.add(Figure.info(what, "no " + other + " to compare with", ""));
      return;
    }
    double reached = paired(work, ours.get(), theirs.get(), Took::cpuSeconds);
    section.add(
        Figure.of(
            what,
            "≤ " + ratio(target) + " " + other,
            digits(median(work, ours.get(), Took::cpuSeconds)) + " s",
            ratio(reached) + " of " + digits(median(work, theirs.get(), Took::cpuSeconds)) + " s",
            reached <= target));
  }

  /** Our processor time under TLS against that without, and what the cipher itself takes. */
  void cpuOfTls(Work work, String plain, double cipherSeconds, double target) {
    StoreContender ours = ours(work).orElseThrow();
    StoreContender without =
        turns.contenders(work.name).stream()
            .filter(c -> c.name().equals(plain))
            .findFirst()
            .orElseThrow();
    double[] tls = turns.of(work.name, ours, Took::cpuSeconds);
    double[] bound = turns.of(work.name, without, Took::cpuSeconds);
    for (int i = 0; i < bound.length; i++) {
      bound[i] += cipherSeconds;
    }
    double reached = Stats.pairedRatio(tls, bound);
    section.add(
        Figure.of(
            work.title + ", CPU",
            "≤ " + ratio(target) + " (plain + openssl speed)",
            digits(Stats.median(tls)) + " s",
            ratio(reached)
                + " of "
                + digits(Stats.median(bound) - cipherSeconds)
                + " + "
                + digits(cipherSeconds)
                + " s",
            reached <= target));
  }

  private double median(Work work, StoreContender who, ToDoubleFunction<Took> quantity) {
    return Stats.median(turns.of(work.name, who, quantity)) / work.unitCount;
  }

  /** A quantity against that of the peer which is nearest to us or ahead. */
  void againstEveryPeer(
      Work work, String name, ToDoubleFunction<Took> quantity, boolean javaPeersAlone) {
    String what = work.title + ", " + name;
    Optional<StoreContender> ours = ours(work);
    Optional<StoreContender> best =
        ours.flatMap(
            o ->
                turns.contenders(work.name).stream()
                    .filter(c -> c.kind() == Kind.PEER && (c.isJava() || !javaPeersAlone))
                    .max(Comparator.comparingDouble(c -> paired(work, o, c, quantity))));
    if (best.isEmpty()) {
      section.add(Figure.info(what, "no peer to compare with", ""));
      return;
    }
    double reached = paired(work, ours.get(), best.get(), quantity);
    section.add(
        Figure.of(
            what,
            javaPeersAlone ? "≤ every Java peer's" : "≤ every peer's",
            digits(Stats.median(turns.of(work.name, ours.get(), quantity))) + " s",
            ratio(reached) + " of " + best.get().name(),
            reached <= 1));
  }

  /** What we allocate on the Java heap. */
  void heap(Work work, double most) {
    double[] took =
        ours(work).map(o -> turns.of(work.name, o, Took::heapBytes)).orElse(new double[0]);
    if (took.length > 0) {
      double reached = Stats.median(took) / work.unitCount;
      section.add(
          Figure.of(
              work.title + ", Java heap allocated per GiB",
              "≤ " + bytes(most),
              bytes(reached),
              "",
              reached <= most));
    }
  }
}
