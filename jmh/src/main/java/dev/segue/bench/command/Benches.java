package dev.segue.bench.command;

import static dev.segue.bench.command.Bench.further;
import static dev.segue.bench.command.Bench.primary;

import dev.segue.bench.Frame;
import dev.segue.bench.http2.Comparison;
import dev.segue.bench.http2.CopyThreshold;
import dev.segue.bench.http2.HeapBySize;
import dev.segue.bench.http2.SlowReaders;
import dev.segue.bench.iceoryx2.SameHost;
import dev.segue.bench.report.Section;
import dev.segue.bench.zenoh.Contest;
import dev.segue.bench.zenoh.Declarations;
import dev.segue.bench.zenoh.FanOut;
import dev.segue.bench.zenoh.Footprint;
import dev.segue.bench.zenoh.Hardship;
import dev.segue.bench.zenoh.Paced;
import dev.segue.bench.zenoh.QueryRates;
import dev.segue.bench.zenoh.RoundTrips;
import dev.segue.bench.zenoh.Soak;
import dev.segue.bench.zenoh.Throughput;
import java.util.List;
import java.util.stream.Stream;

/** All benches in the order of the report, with the figures to reach. */
final class Benches {
  private static final double HARDSHIP_SECONDS = 6;
  private static final int MOST_LONG_ROUNDS = 3;
  private static final double LINK_SECONDS = 5;

  private Benches() {}

  static List<Bench> all() {
    return Stream.of(lend(), zenoh(), sameHost(), stores(), http2(), last())
        .flatMap(List::stream)
        .toList();
  }

  /** Returns whether a bench needs the peers of Zenoh. */
  static boolean isBetweenProcesses(Bench bench) {
    return zenoh().stream().anyMatch(each -> each.name().equals(bench.name()));
  }

  private static List<Bench> lend() {
    return List.of(
        primary(
            "lend", "A frame of 11.25 MiB in 2 segments is lent within 1 µs.", JmhBenches::lend),
        primary("garbage", "Steady traffic makes next to no garbage.", JmhBenches::garbage),
        primary(
            "publish-step",
            "A Cap'n Proto message around a captured frame is published within 5 µs.",
            JmhBenches::publishStep),
        further("try-put", "A put that says what happened costs little more.", JmhBenches::tryPut),
        further(
            "lend-size",
            "What it takes to lend does not grow with the size.",
            JmhBenches::lendSize),
        further(
            "lend-segments",
            "What it takes to lend grows linearly with the number of segments.",
            JmhBenches::lendSegments),
        further("wrap", "A wrapper around segments is nearly free.", JmhBenches::wrap),
        further(
            "read",
            "A message that arrived whole is read in place; one in network batches costs one"
                + " gather.",
            JmhBenches::read));
  }

  private static List<Bench> zenoh() {
    return List.of(
        primary(
            "trip-shm",
            "The descriptor of 11.25 MiB to another process and an ack back, as fast as the Rust"
                + " core.",
            (context, section) ->
                new RoundTrips(
                        RoundTrips.Kind.FRAME,
                        "shm",
                        Frame.PIXELS_BYTE_SIZE,
                        context.scale().shmTripCount(),
                        1.1)
                    .run(context.contest(section))),
        primary(
            "trip-tcp",
            "11.25 MiB over TCP and an ack back.",
            (context, section) ->
                new RoundTrips(
                        RoundTrips.Kind.FRAME,
                        "tcp",
                        Frame.PIXELS_BYTE_SIZE,
                        context.scale().tcpTripCount(),
                        1.15)
                    .run(context.contest(section).rounds(tcpRounds(context)))),
        primary(
            "paced",
            "Frames at a fixed rate, written and read whole: latency from the intended time.",
            Benches::paced),
        primary(
            "throughput",
            "Messages a second over TCP, near those of the Rust core.",
            Benches::throughput),
        further("query", "A query is answered as fast as by the Rust core.", Benches::queries),
        further(
            "query-rate",
            "Queries a second, near those of the Rust core.",
            (context, section) ->
                new QueryRates(8, context.scale().throughputSeconds(), 0.9)
                    .run(longRounds(context, section).called())),
        further(
            "declare",
            "Entities are declared and undeclared, and liveliness tokens by the thousand.",
            (context, section) ->
                new Declarations(
                        context.scale().shmTripCount() / 10,
                        Math.min(10_000, 2 * context.scale().shmTripCount()),
                        1.5)
                    .run(longRounds(context, section).called())),
        further(
            "fan-out",
            "1 to 64 publishers, topics and subscribers.",
            (context, section) ->
                new FanOut(FanOut.toSixtyFour(), Math.min(3, context.scale().throughputSeconds()))
                    .run(context.contest(section))),
        further(
            "footprint",
            "An idle session costs little, and a process is soon at work.",
            (context, section) ->
                new Footprint(
                        Math.min(5, context.scale().throughputSeconds()), context.scale().rounds())
                    .run(context.contest(section))),
        further(
            "gc",
            "A garbage collector delays reception, and loses nothing.",
            (context, section) -> hardship(context, section).garbageCollectors()),
        further(
            "overload",
            "Each message that a slow handler has no time for is counted, and it recovers.",
            (context, section) -> hardship(context, section).overload()),
        further(
            "link",
            "Links that delay and throttle.",
            (context, section) ->
                new Hardship(
                        Math.min(LINK_SECONDS, context.scale().pacedSeconds()),
                        section,
                        context::log)
                    .slowLinks(context.contenders())));
  }

  /** The core over TCP is now quick, now slow: more forks than elsewhere. */
  private static int tcpRounds(Context context) {
    int rounds = context.scale().rounds();
    return context.isDefaultScale() && rounds > MOST_LONG_ROUNDS ? rounds + 2 : rounds;
  }

  private static Hardship hardship(Context context, Section section) {
    return new Hardship(
        context.scale().pacedSeconds() < HARDSHIP_SECONDS ? 3 : HARDSHIP_SECONDS,
        section,
        context::log);
  }

  /** Fewer forks of what takes long in each, and tells more in each. */
  private static Contest longRounds(Context context, Section section) throws InterruptedException {
    return context.contest(section).rounds(longRounds(context));
  }

  private static int longRounds(Context context) {
    int rounds = context.scale().rounds();
    // Who asks for more rounds gets them.
    return context.isDefaultScale() ? Math.min(MOST_LONG_ROUNDS, rounds) : rounds;
  }

  private static void paced(Context context, Section section) throws InterruptedException {
    double seconds = context.scale().pacedSeconds();
    Contest contest = longRounds(context, section);
    if (context.isWhole()) {
      Paced.all(Frame.PIXELS_BYTE_SIZE, seconds).run(contest);
    } else {
      Paced.some(Frame.PIXELS_BYTE_SIZE, seconds).run(contest.judgedPair());
    }
  }

  private static void queries(Context context, Section section) throws InterruptedException {
    Contest contest = context.contest(section).called();
    for (String lane : List.of("tcp", "shm")) {
      for (long byteSize : List.of(8L, Frame.PIXELS_BYTE_SIZE)) {
        boolean isSlow = lane.equals("tcp") && byteSize == Frame.PIXELS_BYTE_SIZE;
        int count = isSlow ? context.scale().tcpTripCount() : context.scale().shmTripCount();
        new RoundTrips(RoundTrips.Kind.QUERY, lane, byteSize, count, 1.1).run(contest);
      }
    }
  }

  private static void throughput(Context context, Section section) throws InterruptedException {
    Contest contest = longRounds(context, section);
    Throughput.Load tiny = new Throughput.Load(8, 0.8);
    Throughput.Load small = new Throughput.Load(1024, 0.9);
    Throughput.Load large = new Throughput.Load(65_536, 0.95);
    int seconds = context.scale().throughputSeconds();
    if (context.isWhole()) {
      new Throughput(List.of(tiny, small, large), seconds).run(contest);
    } else {
      new Throughput(List.of(tiny, large), seconds).run(contest.judgedPair());
    }
  }

  private static List<Bench> sameHost() {
    return List.of(
        further(
            "same-host",
            "Frames between processes of one host over iceoryx2, as fast as its own crate.",
            (context, section) ->
                new SameHost(
                        Frame.PIXELS_BYTE_SIZE,
                        new SameHost.Plan(
                            context.scale().rounds(),
                            context.scale().shmTripCount(),
                            context.scale().throughputSeconds(),
                            context.isWhole() ? 1L << 30 : Frame.PIXELS_BYTE_SIZE),
                        context.iceoryx2(),
                        section,
                        context::log)
                    .run()));
  }

  private static List<Bench> stores() {
    return List.of(
        primary(
            "store-get",
            "Objects into memory: near bare sockets, ahead of every other client.",
            (context, section) -> context.stores().get(section, context.isWhole())),
        further(
            "store-put",
            "Objects out of memory: no client takes less.",
            (context, section) -> context.stores().put(section)),
        further(
            "store-heap",
            "Next to nothing on the Java heap, however much is moved.",
            (context, section) -> context.stores().heap(section)),
        further(
            "store-stream",
            "An object larger than memory goes through a small process.",
            (context, section) -> context.stores().stream(section)),
        further(
            "store-tls",
            "TLS costs its cipher and little more.",
            (context, section) -> context.stores().tls(section)),
        further(
            "store-small",
            "Many small objects: no Java client takes less.",
            (context, section) -> context.stores().small(section)),
        further(
            "store-real",
            "The same against a server that checks and stores.",
            (context, section) -> context.stores().real(section)));
  }

  private static List<Bench> http2() {
    return List.of(
        primary(
            "http2",
            "10 MB responses over HTTP/2 cost no more than those of other servers.",
            (context, section) ->
                (context.isWhole()
                        ? Comparison.whole(
                            Math.min(200, 100 * context.scale().rounds()), longRounds(context))
                        : Comparison.tlsAlone(
                            Math.min(200, 100 * context.scale().rounds()),
                            context.scale().rounds()))
                    .run(section, context::log)),
        further(
            "http2-heap",
            "What a response leaves on the heap does not grow with its size.",
            (context, section) -> new HeapBySize().run(section, context::log)),
        further(
            "http2-slow",
            "A thousand slow readers cost little memory.",
            (context, section) -> new SlowReaders().run(section, context::log)),
        further(
            "http2-copy-threshold",
            "Pieces are copied where that costs less than to lend them.",
            (context, section) -> new CopyThreshold(20, 1).run(section, context::log)));
  }

  private static List<Bench> last() {
    return List.of(
        further(
            "soak",
            "Memory, threads, files and the pool stay as they are, however much is sent.",
            (context, section) -> {
              new Soak("tcp", context.scale().soakSeconds(), 8, 1).run(section, context::log);
              new Soak("shm", context.scale().soakSeconds(), Frame.PIXELS_BYTE_SIZE, 16)
                  .run(section, context::log);
            }));
  }
}
