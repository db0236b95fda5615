package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.count;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.ProcessSample;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.peers.SoakPeer;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.LineChart;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import dev.segue.bench.report.Units;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Measures the resources of two processes that send for a long time: the slope of resident memory
 * per message, with its error, and threads, files and the pool.
 */
public final class Soak {
  private static final int FEWEST_SAMPLES = 60;
  private static final int BLOCKS = 20;
  private static final int SAMPLES = 3000;
  private static final long FEWEST_SAMPLE_MILLIS = 20;

  // All the heap that there will ever be from the start on, so that what grows is not garbage.
  private static final String[] FLAGS = {
    "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"
  };

  private final String lane;
  private final long seconds;
  private final long byteSize;
  private final double mostSlope;

  private record Held(List<ProcessSample> samples) {
    double[] series(ToDoubleFunction<ProcessSample> of) {
      return samples.stream().mapToDouble(of).toArray();
    }
  }

  /**
   * A soak of messages of one size in one lane.
   *
   * @param seconds how long
   * @param mostSlope bytes of resident memory a message that count as none
   */
  public Soak(String lane, long seconds, long byteSize, double mostSlope) {
    this.lane = lane;
    this.seconds = seconds;
    this.byteSize = byteSize;
    this.mostSlope = mostSlope;
  }

  private String what() {
    return bytes((double) byteSize) + " " + lane + " for " + seconds + " s";
  }

  /** Runs it. */
  public void run(Section section, Consumer<String> log) throws IOException, InterruptedException {
    log.accept("soak: " + what());
    String endpoint = Endpoints.free();
    Held pubHeld = new Held(new ArrayList<>());
    Held subHeld = new Held(new ArrayList<>());
    List<Child.Line> said;
    long received;
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds + 120).toNanos();
    long sampleMillis = Math.max(FEWEST_SAMPLE_MILLIS, seconds * 1000 / SAMPLES);
    try (Child sub = start("sub", lane, endpoint)) {
      sub.awaitReady();
      try (Child pub =
          start("pub", lane, endpoint, Long.toString(seconds), Long.toString(byteSize))) {
        while (pub.isAlive() && pub.lines("done").isEmpty()) {
          if (System.nanoTime() - deadline > 0) {
            throw pub.failure("did not end in time");
          }
          if (!sub.isAlive()) {
            // Without it there would be few samples, or a loss that a crash is not.
            throw sub.failure("ended before the publisher");
          }
          if (!pub.lines("begin sent=").isEmpty()) {
            ProcessSample.of(pub.pid()).ifPresent(pubHeld.samples::add);
            ProcessSample.of(sub.pid()).ifPresent(subHeld.samples::add);
          }
          Thread.sleep(sampleMillis);
        }
        pub.awaitSuccess(Duration.ofSeconds(60));
        said = pub.lines(" sent=");
        if (!sub.isAlive()) {
          throw sub.failure("ended before its messages were counted");
        }
      }
      received = (long) Rounds.field(sub.lines("received=").getLast().text(), "received");
    }
    report(section, pubHeld, subHeld, said, received);
  }

  private static Child start(String... roleAndArguments) throws IOException {
    List<String> command = new ArrayList<>(Contender.javaCommand(SoakPeer.class, FLAGS));
    command.addAll(List.of(roleAndArguments));
    return Child.start("soak " + roleAndArguments[0], command);
  }

  private void report(Section section, Held pub, Held sub, List<Child.Line> said, long received) {
    if (pub.samples.size() < FEWEST_SAMPLES || sub.samples.size() < FEWEST_SAMPLES) {
      section.add(
          Figure.info(
              "flat: " + what(), "too few samples: " + pub.samples.size(), "needs /proc and time"));
      return;
    }
    long sent = (long) Rounds.field(said.getLast().text(), "sent");
    Table table = new Table(what(), "in the middle", "at the end", "slope per message", "");
    Figure.Verdict verdict =
        worse(row(table, "publisher", pub, sent), row(table, "subscriber", sub, sent));
    double[] available = field(said, "pool_available");
    double[] lent = field(said, "lent");
    double before = available[0];
    double after = available[available.length - 1];
    if (before > 0) {
      table.row(
          "pool, free before and after",
          bytes(before),
          bytes(after),
          "",
          after == before ? "back" : "NOT BACK");
    }
    boolean released = lent[lent.length - 1] == 0;
    boolean all = received == sent;
    table.row("payload lent at the end", "", released ? "no" : "yes", "", released ? "" : "HELD");
    table.row("received", "", count(received) + " of " + count(sent), "", all ? "" : "LOST");
    boolean isClean = released && all && (before <= 0 || after == before);
    section.add(table).add(chart(pub, sub));
    section.add(
        Figure.judged(
            "soak: " + count(sent) + " messages of " + what(),
            "≤ "
                + Units.digits(mostSlope)
                + " B of resident memory a message, nothing lost or held",
            slope(pub, sent).text(Soak::perMessage)
                + " publisher, "
                + slope(sub, sent).text(Soak::perMessage)
                + " subscriber",
            count(received) + " of " + count(sent) + " received",
            isClean ? verdict : Figure.Verdict.MISS));
  }

  private static String perMessage(double byteCount) {
    return Units.digits(byteCount) + " B";
  }

  private static Figure.Verdict worse(Figure.Verdict one, Figure.Verdict other) {
    if (one == Figure.Verdict.MISS || other == Figure.Verdict.MISS) {
      return Figure.Verdict.MISS;
    }
    return one == Figure.Verdict.PASS ? other : one;
  }

  /** The slope of resident memory per message after the first third, in which a JVM compiles. */
  private static Interval slope(Held held, long sent) {
    double[] time = held.series(ProcessSample::nanoTime);
    double[] resident = held.series(ProcessSample::residentByteSize);
    double perNano = sent / (time[time.length - 1] - time[0]);
    double[] messages = new double[time.length];
    for (int i = 0; i < time.length; i++) {
      messages[i] = (time[i] - time[0]) * perNano;
    }
    return slope(messages, resident);
  }

  /** The slope of resident memory over messages after the first third of the samples. */
  static Interval slope(double[] messages, double[] resident) {
    int from = messages.length / 3;
    return Stats.fitOfBlocks(
            java.util.Arrays.copyOfRange(messages, from, messages.length),
            java.util.Arrays.copyOfRange(resident, from, resident.length),
            BLOCKS)
        .slopeInterval();
  }

  private Figure.Verdict row(Table table, String who, Held held, long sent) {
    double[] resident = held.series(ProcessSample::residentByteSize);
    Interval slope = slope(held, sent);
    Figure.Verdict verdict = slope.atMost(mostSlope);
    table.row(
        who + ", resident",
        bytes(resident[resident.length / 2]),
        bytes(resident[resident.length - 1]),
        slope.text(Soak::perMessage),
        verdict.toString());
    boolean isFlat = countRow(table, who + ", threads", held, ProcessSample::threadCount);
    isFlat &= countRow(table, who + ", files", held, ProcessSample::fileCount);
    return isFlat ? verdict : Figure.Verdict.MISS;
  }

  private static boolean countRow(
      Table table, String what, Held held, ToDoubleFunction<ProcessSample> of) {
    double[] series = held.series(of);
    double middle =
        Stats.median(java.util.Arrays.copyOfRange(series, series.length / 3, series.length / 2));
    double end =
        Stats.median(java.util.Arrays.copyOfRange(series, series.length * 5 / 6, series.length));
    table.row(what, count((long) middle), count((long) end), "", end <= middle ? "flat" : "GROWS");
    return end <= middle;
  }

  private static double[] field(List<Child.Line> said, String name) {
    return said.stream().mapToDouble(line -> Rounds.field(line.text(), name)).toArray();
  }

  private LineChart chart(Held pub, Held sub) {
    return new LineChart("soak-" + lane, "Resident memory, " + what(), "seconds", "MiB", false)
        .series("publisher", seconds(pub), mebibytes(pub))
        .series("subscriber", seconds(sub), mebibytes(sub));
  }

  private static double[] seconds(Held held) {
    long start = held.samples.getFirst().nanoTime();
    return thinned(held.series(sample -> (sample.nanoTime() - start) / 1e9));
  }

  private static double[] mebibytes(Held held) {
    return thinned(held.series(sample -> sample.residentByteSize() / (double) (1 << 20)));
  }

  private static double[] thinned(double[] series) {
    int step = Math.max(1, series.length / 200);
    return java.util.stream.IntStream.range(0, series.length / step)
        .mapToDouble(i -> series[i * step])
        .toArray();
  }
}
