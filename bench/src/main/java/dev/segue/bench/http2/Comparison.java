package dev.segue.bench.http2;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;

import dev.segue.bench.harness.Rounds;
import dev.segue.bench.report.BarChart;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Responses of 10 MB from each server in turn, in an order that changes from round to round.
 *
 * <p>Like is compared with like: {@code segue, memory} with plain Netty, which has the file in
 * memory and the same TLS library; {@code segue, file}, which reads it anew for each response, with
 * the servers of files. Each round starts the processes anew; all of them answer all requests once
 * before they count, and what ours does the first time is {@code segue, memory, cold}. Every metric
 * is judged, with TLS and without.
 */
public final class Comparison {
  private static final Contestant MEMORY = new Contestant("segue, memory", Servers.SEGUE, "/file");
  private static final Contestant FILE = new Contestant("segue, file", Servers.SEGUE, "/steps");
  private static final List<String> OF_SHORT_RUN = List.of("h2o", Servers.NETTY);
  private static final String COLD = "segue, memory, cold";
  private static final String CPU = "CPU s";
  private static final String SPEED = "bytes per s";
  private static final String FAILED = "failed";

  private final int requestCount;
  private final int rounds;
  private final List<H2Load.Shape> shapes;
  private final List<Boolean> modes;
  private final Rounds results = new Rounds();

  private record Contestant(String name, String server, String path) {}

  private Comparison(int requestCount, int rounds, List<H2Load.Shape> shapes, List<Boolean> modes) {
    this.requestCount = requestCount;
    this.rounds = rounds;
    this.shapes = shapes;
    this.modes = modes;
  }

  /** With TLS and in clear text, in both shapes. */
  public static Comparison whole(int requestCount, int rounds) {
    return new Comparison(requestCount, rounds, H2Load.Shape.BOTH, List.of(true, false));
  }

  /** With TLS, in the first shape. */
  public static Comparison tlsAlone(int requestCount, int rounds) {
    return new Comparison(
        requestCount, rounds, List.of(H2Load.Shape.BOTH.getFirst()), List.of(true));
  }

  private List<Contestant> contestants() {
    List<Contestant> all = new ArrayList<>(List.of(MEMORY, FILE));
    for (String name : Servers.installed()) {
      if (modes.size() == 1 && !OF_SHORT_RUN.contains(name)) {
        continue;
      }
      all.add(new Contestant(name, name, "/file"));
    }
    return all;
  }

  /** Measures; without h2load a remark says what to install. */
  public void run(Section section, Consumer<String> log) throws Exception {
    if (!Servers.isInstalled(H2Load.COMMAND)) {
      section.missing("skipped: h2load is not installed (Debian: nghttp2-client)");
      return;
    }
    for (String missing : Servers.missing()) {
      section.missing("skipping " + missing + ": it is not installed");
    }
    Servers.versions().forEach(section::remark);
    List<Contestant> left = new ArrayList<>(contestants());
    try (Servers servers = new Servers()) {
      for (int round = 0; round < rounds; round++) {
        for (Contestant each : Rounds.shuffled(List.copyOf(left), round)) {
          try {
            for (boolean isTls : modes) {
              measure(servers, each, isTls, log);
            }
          } catch (IOException e) {
            String text = each.name + " FAILED: " + e.getMessage();
            var _ =
                each.server.equals(Servers.SEGUE) ? section.failure(text) : section.remark(text);
            log.accept("FAILED " + each.name + ": " + e.getMessage());
            left.remove(each);
          }
        }
      }
    }
    section.remark("rounds=" + rounds + " of each server.");
    results.addTo(section, requestCount + " × 10 MB, ");
    report(left, section);
  }

  private void measure(Servers servers, Contestant who, boolean isTls, Consumer<String> log)
      throws IOException, InterruptedException {
    for (H2Load.Shape shape : shapes) {
      try (Server server = servers.start(who.server, isTls)) {
        H2Load.Run cold = H2Load.run(server, who.path, requestCount, shape);
        if (who.equals(MEMORY)) {
          add(COLD, isTls, shape, cold);
        }
        H2Load.Run run = H2Load.run(server, who.path, requestCount, shape);
        add(who.name, isTls, shape, run);
        log.accept("  " + key(who.name, isTls, shape) + ": " + run);
      }
    }
  }

  private void add(String name, boolean isTls, H2Load.Shape shape, H2Load.Run run) {
    String key = key(name, isTls, shape);
    results.add(key, CPU, run.cpuSeconds());
    results.add(key, SPEED, run.bytesPerSecond());
    results.add(key, FAILED, (double) (requestCount - run.succeededCount()));
  }

  private static String key(String name, boolean isTls, H2Load.Shape shape) {
    return mode(isTls) + " " + shape + " " + name;
  }

  private static String mode(boolean isTls) {
    return isTls ? "TLS 1.3" : "h2c";
  }

  private double[] of(String name, boolean isTls, H2Load.Shape shape, String what) {
    return results.of(key(name, isTls, shape), what);
  }

  private void report(List<Contestant> left, Section section) {
    BarChart chart =
        new BarChart(
            "http2", "CPU seconds of the server, " + requestCount + " × 10 MB", "CPU seconds");
    Table table = new Table("", "server", "CPU", "throughput", "failed");
    List<String> names = new ArrayList<>(left.stream().map(Contestant::name).toList());
    if (left.contains(MEMORY)) {
      names.add(COLD);
    }
    for (boolean isTls : modes) {
      for (H2Load.Shape shape : shapes) {
        for (String name : names) {
          Interval cpu = Interval.of(of(name, isTls, shape, CPU));
          Interval speed = Interval.of(of(name, isTls, shape, SPEED));
          double failed = java.util.Arrays.stream(of(name, isTls, shape, FAILED)).sum();
          table.row(
              mode(isTls) + " " + shape,
              name,
              cpu.text(Units::digits) + " s",
              speed.text(Units::bytes) + " per s",
              digits(failed));
          if (shape.equals(shapes.getFirst())) {
            chart.bar(mode(isTls), name, cpu);
          }
        }
        judge(left, FILE, Servers.PEERS, isTls, shape, section);
        judge(left, MEMORY, List.of(Servers.NETTY), isTls, shape, section);
      }
    }
    if (modes.size() > 1 && left.contains(MEMORY)) {
      judgeClearText(section);
    }
    section
        .add(table)
        .add(chart)
        .remark(
            "h2o, nginx and nghttpd read the file anew for each response, as segue, file does; h2o in"
                + " steps of 16 KiB. netty and segue, memory hold it in memory. A server that is"
                + " linked to another TLS library than ours differs by that library's ciphers, too:"
                + " compare the clear text.");
  }

  private void judgeClearText(Section section) {
    for (H2Load.Shape shape : shapes) {
      Interval toTls =
          Interval.ofRatio(of(MEMORY.name, false, shape, CPU), of(MEMORY.name, true, shape, CPU));
      section.add(
          Figure.judged(
              "CPU without TLS to that with TLS, " + shape,
              "≤ 0.50×",
              toTls.text(Units::ratio),
              "",
              toTls.atMost(0.5)));
    }
  }

  private boolean hasFailed(String name, boolean isTls, H2Load.Shape shape) {
    return java.util.Arrays.stream(of(name, isTls, shape, FAILED)).anyMatch(each -> each > 0);
  }

  /**
   * Both metrics against each of the peers; the one that is nearest or ahead stands beside ours.
   */
  private void judge(
      List<Contestant> left,
      Contestant ours,
      List<String> all,
      boolean isTls,
      H2Load.Shape shape,
      Section section) {
    if (!left.contains(ours)) {
      return;
    }
    List<String> peers = new ArrayList<>();
    for (Contestant each : left) {
      if (!all.contains(each.name)) {
        continue;
      }
      if (hasFailed(each.name, isTls, shape)) {
        section.remark(
            each.name + " FAILED requests: nothing is judged by what it took of the others");
      } else {
        peers.add(each.name);
      }
    }
    if (peers.isEmpty()) {
      section.remark(ours.name + ": none of " + all + " to compare with");
      return;
    }
    String what = requestCount + " × 10 MB, " + mode(isTls) + " " + shape + ", " + ours.name;
    boolean hasFailed = hasFailed(ours.name, isTls, shape);
    String others = String.join(", ", peers);
    Comparator<String> byCpu =
        Comparator.comparingDouble(peer -> ratio(ours, peer, isTls, shape, CPU).mid());
    Comparator<String> bySpeed =
        Comparator.comparingDouble(peer -> ratio(ours, peer, isTls, shape, SPEED).mid());
    String leanest = Collections.max(peers, byCpu);
    String quickest = Collections.min(peers, bySpeed);
    Figure cpu =
        Figure.judged(
            what + ": server's CPU",
            "≤ that of " + others,
            Interval.of(of(ours.name, isTls, shape, CPU)).text(Units::digits) + " s",
            ratio(ours, leanest, isTls, shape, CPU).text(Units::ratio)
                + " of "
                + digits(Interval.of(of(leanest, isTls, shape, CPU)).mid())
                + " s of "
                + leanest,
            verdict(hasFailed, peers, peer -> ratio(ours, peer, isTls, shape, CPU).atMost(1)));
    Figure speed =
        Figure.judged(
            what + ": throughput",
            "≥ that of " + others,
            Interval.of(of(ours.name, isTls, shape, SPEED)).text(Units::bytes) + " per s",
            ratio(ours, quickest, isTls, shape, SPEED).text(Units::ratio)
                + " of "
                + bytes(Interval.of(of(quickest, isTls, shape, SPEED)).mid())
                + "/s of "
                + quickest
                + "; server's CPU "
                + ratio(ours, quickest, isTls, shape, CPU).text(Units::ratio),
            verdict(hasFailed, peers, peer -> ratio(ours, peer, isTls, shape, SPEED).atLeast(1)));
    boolean isPrimary = isTls && ours.equals(FILE) && shape.equals(H2Load.Shape.BOTH.getFirst());
    section.add(cpu).add(isPrimary ? speed.primary() : speed);
  }

  private Interval ratio(
      Contestant ours, String peer, boolean isTls, H2Load.Shape shape, String what) {
    return Interval.ofRatio(of(ours.name, isTls, shape, what), of(peer, isTls, shape, what));
  }

  private static Figure.Verdict verdict(
      boolean hasFailed, List<String> peers, Function<String, Figure.Verdict> against) {
    return hasFailed
        ? Figure.Verdict.MISS
        : Figure.Verdict.worst(peers.stream().map(against).toList());
  }
}
