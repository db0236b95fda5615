package dev.segue.bench.store;

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
  private static final int WARM_UPS = 5;
  // Its disk is the slowest part.
  private static final int REAL_ROUNDS = 2;
  private static final List<String> REAL_CONTENDERS =
      List.of("segue", "s3dlio-into", "awscrt", "sdk-netty");

  private static final List<Work> GETS =
      List.of(
          new Work("get1g", "GET of 1 GiB", 1),
          new Work("get64", "GET of 64 × 11.25 MiB", OBJECTS_GIB));
  private static final List<Work> PUTS =
      List.of(
          new Work("put1g", "PUT of 1 GiB, no checksum", 1),
          new Work("put64", "PUT of 64 × 11.25 MiB, no checksum", OBJECTS_GIB),
          new Work("put1g-crc32c", "PUT of 1 GiB, CRC32C", 1),
          new Work("put64-crc32c", "PUT of 64 × 11.25 MiB, CRC32C", OBJECTS_GIB));
  private static final List<Work> SMALL =
      List.of(
          new Work("getsmall", "GET of 10,000 × 4 KiB", 10),
          new Work("putsmall", "PUT of 10,000 × 4 KiB", 10));

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
      List<StoreContender> contenders, String rehearsal, List<Work> works, int rounds)
      throws IOException, InterruptedException {
    try (NullServer server = server()) {
      return Turns.run(
          contenders, server.endpoint(), IN_FLIGHT, rehearsal, WARM_UPS, names(works), rounds, log);
    }
  }

  /** Objects into memory. */
  public void get(Section section) throws IOException, InterruptedException {
    StoreReport report = new StoreReport(turns(peers.all(), "getsmall", GETS, rounds), section);
    for (Work work : GETS) {
      report.cpuAgainst(work, "raw", 1.3);
      report.cpuAgainst(work, "s3dlio-into", 0.75);
      report.againstEveryPeer(work, "wall", Took::wallSeconds, false);
    }
    report.table("store-get", "GiB", GETS);
  }

  /** Objects out of memory. */
  public void put(Section section) throws IOException, InterruptedException {
    StoreReport report = new StoreReport(turns(peers.all(), "putsmall", PUTS, rounds), section);
    for (Work work : PUTS) {
      report.againstEveryPeer(work, "CPU", Took::cpuSeconds, false);
      report.againstEveryPeer(work, "wall", Took::wallSeconds, false);
    }
    report.table("store-put", "GiB", PUTS);
    section.remark("Bodies are not signed by anyone; s3dlio has no checksum to send.");
  }

  /** What ours leaves on the Java heap. */
  public void heap(Section section) throws IOException, InterruptedException {
    List<Work> works = List.of(GETS.getFirst(), GETS.getLast(), PUTS.getFirst(), PUTS.getLast());
    StoreReport report =
        new StoreReport(
            turns(List.of(StorePeers.segue()), "getsmall", works, HEAP_ROUNDS), section);
    works.forEach(work -> report.heap(work, MOST_HEAP));
  }

  /** Many small objects. */
  public void small(Section section) throws IOException, InterruptedException {
    List<StoreContender> java = new ArrayList<>();
    java.add(StorePeers.segue());
    java.addAll(peers.wantedJava());
    StoreReport report = new StoreReport(turns(java, "getsmall", SMALL, rounds), section);
    SMALL.forEach(work -> report.againstEveryPeer(work, "CPU", Took::cpuSeconds, true));
    report.table("store-small", "1,000 objects", SMALL);
  }

  /** An object larger than the process's memory, both ways. */
  public void stream(Section section) throws IOException, InterruptedException {
    try (NullServer server = server()) {
      new StoreStream(server.endpoint(), streamByteSize, section).run();
    }
  }

  /** One GiB under TLS. */
  public void tls(Section section) throws IOException, InterruptedException {
    try (NullServer files = server();
        TlsServer server = TlsServer.start(files.file())) {
      StoreContender ours = StorePeers.segue(server.trust());
      List<StoreContender> all = new ArrayList<>();
      all.add(ours);
      all.add(ours.at(server.plainEndpoint(), "segue, plain", Kind.LIMIT));
      all.addAll(peers.wantedJava());
      Work work = new Work("get1g", "GET of 1 GiB under TLS", 1);
      Turns turns =
          Turns.run(
              all,
              server.tlsEndpoint(),
              IN_FLIGHT,
              "get1g",
              2 * WARM_UPS,
              List.of("get1g"),
              rounds,
              log);
      StoreReport report = new StoreReport(turns, section);
      report.cpuOfTls(work, "segue, plain", CipherSpeed.secondsPerGib(), 1.2);
      report.againstEveryPeer(work, "CPU", Took::cpuSeconds, true);
      report.table("store-tls", "GiB", List.of(work));
      section.remark("nginx with TLS 1.3 and AES-128-GCM; the engine is the JDK's.");
    }
  }

  /** A server that works for real, whose own work hides a part of ours. */
  public void real(Section section) throws IOException, InterruptedException {
    Optional<Path> program = RealServer.program();
    if (program.isEmpty()) {
      log.accept("skipping versitygw: it is not installed");
      section.remark("versitygw is not installed.");
      return;
    }
    List<Work> works = List.of(GETS.getFirst(), PUTS.get(2));
    try (RealServer server = RealServer.start(program.get())) {
      try (WorkProcess first =
          WorkProcess.start(StorePeers.segue(), server.endpoint(), IN_FLIGHT)) {
        Optional<Took> _ = first.run("load");
      }
      List<StoreContender> some =
          peers.all().stream().filter(c -> REAL_CONTENDERS.contains(c.name())).toList();
      Turns turns =
          Turns.run(some, server.endpoint(), IN_FLIGHT, "get1g", 1, names(works), REAL_ROUNDS, log);
      StoreReport report = new StoreReport(turns, section);
      report.table("store-real", "GiB", works);
      for (Work work : works) {
        report.againstEveryPeer(work, "versitygw, CPU", Took::cpuSeconds, false);
      }
    }
  }
}
