package dev.segue.bench.cross;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.rate;
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

/** Messages a second from one publisher to one subscriber over TCP. */
public final class Throughput {
  private static final String RECEIVED = "received";
  private static final String SENT = "sent";
  private static final String CPU = "cpu";

  private final List<Load> loads;
  private final int seconds;

  /**
   * One size of message.
   *
   * @param byteSize of the payload
   * @param target what the ratio to the Rust core should be at least
   */
  public record Load(long byteSize, double target) {
    private String size() {
      return bytes((double) byteSize);
    }
  }

  /**
   * Throughput for some sizes.
   *
   * @param seconds how long a publisher sends; the first and the last second don't count
   */
  public Throughput(List<Load> loads, int seconds) {
    this.loads = List.copyOf(loads);
    this.seconds = seconds;
  }

  /** Runs all contenders, one after the other, {@code rounds} times. */
  public void run(List<Contender> contenders, int rounds, Section section, Consumer<String> log)
      throws IOException, InterruptedException {
    BarChart chart =
        new BarChart("throughput", "Messages received a second over TCP", value -> rate(value));
    for (Load load : loads) {
      Round.Results results = new Round.Results();
      for (int round = 0; round < rounds; round++) {
        for (Contender contender : contenders) {
          measure(contender, load, results);
          double[] received = results.of(contender, RECEIVED);
          log.accept(
              load.size()
                  + " round "
                  + (round + 1)
                  + "/"
                  + rounds
                  + " "
                  + contender.name()
                  + ": "
                  + rate(received[received.length - 1]));
        }
      }
      report(load, contenders, results, section, chart);
    }
    section.add(chart);
  }

  private void measure(Contender contender, Load load, Round.Results results)
      throws IOException, InterruptedException {
    String endpoint = SampleFeed.freeEndpoint();
    try (Child sub =
        Child.start(contender.name() + " thrsub", contender.command("thrsub", "tcp", endpoint))) {
      sub.awaitReady();
      List<String> command =
          contender.command(
              "thrpub", "tcp", endpoint, Long.toString(load.byteSize), Integer.toString(seconds));
      try (Child pub = Child.start(contender.name() + " thrpub", command)) {
        sub.awaitLines(Throughput::isFlowing, 1, Duration.ofSeconds(30));
        int first = sub.lines("received_per_s").size();
        sub.awaitLines(line -> line.contains("received_per_s"), first + 1, Duration.ofSeconds(30));
        // Whole seconds under load from here on.
        double pubBefore = pub.cpuSeconds();
        int whole = Math.max(1, seconds - 3);
        sub.awaitLines(
            line -> line.contains("received_per_s"), first + 1 + whole, Duration.ofSeconds(60));
        double pubAfter = pub.cpuSeconds();
        List<Child.Line> lines = sub.lines("received_per_s").subList(first, first + 1 + whole);
        double[] rates =
            lines.stream()
                .skip(1)
                .mapToDouble(line -> Round.field(line.text(), "received_per_s"))
                .toArray();
        double received = Stats.median(rates);
        double cpu =
            pubAfter - pubBefore + lines.getLast().cpuSeconds() - lines.getFirst().cpuSeconds();
        pub.awaitSuccess(Duration.ofSeconds(60));
        results.add(contender, RECEIVED, received);
        results.add(contender, SENT, Round.field(lastSent(pub), "sent_per_s"));
        results.add(contender, CPU, cpu * 1e9 / Math.max(1, java.util.Arrays.stream(rates).sum()));
      }
    }
  }

  private static boolean isFlowing(String line) {
    return line.contains("received_per_s") && !line.endsWith("=0");
  }

  private static String lastSent(Child pub) throws IOException {
    List<Child.Line> lines = pub.lines("sent_per_s");
    if (lines.isEmpty()) {
      throw pub.failure("said no sent_per_s");
    }
    return lines.getLast().text();
  }

  private static void report(
      Load load,
      List<Contender> contenders,
      Round.Results results,
      Section section,
      BarChart chart) {
    Optional<Contender> rust = contenders.stream().filter(c -> c.name().equals("rust")).findFirst();
    String size = load.size();
    Table table =
        new Table(
            "TCP, " + size,
            "received",
            "rounds",
            "sent",
            "bytes/s",
            "CPU per message",
            "received to rust");
    for (Contender contender : contenders) {
      double[] received = results.of(contender, RECEIVED);
      double median = Stats.median(received);
      table.row(
          contender.name(),
          rate(median),
          rate(Stats.percentile(received, 1)) + " – " + rate(Stats.percentile(received, 100)),
          rate(Stats.median(results.of(contender, SENT))),
          bytes(median * load.byteSize) + "/s",
          time(Stats.median(results.of(contender, CPU))),
          rust.map(r -> ratio(Stats.pairedRatio(received, results.of(r, RECEIVED)))).orElse(""));
      chart.bar(size, contender.name(), median);
    }
    section.add(table);
    contenders.stream()
        .filter(Contender::isOurs)
        .max(Comparator.comparingDouble(c -> Stats.median(results.of(c, RECEIVED))))
        .ifPresent(best -> section.add(figure(load, best, rust, results)));
  }

  private static Figure figure(
      Load load, Contender best, Optional<Contender> rust, Round.Results results) {
    String what = "messages/s over TCP, " + load.size();
    String reached = rate(Stats.median(results.of(best, RECEIVED))) + " (" + best.name() + ")";
    if (rust.isEmpty()) {
      return Figure.info(what, reached, "no Rust core to compare with");
    }
    double toRust = Stats.pairedRatio(results.of(best, RECEIVED), results.of(rust.get(), RECEIVED));
    return Figure.of(
        what,
        "≥ " + ratio(load.target) + " the Rust core",
        reached,
        ratio(toRust) + " of " + rate(Stats.median(results.of(rust.get(), RECEIVED))),
        toRust >= load.target);
  }
}
