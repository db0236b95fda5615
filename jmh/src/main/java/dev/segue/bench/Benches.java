package dev.segue.bench;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.ratio;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.cross.RoundTrips;
import dev.segue.bench.cross.Soak;
import dev.segue.bench.cross.Throughput;
import dev.segue.bench.http2.Comparison;
import dev.segue.bench.http2.CopyThreshold;
import dev.segue.bench.http2.HeapBySize;
import dev.segue.bench.http2.SlowReaders;
import dev.segue.bench.report.Axis;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.LineChart;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Stats;
import dev.segue.bench.report.Table;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;

/** All benches in the order of the report, with the figures to reach. */
final class Benches {
  private static final double SOURCE_PUBLISH_STEP_NANOS = 4_980_000;
  private static final String[] COPIED_SIZES = {"1024", "16384", "262144", "4194304", "67108864"};

  private Benches() {}

  static List<Bench> all() {
    return Stream.of(zenoh(), http2()).flatMap(List::stream).toList();
  }

  private static List<Bench> http2() {
    return List.of(
        new Bench(
            "http2",
            "10 MB responses over HTTP/2 cost no more than those of h2o, nginx and nghttpd.",
            (context, section) ->
                new Comparison(
                        Math.min(1000, 200 * context.scale().rounds()),
                        Math.min(3, context.scale().rounds()))
                    .run(section, context::log)),
        new Bench(
            "http2-heap",
            "What a response leaves on the heap does not grow with its size.",
            (context, section) -> new HeapBySize().run(section, context::log)),
        new Bench(
            "http2-slow",
            "A thousand slow readers cost little memory.",
            (context, section) -> new SlowReaders().run(section, context::log)),
        new Bench(
            "http2-copy-threshold",
            "Pieces are copied where that costs less than to lend them.",
            (context, section) ->
                new CopyThreshold(40, context.scale().rounds()).run(section, context::log)));
  }

  private static List<Bench> zenoh() {
    return List.of(
        new Bench(
            "lend",
            "A frame of 11.25 MiB in 2 segments is lent within 1 µs, a thousand times faster than"
                + " copied.",
            Benches::lend),
        new Bench(
            "lend-size", "What it takes to lend does not grow with the size.", Benches::lendSize),
        new Bench(
            "lend-segments",
            "What it takes to lend grows linearly with the number of segments.",
            Benches::lendSegments),
        new Bench("wrap", "A wrapper around segments is nearly free.", Benches::wrap),
        new Bench("garbage", "Steady traffic makes next to no garbage.", Benches::garbage),
        new Bench(
            "publish-step",
            "A Cap'n Proto message around a captured frame is published within 5 µs.",
            Benches::publishStep),
        new Bench(
            "read",
            "A message that arrived whole is read in place; one in network batches costs one"
                + " gather.",
            Benches::read),
        new Bench(
            "trip-shm",
            "11.25 MiB to another process and an ack back in shared memory, as fast as the Rust core.",
            (context, section) ->
                new RoundTrips("shm", Frame.PIXELS_BYTE_SIZE, context.scale().shmTripCount(), 1.1)
                    .run(context.contenders(), context.scale().rounds(), section, context::log)),
        new Bench(
            "trip-tcp",
            "The same over TCP.",
            (context, section) ->
                new RoundTrips("tcp", Frame.PIXELS_BYTE_SIZE, context.scale().tcpTripCount(), 1.15)
                    .run(context.contenders(), context.scale().rounds(), section, context::log)),
        new Bench(
            "throughput",
            "Messages a second over TCP, near those of the Rust core.",
            Benches::throughput),
        new Bench(
            "store-get",
            "Objects into memory: near bare sockets, ahead of every other client.",
            (context, section) -> context.stores().get(section)),
        new Bench(
            "store-put",
            "Objects out of memory: no client takes less.",
            (context, section) -> context.stores().put(section)),
        new Bench(
            "store-heap",
            "Next to nothing on the Java heap, however much is moved.",
            (context, section) -> context.stores().heap(section)),
        new Bench(
            "store-stream",
            "An object larger than memory goes through a small process.",
            (context, section) -> context.stores().stream(section)),
        new Bench(
            "store-tls",
            "TLS costs its cipher and little more.",
            (context, section) -> context.stores().tls(section)),
        new Bench(
            "store-small",
            "Many small objects: no Java client takes less.",
            (context, section) -> context.stores().small(section)),
        new Bench(
            "store-real",
            "The same against a server that checks and stores.",
            (context, section) -> context.stores().real(section)),
        new Bench(
            "soak",
            "Memory, threads, files and the pool stay as they are, however much is sent.",
            Benches::soak));
  }

  private static void lend(Context context, Section section) throws RunnerException {
    JmhRun.Took borrow = context.jmh().run(LendBench.class, "borrow");
    JmhRun.Took copy = context.jmh().run(LendBench.class, "copy");
    double faster = copy.p50Nanos() / borrow.p50Nanos();
    section
        .add(
            Figure.of(
                "lend 40 B + 11.25 MiB, nobody subscribes, p50",
                "≤ 1 µs",
                time(borrow.p50Nanos()),
                "",
                borrow.p50Nanos() <= 1_000))
        .add(
            Figure.of(
                "the same against copy = true",
                "≥ 1,000×",
                time(copy.p50Nanos()),
                ratio(faster) + " faster",
                faster >= 1_000))
        .add(
            new Table("", "p50", "p99", "garbage")
                .row(
                    "copy = false",
                    time(borrow.p50Nanos()),
                    time(borrow.p99Nanos()),
                    bytes(borrow.garbageBytes()))
                .row(
                    "copy = true",
                    time(copy.p50Nanos()),
                    time(copy.p99Nanos()),
                    bytes(copy.garbageBytes())));
  }

  private static void lendSize(Context context, Section section) throws RunnerException {
    List<JmhRun.Took> borrow = context.jmh().run(LendSizeBench.class, "borrow", "byteSize");
    List<JmhRun.Took> copy =
        context.jmh().run(LendSizeBench.class, "copy", "byteSize", COPIED_SIZES);
    double spread = Stats.spread(medians(borrow));
    Table table = new Table("size", "lent, p50", "lent, p99", "copied, p50");
    for (int i = 0; i < borrow.size(); i++) {
      table.row(
          bytes(parameters(borrow)[i]),
          time(borrow.get(i).p50Nanos()),
          time(borrow.get(i).p99Nanos()),
          i < copy.size() ? time(copy.get(i).p50Nanos()) : "");
    }
    section
        .add(
            Figure.of(
                "lend 1 KiB to 1 GiB, largest p50 to smallest",
                "≤ 1.2×",
                ratio(spread),
                "",
                spread <= 1.2))
        .add(table)
        .add(
            new LineChart(
                    "lend-size",
                    "Lending a payload to a publisher, p50 by its size",
                    Axis.logarithmic("bytes", 4, value -> bytes(value)),
                    Axis.logarithmic("time", 10, value -> time(value)))
                .series("copy = false", parameters(borrow), medians(borrow))
                .series("copy = true", parameters(copy), medians(copy)))
        .remark("The payload is a mapped file with a hole for content; nothing reads it.");
  }

  private static void lendSegments(Context context, Section section) throws RunnerException {
    List<JmhRun.Took> took =
        context.jmh().run(LendSegmentCountBench.class, "borrow", "segmentCount");
    Stats.Line line = Stats.fit(parameters(took), medians(took));
    Table table = new Table("segments", "p50", "each more", "garbage");
    for (int i = 0; i < took.size(); i++) {
      JmhRun.Took at = took.get(i);
      double more =
          i == 0
              ? Double.NaN
              : (at.p50Nanos() - took.get(i - 1).p50Nanos())
                  / (parameters(took)[i] - parameters(took)[i - 1]);
      table.row(
          at.parameter(),
          time(at.p50Nanos()),
          Double.isNaN(more) ? "" : digits(more) + " ns",
          bytes(at.garbageBytes()));
    }
    section
        .add(
            Figure.of(
                "lend 1 to 1,024 segments, fit of a line (r²)",
                "≥ 0.98",
                digits(line.fit()),
                digits(line.slope()) + " ns each",
                line.fit() >= 0.98))
        .add(table)
        .add(
            new LineChart(
                    "lend-segments",
                    "Lending a payload to a publisher, p50 by its number of segments",
                    Axis.linear("segments", value -> digits(value)),
                    Axis.linear("time", value -> time(value)))
                .series("copy = false", parameters(took), medians(took)));
  }

  private static void wrap(Context context, Section section) throws RunnerException {
    JmhRun.Took took = context.jmh().run(FromSegmentsBench.class, "borrow");
    section.add(
        Figure.info(
            "fromSegments alone, 2 segments",
            time(took.p50Nanos()),
            bytes(took.garbageBytes()) + " garbage"));
  }

  private static void garbage(Context context, Section section) throws RunnerException {
    JmhRun.Took put = context.jmh().run(PutGarbageBench.class, "put");
    JmhRun.Took wrapAndPut = context.jmh().run(PutGarbageBench.class, "wrapAndPut");
    JmhRun.Took poll = context.jmh().run(PollGarbageBench.class, "poll");
    JmhRun.Took pollAndRead = context.jmh().run(PollGarbageBench.class, "pollAndRead");
    section
        .add(garbageFigure("garbage per lent put", put))
        .add(garbageFigure("garbage per wrapped and lent put", wrapAndPut))
        .add(garbageFigure("garbage per polled sample", poll))
        .add(garbageFigure("garbage per polled sample, payload read in place", pollAndRead));
  }

  private static Figure garbageFigure(String what, JmhRun.Took took) {
    double rounded = Math.round(took.garbageBytes() * 100) / 100.0;
    return Figure.of(what, "≤ 100 B, goal 0", bytes(rounded), "", rounded <= 100);
  }

  private static void publishStep(Context context, Section section) throws RunnerException {
    JmhRun.Took took = context.jmh().run(PublishStepBench.class, "publish");
    section
        .add(
            Figure.of(
                "whole publish step of an 11.25 MiB frame, p50",
                "≤ 5 µs",
                time(took.p50Nanos()) + ", p99 " + time(took.p99Nanos()),
                ratio(SOURCE_PUBLISH_STEP_NANOS / took.p50Nanos())
                    + " faster than the 4,980 µs before",
                took.p50Nanos() <= 5_000))
        .remark("Garbage of a step: " + bytes(took.garbageBytes()) + ".");
  }

  private static void read(Context context, Section section) throws RunnerException {
    JmhRun.Took inPlace = context.jmh().run(ReadBench.class, "inPlace");
    JmhRun.Took gather = context.jmh().run(ReadBench.class, "gather");
    section
        .add(
            Figure.info(
                "read fields of an 11.25 MiB message in place",
                time(inPlace.p50Nanos()),
                bytes(inPlace.garbageBytes()) + " garbage"))
        .add(
            Figure.info(
                "the same out of 181 network batches (one gather)",
                time(gather.p50Nanos()),
                bytes((double) Frame.PIXELS_BYTE_SIZE / gather.p50Nanos() * 1e9)
                    + "/s, "
                    + bytes(gather.garbageBytes())
                    + " garbage"));
  }

  private static void throughput(Context context, Section section) throws Exception {
    List<Throughput.Load> loads =
        List.of(
            new Throughput.Load(8, 0.8),
            new Throughput.Load(1024, 0.9),
            new Throughput.Load(65_536, 0.95));
    new Throughput(loads, context.scale().throughputSeconds())
        .run(context.contenders(), context.scale().rounds(), section, context::log);
  }

  private static void soak(Context context, Section section) throws Exception {
    new Soak("tcp", context.scale().soakMessageCount(), 8).run(section, context::log);
    new Soak("shm", context.scale().soakFrameCount(), Frame.PIXELS_BYTE_SIZE)
        .run(section, context::log);
  }

  private static double[] medians(List<JmhRun.Took> took) {
    return values(took, JmhRun.Took::p50Nanos);
  }

  private static double[] parameters(List<JmhRun.Took> took) {
    return values(took, each -> Double.parseDouble(each.parameter()));
  }

  private static double[] values(List<JmhRun.Took> took, ToDoubleFunction<JmhRun.Took> of) {
    return took.stream().mapToDouble(of).toArray();
  }
}
