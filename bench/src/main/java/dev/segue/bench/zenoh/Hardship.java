package dev.segue.bench.zenoh;

import static dev.segue.bench.report.Units.bytes;
import static dev.segue.bench.report.Units.count;
import static dev.segue.bench.report.Units.digits;
import static dev.segue.bench.report.Units.time;

import dev.segue.bench.harness.Contender;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.SlowLink;
import dev.segue.bench.peers.SeguePeer;
import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.report.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Reception while something is in its way: a garbage collector, a slow handler, a slow link. */
public final class Hardship {
  private static final List<String> COLLECTORS = List.of("G1", "Serial", "Z");
  private static final int LIVE_MEBIBYTES = 200;
  private static final String HEAP = "-Xmx512m";
  private static final int SLOW_MILLIS = 5;
  private static final int LAST = 64;
  private static final long RECOVERED_NANOS = 2_000_000;
  private static final double HERTZ = 1000;
  private static final int BLOCK = 50;

  private final double seconds;
  private final Section section;
  private final Consumer<String> log;

  /** So many seconds for each case. */
  public Hardship(double seconds, Section section, Consumer<String> log) {
    this.seconds = seconds;
    this.section = section;
    this.log = log;
  }

  private interface Case {
    void run() throws IOException, InterruptedException;
  }

  private void attempt(String what, boolean isOurs, Case each) throws InterruptedException {
    log.accept(what);
    try {
      each.run();
    } catch (IOException | RuntimeException e) {
      String text = "FAILED: " + what + ": " + e.getMessage();
      var _ = isOurs ? section.failure(text) : section.remark(text);
      log.accept(text);
    }
  }

  /** A subscriber whose program allocates without end, with each collector. */
  public void garbageCollectors() throws InterruptedException {
    Table table =
        new Table(
            "1 kHz into a JVM under GC pressure",
            "sent",
            "received",
            "p50",
            "p99",
            "max",
            "longest collection",
            "most waiting in the backlog");
    for (String collector : COLLECTORS) {
      for (String lane : List.of("tcp", "shm")) {
        attempt(
            "GC pressure, " + collector + ", " + lane, true, () -> pressed(collector, lane, table));
      }
    }
    section
        .add(table)
        .remark(
            "The JVM has "
                + HEAP
                + ", keeps "
                + LIVE_MEBIBYTES
                + " MiB alive in blocks of 4 KiB and replaces 256 KiB a millisecond. Payloads have"
                + " 1 KiB over TCP, 64 KiB in shared memory. Latencies and collections count after the first"
                + " fifth. For ZGC a collection is a pause alone.");
  }

  private void pressed(String collector, String lane, Table table)
      throws IOException, InterruptedException {
    long byteSize = lane.equals("tcp") ? 1024 : 65_536;
    PacedRun.Load load = new PacedRun.Load(lane, byteSize, HERTZ, seconds);
    Contender subscriber =
        SeguePeer.contender(
            "handler",
            "-XX:+Use" + collector + "GC",
            HEAP,
            "-Dsegue.garbage=" + LIVE_MEBIBYTES,
            "-Dsegue.warmup.millis=" + (long) (1000 * load.warmUpSeconds()));
    String endpoint = Endpoints.free();
    PacedRun run =
        PacedRun.of(SeguePeer.contender("handler"), subscriber, load, endpoint, endpoint);
    Latencies got = run.latencies();
    String who = collector + "GC, " + lane;
    table.row(
        who,
        count(run.sent()),
        count(got.received()),
        time(Latencies.at(got.nanos(), 50)),
        time(Latencies.at(got.nanos(), 99)),
        time(Latencies.at(got.nanos(), 100)),
        got.pause() + " ms",
        count(got.mostWaiting()));
    section.add(
        Figure.of(
            "received under GC pressure, " + who,
            "all that was sent",
            count(got.received()) + " of " + count(run.sent()),
            "max latency "
                + time(Latencies.at(got.nanos(), 100))
                + ", at most "
                + count(got.mostWaiting())
                + " waiting",
            got.received() == run.sent()));
  }

  /** A handler that is too slow for a while, with a backlog that keeps the last samples. */
  public void overload() throws InterruptedException {
    attempt("overload and recovery", true, this::overloaded);
  }

  private void overloaded() throws IOException, InterruptedException {
    long slowSeconds = Math.max(1, (long) (seconds / 2));
    Contender slow =
        SeguePeer.contender(
            "handler",
            "-Dsegue.slow.millis=" + SLOW_MILLIS,
            "-Dsegue.slow.seconds=" + slowSeconds,
            "-Dsegue.last=" + LAST);
    String endpoint = Endpoints.free();
    PacedRun run =
        PacedRun.of(
            SeguePeer.contender("handler"),
            slow,
            new PacedRun.Load("tcp", 1024, HERTZ, seconds, 0),
            endpoint,
            endpoint);
    Latencies got = run.latencies();
    double recovery = Math.max(0, seconds - slowSeconds - recoveredSamples(got.inOrder()) / HERTZ);
    boolean isAccounted = got.received() + got.dropped() == run.sent();
    section
        .add(
            Figure.of(
                "overload: a handler that takes 5 ms at 1 kHz, backlog of the last " + LAST,
                "received + dropped = sent",
                count(got.received()) + " + " + count(got.dropped()),
                "of " + count(run.sent()) + " sent",
                isAccounted))
        .add(
            Figure.info(
                "recovery: from the end of the overload until most samples are no later than "
                    + time((double) RECOVERED_NANOS),
                "at most " + digits(recovery) + " s",
                "at most "
                    + count(got.mostWaiting())
                    + " waiting, resident "
                    + (Double.isNaN(run.residentGrowth())
                        ? "unknown"
                        : "+" + bytes(run.residentGrowth()))));
  }

  /**
   * Returns how many samples at the end came after the recovery: whole blocks in which most were in
   * time. A single late one says nothing, as one in a hundred is late at this rate without any
   * overload.
   */
  static int recoveredSamples(long[] inOrder) {
    int count = 0;
    for (int end = inOrder.length; end >= BLOCK; end -= BLOCK) {
      long late = 0;
      for (int i = end - BLOCK; i < end; i++) {
        late += inOrder[i] > RECOVERED_NANOS ? 1 : 0;
      }
      if (late > BLOCK / 2) {
        break;
      }
      count += BLOCK;
    }
    return count;
  }

  /** A link that delays and throttles, a proxy on this machine. */
  public void slowLinks(List<Contender> contenders) throws InterruptedException {
    Table table = new Table("link", "load", "contender", "sent", "received", "p50", "p99", "max");
    List<SlowLink.Quality> qualities =
        List.of(
            new SlowLink.Quality(10, 100_000_000 / 8), new SlowLink.Quality(1, 1_000_000_000 / 8));
    for (SlowLink.Quality quality : qualities) {
      PacedRun.Load load =
          quality.delayMillis() == 10
              ? new PacedRun.Load("tcp", 65_536, 30, seconds)
              : new PacedRun.Load("tcp", 11_796_480, 5, seconds);
      for (Contender contender : ableAndCalled(contenders)) {
        attempt(
            quality + ", " + contender.name(),
            contender.isOurs(),
            () -> through(quality, load, contender, table));
      }
    }
    section
        .add(table)
        .remark(
            "The link is a proxy in the bench's own process, which passes bytes on after the delay at the"
                + " rate; the kernel's own queueing disciplines need a module that not every machine"
                + " has.");
  }

  private static List<Contender> ableAndCalled(List<Contender> contenders) {
    List<Contender> able = new ArrayList<>();
    for (Contender each : contenders) {
      if (each.can("pacesub", "tcp") && each.style() == Contender.Style.CALLED) {
        able.add(each);
      }
    }
    return able;
  }

  private void through(
      SlowLink.Quality quality, PacedRun.Load load, Contender contender, Table table)
      throws IOException, InterruptedException {
    int port = Endpoints.freePort();
    try (SlowLink link = SlowLink.to(port, quality)) {
      PacedRun run =
          PacedRun.of(
              contender, contender, load, "tcp/127.0.0.1:" + port, "tcp/127.0.0.1:" + link.port());
      var nanos = run.latencies().nanos();
      table.row(
          quality.toString(),
          bytes((double) load.byteSize()) + " at " + digits(load.hertz()) + " Hz",
          contender.name(),
          count(run.sent()),
          count(run.latencies().received()),
          time(Latencies.at(nanos, 50)),
          time(Latencies.at(nanos, 99)),
          time(Latencies.at(nanos, 100)));
    }
  }
}
