package dev.segue.bench.peers;

import dev.segue.bench.harness.Contender;
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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Our side of the benches, with the roles and lines of {@code bench/peers/zenoh-rust}:
 *
 * <pre>
 * SeguePeer echo    tcp|shm ENDPOINT              answers every frame on cam/0 with 8 bytes on ack
 * SeguePeer ping    tcp|shm ENDPOINT COUNT BYTES  prints put times and round trips, three rounds
 * SeguePeer thrsub, thrpub    {@link ThroughputPeer}
 * SeguePeer pacesub, pacepub  {@link PacedPeer}
 * SeguePeer coldput, coldsub  {@link ColdPeer}
 * SeguePeer answer, ask, askmany, declare, tokens  {@link QueryPeer}
 * </pre>
 *
 * <p>The system property {@code segue.receiving} says how it receives: {@link Receiving}.
 */
public final class SeguePeer {
  static final String RECEIVING_PROPERTY = "segue.receiving";

  private static final KeyExpr FRAME_KEY = KeyExpr.of("cam/0");
  private static final KeyExpr ACK_KEY = KeyExpr.of("ack");
  private static final long POOL_BYTE_SIZE = 64L << 20;
  private static final int ROUNDS = 3;
  private static final String LISTEN = "listen/";

  private SeguePeer() {}

  /**
   * This library as a contender, receiving in the way of that name, in a JVM with no flag but
   * native access and those given.
   *
   * @throws IllegalArgumentException if there is no such way
   */
  public static Contender contender(String receiving, String... flags) {
    Receiving way = Receiving.of(receiving);
    String[] all = Arrays.copyOf(flags, flags.length + 1);
    all[flags.length] = "-D" + RECEIVING_PROPERTY + "=" + way;
    return Contender.ofAll(
        "segue " + way, Contender.SEGUE, way.style(), Contender.javaCommand(SeguePeer.class, all));
  }

  /** A role, as the class comment says. */
  public static void main(String[] args) throws Exception {
    Receiving receiving =
        Receiving.of(System.getProperty(RECEIVING_PROPERTY, Receiving.HANDLER.toString()));
    boolean shm = args[1].equals("shm");
    if (QueryPeer.plays(args[0])) {
      query(args, shm);
      return;
    }
    switch (args[0]) {
      case "echo" -> echo(listening(args[2], shm), receiving);
      case "ping" ->
          ping(
              connecting(args[2], shm),
              receiving,
              args[1],
              Integer.parseInt(args[3]),
              Long.parseLong(args[4]));
      case "thrsub" ->
          ThroughputPeer.subscribe(
              listening(args[2], shm), receiving, number(args, 3), number(args, 4));
      case "thrpub" ->
          ThroughputPeer.publish(
              connecting(args[2], shm),
              Long.parseLong(args[3]),
              Long.parseLong(args[4]),
              number(args, 5),
              number(args, 6));
      case "pacesub" -> PacedPeer.subscribe(listening(args[2], shm), receiving);
      case "pacepub" ->
          PacedPeer.publish(
              connecting(args[2], shm),
              shm,
              Long.parseLong(args[3]),
              Double.parseDouble(args[4]),
              Double.parseDouble(args[5]));
      case "coldput" -> ColdPeer.put(connecting(args[2], shm), Long.parseLong(args[3]));
      case "coldsub" ->
          ColdPeer.subscribe(connecting(args[2], shm), receiving, Long.parseLong(args[3]));
      default -> throw new IllegalArgumentException("unknown role: " + args[0]);
    }
  }

  private static void query(String[] args, boolean shm) throws Exception {
    boolean listens = args[0].equals("answer");
    try (Session session =
        Session.open(listens ? listening(args[2], shm) : connecting(args[2], shm))) {
      List<Integer> numbers = Arrays.stream(args).skip(3).map(Integer::valueOf).toList();
      QueryPeer.play(session, args[0], args[1], numbers);
    }
  }

  private static int number(String[] args, int index) {
    return index < args.length ? Integer.parseInt(args[index]) : 1;
  }

  private static Config listening(String endpoint, boolean shm) {
    return config(shm).listen(endpoint);
  }

  private static Config connecting(String endpoint, boolean shm) {
    return endpoint.startsWith(LISTEN)
        ? listening(endpoint.substring(LISTEN.length()), shm)
        : config(shm).connect(endpoint);
  }

  static Config config(boolean shm) {
    return Config.defaults().mode(Mode.PEER).scouting(false).listen().sharedMemory(shm);
  }

  static SegmentedBytes payload(long byteSize) {
    MemorySegment memory = Arena.global().allocate(byteSize, Long.BYTES);
    return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
  }

  static void sayReady() {
    System.out.println("ready");
  }

  private static void echo(Config config, Receiving receiving) throws Exception {
    try (Session session = Session.open(config)) {
      Publisher ack = session.declarePublisher(ACK_KEY, PublisherOptions.blocking());
      SegmentedBytes eight = payload(8);
      receiving.consume(session, FRAME_KEY, sample -> answer(ack, eight), subscriber -> sayReady());
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
    System.out.println(line(what, nanos));
  }

  /**
   * Returns what a round says, at the ranks of the peers' lines: with 100 samples their {@code p99}
   * is the largest one, and the nearest rank would be the one below it.
   */
  static String line(String what, double[] nanos) {
    double[] sorted = nanos.clone();
    Arrays.sort(sorted);
    int count = sorted.length;
    return String.format(
        Locale.ROOT,
        "%-36s mean_us=%.1f p50_us=%.1f p90_us=%.1f p99_us=%.1f min_us=%.1f",
        what,
        Arrays.stream(sorted).average().orElseThrow() / 1e3,
        sorted[count / 2] / 1e3,
        sorted[(int) (count * 90L / 100)] / 1e3,
        sorted[(int) (count * 99L / 100)] / 1e3,
        sorted[0] / 1e3);
  }
}
