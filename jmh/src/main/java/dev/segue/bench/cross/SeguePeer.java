package dev.segue.bench.cross;

import dev.segue.bench.report.Stats;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Our side of the benches, with the roles and lines of the peers:
 *
 * <pre>
 * SeguePeer echo   tcp|shm ENDPOINT              answers every frame on cam/0 with 8 bytes on ack
 * SeguePeer ping   tcp|shm ENDPOINT COUNT BYTES  prints put times and round trips, three rounds
 * SeguePeer thrsub tcp|shm ENDPOINT              prints messages received each second
 * SeguePeer thrpub tcp|shm ENDPOINT BYTES SECS   publishes as fast as it can
 * </pre>
 *
 * <p>The system property {@code segue.receiving} says how it receives: {@link Receiving}.
 */
final class SeguePeer {
  static final KeyExpr THROUGHPUT_KEY = KeyExpr.of("thr");
  static final String RECEIVING_PROPERTY = "segue.receiving";

  private static final KeyExpr FRAME_KEY = KeyExpr.of("cam/0");
  private static final KeyExpr ACK_KEY = KeyExpr.of("ack");
  private static final long POOL_BYTE_SIZE = 64L << 20;
  private static final int ROUNDS = 3;

  private SeguePeer() {}

  /** A role, as the class comment says. */
  public static void main(String[] args) throws Exception {
    Receiving receiving =
        Receiving.of(System.getProperty(RECEIVING_PROPERTY, Receiving.HANDLER.toString()));
    boolean shm = args[1].equals("shm");
    switch (args[0]) {
      case "echo" -> echo(config(shm).listen(args[2]), receiving);
      case "ping" ->
          ping(
              config(shm).connect(args[2]),
              receiving,
              args[1],
              Integer.parseInt(args[3]),
              Long.parseLong(args[4]));
      case "thrsub" -> throughputSubscriber(config(shm).listen(args[2]), receiving);
      case "thrpub" ->
          throughputPublisher(
              config(shm).connect(args[2]), Long.parseLong(args[3]), Long.parseLong(args[4]));
      default -> throw new IllegalArgumentException("unknown role: " + args[0]);
    }
  }

  static Config config(boolean shm) {
    return Config.defaults().mode(Mode.PEER).scouting(false).listen().sharedMemory(shm);
  }

  private static SegmentedBytes payload(long byteSize) {
    MemorySegment memory = Arena.global().allocate(byteSize, Long.BYTES);
    return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
  }

  private static void sayReady() {
    System.out.println("ready");
  }

  private static void echo(Config config, Receiving receiving) throws Exception {
    try (Session session = Session.open(config)) {
      Publisher ack = session.declarePublisher(ACK_KEY, PublisherOptions.blocking());
      SegmentedBytes eight = payload(8);
      receiving.consume(session, FRAME_KEY, sample -> answer(ack, eight), SeguePeer::sayReady);
    }
  }

  private static void answer(Publisher ack, SegmentedBytes payload) {
    try {
      ack.put(payload);
    } catch (ZenohException e) {
      throw new IllegalStateException("answer to a frame", e);
    }
  }

  private static void ping(
      Config config, Receiving receiving, String lane, int count, long byteSize) throws Exception {
    boolean shm = lane.equals("shm");
    try (Session session = Session.open(config);
        Publisher frames = session.declarePublisher(FRAME_KEY, PublisherOptions.blocking())) {
      Receiving.Waiting acks = receiving.waiting(session, ACK_KEY);
      Thread.sleep(1000);
      ShmPool pool = shm ? ShmPool.create(POOL_BYTE_SIZE) : null;
      SegmentedBytes payload = payload(byteSize);
      for (int round = 0; round < ROUNDS; round++) {
        double[] puts = new double[count];
        double[] trips = new double[count];
        for (int i = 0; i < count; i++) {
          Loan loan =
              pool == null ? null : pool.tryLoan(byteSize, Duration.ofSeconds(10)).orElseThrow();
          long start = System.nanoTime();
          if (loan == null) {
            frames.put(payload);
          } else {
            frames.put(loan);
          }
          puts[i] = System.nanoTime() - start;
          acks.awaitOne();
          trips[i] = System.nanoTime() - start;
        }
        report("segue put", puts);
        report("segue round trip " + lane + " " + byteSize + " B", trips);
      }
      if (pool != null) {
        pool.close();
      }
    }
    System.exit(0);
  }

  private static void report(String what, double[] nanos) {
    double mean = java.util.Arrays.stream(nanos).average().orElseThrow();
    System.out.printf(
        Locale.ROOT,
        "%-36s mean_us=%.1f p50_us=%.1f p90_us=%.1f p99_us=%.1f min_us=%.1f%n",
        what,
        mean / 1e3,
        Stats.percentile(nanos, 50) / 1e3,
        Stats.percentile(nanos, 90) / 1e3,
        Stats.percentile(nanos, 99) / 1e3,
        java.util.Arrays.stream(nanos).min().orElseThrow() / 1e3);
  }

  private static void throughputSubscriber(Config config, Receiving receiving) throws Exception {
    AtomicLong count = new AtomicLong();
    Thread.ofPlatform().daemon().start(() -> printEachSecond(count));
    try (Session session = Session.open(config)) {
      receiving.consume(
          session,
          THROUGHPUT_KEY,
          sample -> count.setOpaque(count.getPlain() + 1),
          SeguePeer::sayReady);
    }
  }

  private static void printEachSecond(AtomicLong count) {
    long last = 0;
    while (true) {
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        return;
      }
      long now = count.getOpaque();
      System.out.println("received_per_s=" + (now - last));
      last = now;
    }
  }

  private static void throughputPublisher(Config config, long byteSize, long seconds)
      throws Exception {
    try (Session session = Session.open(config);
        Publisher publisher =
            session.declarePublisher(THROUGHPUT_KEY, PublisherOptions.blocking())) {
      Thread.sleep(800);
      SegmentedBytes payload = payload(byteSize);
      long sent = 0;
      long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
      while (System.nanoTime() < end) {
        for (int i = 0; i < 64; i++) {
          publisher.put(payload);
        }
        sent += 64;
      }
      System.out.println("sent_per_s=" + sent / seconds);
    }
  }
}
