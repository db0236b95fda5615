import io.zenoh.Config;
import io.zenoh.Session;
import io.zenoh.Zenoh;
import io.zenoh.bytes.ZBytes;
import io.zenoh.exceptions.ZError;
import io.zenoh.handlers.Callback;
import io.zenoh.keyexpr.KeyExpr;
import io.zenoh.pubsub.Publisher;
import io.zenoh.pubsub.PublisherOptions;
import io.zenoh.qos.CongestionControl;
import io.zenoh.sample.Sample;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * zenoh-java as a peer: the same roles, options and lines as the others.
 *
 * <pre>
 * ZjPeer echo   tcp ENDPOINT              answers every frame on cam/0 with 8 bytes on ack
 * ZjPeer ping   tcp ENDPOINT COUNT BYTES  prints put times and round trips, three rounds
 * ZjPeer nosub  tcp -        COUNT BYTES  put of one ZBytes, nobody subscribed, three rounds
 * ZjPeer thrsub tcp ENDPOINT              prints messages received each second
 * ZjPeer thrpub tcp ENDPOINT BYTES SECS   publishes as fast as it can
 * ZjPeer answer, ask, askmany, declare, tokens   {@link ZjQueries}
 * </pre>
 *
 * <p>A received payload whose bytes are never asked for keeps its native memory for ever (its class
 * comment says so, and there is no close), so a subscriber reads each one; {@code -Dzj.read=false}
 * counts without, as long as memory lasts. The library is built without shared memory: no lane shm.
 */
final class ZjPeer {
  private static final boolean READ = !"false".equals(System.getProperty("zj.read"));
  private static final int ROUNDS = 3;

  private static long sink;

  private ZjPeer() {}

  public static void main(String[] args) throws Exception {
    if (!args[1].equals("tcp")) {
      throw new IllegalArgumentException("lane=" + args[1] + ": zenoh-java has tcp only");
    }
    if (ZjQueries.plays(args[0])) {
      Config config = args[0].equals("answer") ? config(args[2], null) : config(null, args[2]);
      int[] numbers = Arrays.stream(args).skip(3).mapToInt(Integer::parseInt).toArray();
      ZjQueries.play(Zenoh.open(config), args[0], numbers);
      return;
    }
    switch (args[0]) {
      case "echo" -> echo(config(args[2], null));
      case "ping" ->
          ping(config(null, args[2]), true, Integer.parseInt(args[3]), Integer.parseInt(args[4]));
      case "nosub" ->
          ping(config(null, null), false, Integer.parseInt(args[3]), Integer.parseInt(args[4]));
      case "thrsub" -> throughputSubscriber(config(args[2], null));
      case "thrpub" ->
          throughputPublisher(
              config(null, args[2]), Integer.parseInt(args[3]), Long.parseLong(args[4]));
      default -> throw new IllegalArgumentException("unknown role: " + args[0]);
    }
  }

  private static Config config(String listen, String connect) throws ZError {
    return Config.fromJson5(
        "{mode:'peer',scouting:{multicast:{enabled:false}},listen:{endpoints:["
            + quoted(listen)
            + "]},connect:{endpoints:["
            + quoted(connect)
            + "]}}");
  }

  private static String quoted(String endpoint) {
    return endpoint == null ? "" : "'" + endpoint + "'";
  }

  private static PublisherOptions blocking() {
    PublisherOptions options = new PublisherOptions();
    options.setCongestionControl(CongestionControl.BLOCK);
    return options;
  }

  private static void read(Sample sample) {
    if (READ) {
      sink += sample.getPayload().toBytes().length;
    }
  }

  private static void echo(Config config) throws Exception {
    Session session = Zenoh.open(config);
    Publisher ack = session.declarePublisher(KeyExpr.tryFrom("ack"), blocking());
    ZBytes eight = ZBytes.from(new byte[8]);
    Callback<Sample> answer =
        sample -> {
          read(sample);
          try {
            ack.put(eight);
          } catch (ZError e) {
            throw new IllegalStateException("answer to a frame", e);
          }
        };
    session.declareSubscriber(KeyExpr.tryFrom("cam/0"), answer);
    System.out.println("ready");
    Thread.sleep(3_600_000);
    System.exit(0);
  }

  private static void ping(Config config, boolean awaited, int count, int byteSize)
      throws Exception {
    Session session = Zenoh.open(config);
    Publisher frames = session.declarePublisher(KeyExpr.tryFrom("cam/0"), blocking());
    Semaphore acked = new Semaphore(0);
    Callback<Sample> release =
        sample -> {
          read(sample);
          acked.release();
        };
    session.declareSubscriber(KeyExpr.tryFrom("ack"), release);
    Thread.sleep(1000);
    ZBytes payload = ZBytes.from(new byte[byteSize]);
    for (int round = 0; round < ROUNDS; round++) {
      double[] puts = new double[count];
      double[] trips = new double[count];
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        frames.put(payload);
        puts[i] = System.nanoTime() - start;
        if (awaited) {
          if (!acked.tryAcquire(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no ack within 20 s");
          }
          trips[i] = System.nanoTime() - start;
        }
      }
      report("zenoh-java put" + (awaited ? "" : " no subscriber"), puts);
      if (awaited) {
        report("zenoh-java round trip tcp " + byteSize + " B", trips);
      }
    }
    frames.close();
    session.close();
    System.exit(0);
  }

  static void report(String what, double[] nanos) {
    Arrays.sort(nanos);
    int n = nanos.length;
    System.out.printf(
        Locale.ROOT,
        "%-36s mean_us=%.1f p50_us=%.1f p90_us=%.1f p99_us=%.1f min_us=%.1f%n",
        what,
        Arrays.stream(nanos).average().orElseThrow() / 1e3,
        nanos[n / 2] / 1e3,
        nanos[n * 9 / 10] / 1e3,
        nanos[n * 99 / 100] / 1e3,
        nanos[0] / 1e3);
  }

  private static void throughputSubscriber(Config config) throws Exception {
    AtomicLong count = new AtomicLong();
    Session session = Zenoh.open(config);
    Callback<Sample> each =
        sample -> {
          read(sample);
          count.setOpaque(count.getPlain() + 1);
        };
    session.declareSubscriber(KeyExpr.tryFrom("thr"), each);
    System.out.println("ready");
    long last = 0;
    while (true) {
      Thread.sleep(1000);
      long now = count.getOpaque();
      System.out.println("received_per_s=" + (now - last));
      last = now;
    }
  }

  private static void throughputPublisher(Config config, int byteSize, long seconds)
      throws Exception {
    Session session = Zenoh.open(config);
    Publisher publisher = session.declarePublisher(KeyExpr.tryFrom("thr"), blocking());
    Thread.sleep(800);
    ZBytes payload = ZBytes.from(new byte[byteSize]);
    long sent = 0;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < end) {
      for (int i = 0; i < 64; i++) {
        publisher.put(payload);
      }
      sent += 64;
    }
    System.out.println("sent_per_s=" + sent / seconds);
    publisher.close();
    session.close();
    System.exit(0);
  }
}
