package dev.segue.bench.http2;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.ratio;

import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Responses of 10 MB from each server in turn, with TLS and in clear text, in both shapes.
 *
 * <p>Ours starts anew for each shape and runs twice: {@code segue (cold)} is a JVM from its first
 * request on, {@code segue} the same JVM once more. The peers need no warming up.
 */
public final class Comparison {
  private static final String COLD = Servers.SEGUE + " (cold)";

  private final int requestCount;
  private final int rounds;
  private final Map<String, List<H2Load.Run>> runs = new LinkedHashMap<>();

  /** So many requests of each server, shape and round. */
  public Comparison(int requestCount, int rounds) {
    this.requestCount = requestCount;
    this.rounds = rounds;
  }

  /** Measures; without h2load a remark says what to install. */
  public void run(Section section, Consumer<String> log) throws Exception {
    if (!Servers.isInstalled(H2Load.COMMAND)) {
      section.remark("skipped: h2load is not installed (Debian: nghttp2-client)");
      return;
    }
    for (String missing : Servers.missing()) {
      section.remark("skipping " + missing + ": it is not installed");
    }
    try (Servers servers = new Servers()) {
      for (int round = 0; round < rounds; round++) {
        for (boolean isTls : new boolean[] {true, false}) {
          for (String name : Servers.installed()) {
            measure(servers, name, isTls, log);
          }
        }
      }
    }
    report(section);
  }

  private void measure(Servers servers, String name, boolean isTls, Consumer<String> log)
      throws Exception {
    for (H2Load.Shape shape : H2Load.Shape.BOTH) {
      try (Server server = servers.start(name, isTls)) {
        if (name.equals(Servers.SEGUE)) {
          add(COLD, server, shape, log);
        }
        add(name, server, shape, log);
      }
    }
  }

  private void add(String name, Server server, H2Load.Shape shape, Consumer<String> log)
      throws Exception {
    H2Load.Run run = H2Load.run(server, "/file", requestCount, shape);
    runs.computeIfAbsent(key(name, server.isTls(), shape), _ -> new ArrayList<>()).add(run);
    log.accept("  " + key(name, server.isTls(), shape) + ": " + run);
  }

  private static String key(String name, boolean isTls, H2Load.Shape shape) {
    return (isTls ? "TLS" : "h2c") + " " + shape + " " + name;
  }

  private double[] of(
      String name, boolean isTls, H2Load.Shape shape, ToDoubleFunction<H2Load.Run> what) {
    return runs.getOrDefault(key(name, isTls, shape), List.of()).stream()
        .mapToDouble(what)
        .toArray();
  }

  private void report(Section section) {
    List<String> names = new ArrayList<>(Servers.installed());
    names.add(COLD);
    BarChart chart =
        new BarChart(
            "http2", "CPU seconds of the server, " + requestCount + " × 10 MB", v -> digits(v));
    Table table = new Table("", "server", "CPU", "throughput", "succeeded");
    for (boolean isTls : new boolean[] {true, false}) {
      for (H2Load.Shape shape : H2Load.Shape.BOTH) {
        String group = (isTls ? "TLS 1.3 " : "h2c ") + shape;
        for (String name : names) {
          double cpu = Stats.median(of(name, isTls, shape, H2Load.Run::cpuSeconds));
          double speed = Stats.median(of(name, isTls, shape, H2Load.Run::bytesPerSecond));
          double succeeded =
              Stats.percentile(of(name, isTls, shape, H2Load.Run::succeededCount), 1);
          table.row(group, name, digits(cpu) + " s", bytes(speed) + "/s", digits(succeeded));
          chart.bar(group, name, cpu);
        }
        if (names.contains("h2o") && isTls) {
          addFigures(section, Servers.SEGUE, shape);
          addFigures(section, COLD, shape);
        }
      }
    }
    for (H2Load.Shape shape : H2Load.Shape.BOTH) {
      double toTls =
          Stats.median(of(Servers.SEGUE, false, shape, H2Load.Run::cpuSeconds))
              / Stats.median(of(Servers.SEGUE, true, shape, H2Load.Run::cpuSeconds));
      section.add(
          Figure.of(
              "CPU without TLS to that with TLS, " + shape,
              "≤ 0.5×",
              ratio(toTls),
              "",
              toTls <= 0.5));
    }
    section.add(table).add(chart);
  }

  private void addFigures(Section section, String name, H2Load.Shape shape) {
    double[] ours = of(name, true, shape, H2Load.Run::cpuSeconds);
    double[] theirs = of("h2o", true, shape, H2Load.Run::cpuSeconds);
    double cpu = Stats.pairedRatio(ours, theirs);
    double speed =
        Stats.pairedRatio(
            of(name, true, shape, H2Load.Run::bytesPerSecond),
            of("h2o", true, shape, H2Load.Run::bytesPerSecond));
    double succeeded = Stats.percentile(of(name, true, shape, H2Load.Run::succeededCount), 1);
    section
        .add(
            Figure.of(
                name + ", TLS " + shape + ": CPU of " + requestCount + " × 10 MB",
                "≤ h2o's",
                digits(Stats.median(ours)) + " s",
                ratio(cpu) + " of " + digits(Stats.median(theirs)) + " s",
                cpu <= 1 && succeeded == requestCount))
        .add(
            Figure.of(
                name + ", TLS " + shape + ": throughput",
                "≥ h2o's",
                bytes(Stats.median(of(name, true, shape, H2Load.Run::bytesPerSecond))) + "/s",
                ratio(speed),
                speed >= 1 && succeeded == requestCount));
  }
}
