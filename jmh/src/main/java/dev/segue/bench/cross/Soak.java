package dev.segue.bench.cross;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.count;

import dev.segue.bench.report.Axis;
import dev.segue.bench.report.Figure;
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
 * What two processes hold of the machine after many messages: memory, threads, files, the shared
 * memory of the pool.
 */
public final class Soak {
  private static final long SAMPLE_MILLIS = 20;
  private static final long MOST_RESIDENT_GROWTH = 2L << 20;
  private static final int FEWEST_SAMPLES = 8;

  // All the heap that there will ever be from the start on, so that what grows is not garbage.
  private static final String[] FLAGS = {
    "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"
  };

  private final String lane;
  private final long messageCount;
  private final long byteSize;

  private record Held(List<ProcessSample> samples) {
    double[] series(ToDoubleFunction<ProcessSample> of) {
      return samples.stream().mapToDouble(of).toArray();
    }
  }

  /** A soak of {@code messageCount} messages of one size in one lane. */
  public Soak(String lane, long messageCount, long byteSize) {
    this.lane = lane;
    this.messageCount = messageCount;
    this.byteSize = byteSize;
  }

  private String what() {
    return count(messageCount) + " messages of " + bytes((double) byteSize) + ", " + lane;
  }

  /** Runs it. */
  public void run(Section section, Consumer<String> log) throws IOException, InterruptedException {
    log.accept("soak: " + what());
    String endpoint = SampleFeed.freeEndpoint();
    Held pubHeld = new Held(new ArrayList<>());
    Held subHeld = new Held(new ArrayList<>());
    List<Child.Line> said;
    long received;
    try (Child sub = start("sub", lane, endpoint)) {
      sub.awaitReady();
      try (Child pub =
          start("pub", lane, endpoint, Long.toString(messageCount), Long.toString(byteSize))) {
        while (pub.isAlive() && pub.lines("done").isEmpty()) {
          if (!pub.lines("begin sent=").isEmpty()) {
            ProcessSample.of(pub.pid()).ifPresent(pubHeld.samples::add);
            ProcessSample.of(sub.pid()).ifPresent(subHeld.samples::add);
          }
          Thread.sleep(SAMPLE_MILLIS);
        }
        pub.awaitSuccess(Duration.ofSeconds(60));
        said = pub.lines(" sent=");
      }
      received = (long) Round.field(sub.lines("received=").getLast().text(), "received");
    }
    report(section, pubHeld, subHeld, said, received);
  }

  private static Child start(String... roleAndArguments) throws IOException {
    List<String> command = new ArrayList<>(Contender.javaCommand(SoakPeer.class, FLAGS));
    command.addAll(List.of(roleAndArguments));
    return Child.start("soak " + roleAndArguments[0], command);
  }

  private void report(Section section, Held pub, Held sub, List<Child.Line> said, long received) {
    if (pub.samples.size() < FEWEST_SAMPLES) {
      section.add(
          Figure.info(
              "flat: " + what(), "too few samples: " + pub.samples.size(), "needs /proc and time"));
      return;
    }
    Table table = new Table(what(), "in the middle", "at the end", "growth in the second half", "");
    boolean flat = row(table, "publisher", pub);
    flat &= row(table, "subscriber", sub);
    double[] available = field(said, "pool_available");
    double[] lent = field(said, "lent");
    double before = available[0];
    double after = available[available.length - 1];
    if (before > 0) {
      boolean back = after == before;
      flat &= back;
      table.row(
          "pool, free before and after",
          bytes(before),
          bytes(after),
          bytes(after - before),
          back ? "back" : "NOT BACK");
    }
    boolean released = lent[lent.length - 1] == 0;
    boolean all = received == messageCount;
    table.row("payload lent at the end", "", released ? "no" : "yes", "", released ? "" : "HELD");
    table.row(
        "received", "", count(received) + " of " + count(messageCount), "", all ? "" : "LOST");
    section.add(table);
    section.add(chart(pub, sub));
    if (before > 0 && available.length > 2) {
      section.add(poolChart(available));
    }
    section.add(
        Figure.of(
            "flat: " + what(),
            "no growth of memory, threads, files, pool",
            "RSS "
                + signed(growth(pub, ProcessSample::residentByteSize))
                + " publisher, "
                + signed(growth(sub, ProcessSample::residentByteSize))
                + " subscriber in the second half",
            "",
            flat && released && all));
  }

  private static String signed(double byteSize) {
    return (byteSize >= 0 ? "+" : "") + bytes(byteSize);
  }

  private static boolean row(Table table, String who, Held held) {
    double[] resident = held.series(ProcessSample::residentByteSize);
    double residentGrowth = growth(held, ProcessSample::residentByteSize);
    boolean flat = residentGrowth <= MOST_RESIDENT_GROWTH;
    table.row(
        who + ", resident",
        bytes(resident[resident.length / 2]),
        bytes(resident[resident.length - 1]),
        signed(residentGrowth),
        flat ? "flat" : "GROWS");
    boolean threads = countRow(table, who + ", threads", held, ProcessSample::threadCount);
    boolean files = countRow(table, who + ", files", held, ProcessSample::fileCount);
    return flat && threads && files;
  }

  private static boolean countRow(
      Table table, String what, Held held, ToDoubleFunction<ProcessSample> of) {
    double[] series = held.series(of);
    double growth = growth(held, of);
    table.row(
        what,
        count((long) series[series.length / 2]),
        count((long) series[series.length - 1]),
        Units.digits(growth),
        growth <= 0 ? "flat" : "GROWS");
    return growth <= 0;
  }

  private static double growth(Held held, ToDoubleFunction<ProcessSample> of) {
    return Stats.growthInSecondHalf(held.series(of));
  }

  private static double[] field(List<Child.Line> said, String name) {
    return said.stream().mapToDouble(line -> Round.field(line.text(), name)).toArray();
  }

  private LineChart chart(Held pub, Held sub) {
    return new LineChart(
            "soak-" + lane,
            "Resident memory during " + what(),
            Axis.linear("seconds", Units::digits),
            Axis.linear("MiB", Units::digits))
        .series("publisher", seconds(pub), mebibytes(pub))
        .series("subscriber", seconds(sub), mebibytes(sub));
  }

  private LineChart poolChart(double[] available) {
    double[] index = new double[available.length];
    double[] mebibytes = new double[available.length];
    for (int i = 0; i < index.length; i++) {
      index[i] = i;
      mebibytes[i] = available[i] / (1 << 20);
    }
    return new LineChart(
            "soak-pool",
            "Free shared memory of the pool during " + what(),
            Axis.linear("samples", Units::digits),
            Axis.linear("MiB", Units::digits))
        .series("free after a collection", index, mebibytes);
  }

  private static double[] seconds(Held held) {
    long start = held.samples.getFirst().nanoTime();
    return held.series(sample -> (sample.nanoTime() - start) / 1e9);
  }

  private static double[] mebibytes(Held held) {
    return held.series(sample -> sample.residentByteSize() / (double) (1 << 20));
  }
}
