package dev.segue.bench.store;

import dev.segue.bench.report.Figure;
import dev.segue.bench.report.Section;
import dev.segue.bench.store.StoreContender.Kind;
import dev.segue.bench.store.StoreReport.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The benches of object stores. */
public final class StoreBenches {
  private static final double OBJECTS_GIB = 64 * 11_796_480.0 / (1 << 30);
  private static final int IN_FLIGHT = 16;
  private static final double MOST_HEAP = 8 << 20;
  private static final int HEAP_ROUNDS = 3;
  private static final int SMALL_IN_FLIGHT = 64;
  private static final int WARM_UPS = 3;
  private static final String GIB = "GiB";
  // Its disk is the slowest part.
  private static final int REAL_ROUNDS = 3;
  private static final List<String> REAL_CONTENDERS =
      List.of("segue", "s3dlio-into", "awscrt", "sdk-netty");

  // Clients that a short run leaves out.
  private static final List<String> FAR_BEHIND = List.of("boto3", "sdk-netty", "sdk-tm");

  private static final List<Work> GETS =
      List.of(
          new Work("get1g", "GET of 1 GiB", 1, GIB),
          new Work("get64", "GET of 64 × 11.25 MiB", OBJECTS_GIB, GIB));
  private static final List<Work> PUTS =
      List.of(
          new Work("put1g", "PUT of 1 GiB, no checksum", 1, GIB),
          new Work("put64", "PUT of 64 × 11.25 MiB, no checksum", OBJECTS_GIB, GIB),
          new Work("put1g-crc32c", "PUT of 1 GiB, CRC32C", 1, GIB),
          new Work("put64-crc32c", "PUT of 64 × 11.25 MiB, CRC32C", OBJECTS_GIB, GIB));
  private static final List<Work> SMALL =
      List.of(
          new Work("getsmall", "GET of 10,000 × 4 KiB", 10, "1,000 objects"),
          new Work("putsmall", "PUT of 10,000 × 4 KiB", 10, "1,000 objects"));
  private static final String ALIKE =
      "16 requests in flight and parts of 8 MiB for everyone who can be told (the size of s3dlio's ranges can't be set, \"s3dlio\" puts an object in one"
          + " request, and \"sdk-tm\" gets one that was not put in parts in one request);"
          + " \"segue, its own parts\" chooses larger ones. Nobody signs a body.";
  private static final String NULL_SERVER =
      "The server is no object store: it speaks S3, sends with sendfile out of the page cache and"
          + " drops what it gets inside the kernel, so that the client is what is measured"
          + " (`store-real` has a real one).";

  private final Path root;
  private final StorePeers peers;
  private final int rounds;
  private final long streamByteSize;
  private final Consumer<String> log;

  /**
   * Benches of the checkout at {@code root}.
   *
   * @param log gets lines of progress, and one for each peer that is skipped
   */
  public StoreBenches(
      Path root, List<String> wanted, int rounds, long streamByteSize, Consumer<String> log) {
    this.root = root;
    this.peers = new StorePeers(root, wanted, log);
    this.rounds = rounds;
    this.streamByteSize = streamByteSize;
    this.log = log;
  }

  private static List<String> names(List<Work> works) {
    return works.stream().map(Work::name).toList();
  }

  private NullServer server() throws IOException, InterruptedException {
    Optional<Path> program = peers.nullServer();
    if (program.isEmpty()) {
      throw new IOException("the null server can't be compiled: is there a C compiler, cc?");
    }
    return NullServer.start(program.get(), 1L << 30, streamByteSize);
  }

  private Turns turns(
      List<StoreContender> contenders, int inFlight, Turns.Plan plan, Section section)
      throws IOException, InterruptedException {
    try (NullServer server = server()) {
      return Turns.run(contenders, server.endpoint(), inFlight, plan, section, log);
    }
  }

  /** Objects into memory; both works, or the large object alone. */
  public void get(Section section, boolean isWhole) throws IOException, InterruptedException {
    List<Work> works = isWhole ? GETS : GETS.subList(0, 1);
    Turns.Plan plan =
        new Turns.Plan(isWhole ? "getsmall" : "get1g", WARM_UPS, names(works), rounds);
    List<StoreContender> contenders =
        peers.all().stream().filter(c -> isWhole || !FAR_BEHIND.contains(c.name())).toList();
    StoreReport report = new StoreReport(turns(contenders, IN_FLIGHT, plan, section), section);
    for (Work work : works) {
      boolean isPrimary = work.equals(GETS.getFirst());
      report
          .againstEveryPeer(work, "CPU", Took::cpuSeconds, false)
          .map(figure -> isPrimary ? named(figure) : figure)
          .ifPresent(section::add);
      report.cpuAgainst(work, "raw", 1.3);
      report.cpuAgainst(work, "s3dlio-into", 0.75);
      report.againstEveryPeer(work, "wall", Took::wallSeconds, false).ifPresent(section::add);
    }
    report.table(works);
    report.chart("store-get", works.getFirst());
    section.remark(ALIKE).remark(NULL_SERVER);
  }

  /** A primary figure, which says by itself what the server is. */
  private static Figure named(Figure figure) {
    return Figure.judged(
            figure.what() + ", 16 in flight, null server",
            figure.target(),
            figure.reached(),
            figure.versus(),
            figure.verdict())
        .primary();
  }

  /** Objects out of memory. */
  public void put(Section section) throws IOException, InterruptedException {
    Turns.Plan plan = new Turns.Plan("putsmall", WARM_UPS, names(PUTS), rounds);
    StoreReport report = new StoreReport(turns(peers.all(), IN_FLIGHT, plan, section), section);
    for (Work work : PUTS) {
      report.againstEveryPeer(work, "CPU", Took::cpuSeconds, false).ifPresent(section::add);
      report.againstEveryPeer(work, "wall", Took::wallSeconds, false).ifPresent(section::add);
    }
    report.table(PUTS);
    section.remark(ALIKE).remark(NULL_SERVER).remark("s3dlio has no checksum to send.");
  }

  /** Measures what our client leaves on the Java heap. */
  public void heap(Section section) throws IOException, InterruptedException {
    List<Work> works = List.of(GETS.getFirst(), GETS.getLast(), PUTS.getFirst(), PUTS.getLast());
    Turns.Plan plan = new Turns.Plan("getsmall", WARM_UPS, names(works), HEAP_ROUNDS);
    StoreReport report =
        new StoreReport(turns(List.of(StorePeers.segue()), IN_FLIGHT, plan, section), section);
    works.forEach(work -> report.heap(work, MOST_HEAP));
  }

  /** Many small objects. */
  public void small(Section section) throws IOException, InterruptedException {
    List<StoreContender> java = new ArrayList<>();
    java.add(StorePeers.segue());
    java.addAll(peers.wantedJava());
    Turns.Plan plan = new Turns.Plan("getsmall", WARM_UPS, names(SMALL), rounds);
    StoreReport report = new StoreReport(turns(java, SMALL_IN_FLIGHT, plan, section), section);
    SMALL.forEach(
        work ->
            report.againstEveryPeer(work, "CPU", Took::cpuSeconds, true).ifPresent(section::add));
    report.table(SMALL);
    section.remark("64 requests in flight for everyone.").remark(NULL_SERVER);
  }

  /** An object larger than the process's memory, both ways. */
  public void stream(Section section) throws IOException, InterruptedException {
    try (NullServer server = server()) {
      new StoreStream(server.endpoint(), streamByteSize, section).run();
    }
  }

  /** One GiB under TLS. */
  public void tls(Section section) throws IOException, InterruptedException {
    if (!TlsServer.isInstalled()) {
      log.accept("skipping nginx: it is not installed");
      section.missing("skipped: nginx is not installed");
      return;
    }
    try (NullServer files = server();
        TlsServer server = TlsServer.start(files.file())) {
      StoreContender ours = StorePeers.segue(server.trust());
      List<StoreContender> all = new ArrayList<>();
      all.add(ours);
      all.add(ours.at(server.plainEndpoint(), "segue, plain", Kind.VARIANT));
      all.addAll(peers.wantedJava());
      Work work = new Work("get1g", "GET of 1 GiB under TLS", 1, GIB);
      Turns.Plan plan = new Turns.Plan("get1g", 2 * WARM_UPS, List.of("get1g"), rounds);
      Turns turns = Turns.run(all, server.tlsEndpoint(), IN_FLIGHT, plan, section, log);
      StoreReport report = new StoreReport(turns, section);
      report.cpuOfTls(work, "segue, plain", CipherSpeed.secondsPerGib(), 1.2);
      report.againstEveryPeer(work, "CPU", Took::cpuSeconds, true).ifPresent(section::add);
      report.table(List.of(work));
      section.remark(
          "The server is nginx with TLS 1.3 and AES-128-GCM. Our engine is the JDK's; the limit is its"
              + " own cipher, measured in this JVM on records of 16 KiB.");
    }
  }

  /** A server that works for real, whose own work hides a part of ours. */
  public void real(Section section) throws IOException, InterruptedException {
    Optional<Path> program = RealServer.program(root);
    if (program.isEmpty()) {
      log.accept("skipping versitygw: it is not installed");
      section.missing("skipped: versitygw is not installed");
      return;
    }
    List<Work> works = List.of(GETS.getFirst(), PUTS.get(2));
    try (RealServer server = RealServer.start(program.get())) {
      try (WorkProcess first =
          WorkProcess.start(StorePeers.segue(), server.endpoint(), IN_FLIGHT)) {
        first.run("load");
      }
      List<StoreContender> some =
          peers.all().stream().filter(c -> REAL_CONTENDERS.contains(c.name())).toList();
      Turns.Plan plan = new Turns.Plan("get1g", 1, names(works), Math.min(rounds, REAL_ROUNDS));
      Turns turns = Turns.run(some, server.endpoint(), IN_FLIGHT, plan, section, log);
      StoreReport report = new StoreReport(turns, section);
      report.table(works);
      for (Work work : works) {
        report
            .againstEveryPeer(work, "versitygw, CPU", Took::cpuSeconds, false)
            .ifPresent(section::add);
        report
            .againstEveryPeer(work, "versitygw, wall", Took::wallSeconds, false)
            .ifPresent(section::add);
      }
      section
          .remark(
              "The server is versitygw over files of this machine: "
                  + RealServer.version(program.get()))
          .remark(ALIKE);
    }
  }
}
