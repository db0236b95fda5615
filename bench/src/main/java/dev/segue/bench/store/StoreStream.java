package dev.segue.bench.store;

import static dev.segue.bench.report.Units.bytes;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.ProcessSample;
import dev.segue.bench.harness.Rounds;
import dev.segue.bench.peers.StreamPeer;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Interval;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures the memory of a process that moves an object larger than its memory. */
final class StoreStream {
  // Half of what C2 compiles for here is done once; its work memory would be the larger part.
  private static final String[] FLAGS = {"-Xmx24m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"};
  private static final double MOST_ABOVE_EMPTY = 64 << 20;
  private static final double MOST_GROWTH = 1 << 20;
  private static final int BLOCKS = 12;
  private static final long SAMPLE_MILLIS = 50;
  private static final int FEWEST_SAMPLES = 8;
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final String endpoint;
  private final long byteSize;
  private final Section section;

  private record Held(double peak, List<Double> seconds, List<Double> resident) {}

  /** Gets what is sampled of a process. */
  interface Samples {
    void take(ProcessSample sample);
  }

  StoreStream(String endpoint, long byteSize, Section section) {
    this.endpoint = endpoint;
    this.byteSize = byteSize;
    this.section = section;
  }

  void run() throws IOException, InterruptedException {
    Held empty = hold("empty");
    Held get = hold("get");
    Held put = hold("put");
    String of = bytes((double) byteSize);
    figures("put-streaming of " + of + " from a pipe", put, empty);
    figures("reading " + of + " as a stream", get, empty);
    section
        .raw("put-streaming", "resident MiB", unboxed(put.resident()))
        .raw("reading", "resident MiB", unboxed(get.resident()))
        .remark(
            "All JVMs with "
                + String.join(" ", FLAGS)
                + "; an empty one has "
                + bytes(empty.peak())
                + ". Ring and heap: 16 + 24 MiB.");
  }

  private void figures(String what, Held held, Held empty) {
    double above = held.peak() - empty.peak();
    section.add(
        Figure.of(
            what + ", peak above an empty JVM",
            "≤ " + bytes(MOST_ABOVE_EMPTY),
            bytes(above),
            bytes(held.peak()) + " in all",
            above <= MOST_ABOVE_EMPTY));
    if (held.resident().size() < FEWEST_SAMPLES) {
      section.add(Figure.info(what + ", flat", "too few samples", ""));
      return;
    }
    Interval slope = slope(held);
    section.add(
        Figure.judged(
            what + ", slope of resident memory",
            "≤ " + bytes(MOST_GROWTH) + " for each further GiB",
            slope.text(each -> bytes(each)),
            "",
            slope.atMost(MOST_GROWTH)));
  }

  /** The slope of resident memory after the first third, in bytes for each further GiB. */
  private Interval slope(Held held) {
    double[] seconds = unboxed(held.seconds());
    double[] resident = unboxed(held.resident());
    double perSecond = (double) byteSize / (1 << 30) / seconds[seconds.length - 1];
    int from = seconds.length / 3;
    int count = seconds.length - from;
    double[] gibs = new double[count];
    double[] bytes = new double[count];
    for (int i = 0; i < count; i++) {
      gibs[i] = seconds[from + i] * perSecond;
      bytes[i] = resident[from + i] * (1 << 20);
    }
    return Stats.fitOfBlocks(gibs, bytes, Math.min(BLOCKS, count)).slopeInterval();
  }

  private Held hold(String role) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (role.equals("put")) {
      command.addAll(List.of("sh", "-c", "head -c \"$0\" /dev/zero | \"$@\"", byteSize + ""));
    }
    command.addAll(Contender.javaCommand(StreamPeer.class, FLAGS));
    command.addAll(List.of(role, endpoint, role.equals("put") ? "streamed" : "huge"));
    List<Double> seconds = new ArrayList<>();
    List<Double> resident = new ArrayList<>();
    try (Child child = Child.start("stream " + role, command)) {
      child.awaitLines(line -> line.startsWith("ready pid="), 1, TIMEOUT);
      long pid = (long) Rounds.field(child.lines("ready pid=").getFirst().text(), "pid");
      long start = System.nanoTime();
      sampleUntilTheEnd(
          child,
          pid,
          TIMEOUT,
          sample -> {
            seconds.add((sample.nanoTime() - start) / 1e9);
            resident.add(sample.residentByteSize() / (double) (1 << 20));
          });
      child.awaitSuccess(TIMEOUT);
      String done = child.lines("done bytes=").getFirst().text();
      if (!role.equals("empty") && Rounds.field(done, "bytes") != byteSize) {
        throw child.failure("moved other than byteSize=" + byteSize);
      }
      return new Held(Rounds.field(done, "peak") * 1024, seconds, resident);
    }
  }

  /**
   * Looks at a process until its child ends.
   *
   * @throws IOException if it does not end in time
   */
  static void sampleUntilTheEnd(Child child, long pid, Duration timeout, Samples samples)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (child.isAlive()) {
      if (System.nanoTime() - deadline > 0) {
        throw child.failure("did not end within " + timeout);
      }
      ProcessSample.of(pid).ifPresent(samples::take);
      Thread.sleep(SAMPLE_MILLIS);
    }
  }

  private static double[] unboxed(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
