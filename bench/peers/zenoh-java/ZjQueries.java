import io.zenoh.Session;
import io.zenoh.bytes.ZBytes;
import io.zenoh.exceptions.ZError;
import io.zenoh.handlers.Callback;
import io.zenoh.keyexpr.KeyExpr;
import io.zenoh.query.GetOptions;
import io.zenoh.query.Query;
import io.zenoh.query.QueryTarget;
import io.zenoh.query.Reply;
import io.zenoh.query.Selector;
import io.zenoh.sample.Sample;
import io.zenoh.sample.SampleKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The roles {@code answer}, {@code ask}, {@code askmany}, {@code declare} and {@code tokens} of the
 * Rust peer.
 */
final class ZjQueries {
  private static final String KEY = "query/0";
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration LEAST_WARM_UP = Duration.ofSeconds(2);
  private static final int ROUNDS = 3;

  /** What nobody refers to any more is undeclared with the next garbage collection. */
  private static final List<Object> HELD = new ArrayList<>();

  private ZjQueries() {}

  private interface Declaring {
    AutoCloseable declare(KeyExpr key) throws ZError;
  }

  static boolean plays(String role) {
    return List.of("answer", "ask", "askmany", "declare", "tokens").contains(role);
  }

  static void play(Session session, String role, int[] numbers) throws Exception {
    if (role.equals("answer")) {
      answer(session, numbers[0], numbers.length > 1 ? numbers[1] : 0);
      return;
    }
    awaitQueryable(session);
    switch (role) {
      case "ask" -> ask(session, numbers[0], numbers[1]);
      case "askmany" -> askMany(session, numbers[0], numbers[1], numbers[2]);
      case "declare" -> declare(session, numbers[0]);
      default -> tokens(session, numbers[0]);
    }
    session.close();
    System.exit(0);
  }

  private static void answer(Session session, int byteSize, int tokenCount) throws Exception {
    KeyExpr key = KeyExpr.tryFrom(KEY);
    ZBytes payload = ZBytes.from(new byte[byteSize]);
    Callback<Query> answer =
        query -> {
          try {
            query.reply(key, payload);
          } catch (ZError e) {
            throw new IllegalStateException("answer to a query", e);
          }
        };
    HELD.add(session.declareQueryable(key, answer));
    AtomicInteger came = new AtomicInteger();
    AtomicInteger gone = new AtomicInteger();
    Callback<Sample> token =
        sample -> {
          boolean isNew = sample.getKind() == SampleKind.PUT;
          if ((isNew ? came : gone).incrementAndGet() == tokenCount) {
            System.out.println(isNew ? "tokens came" : "tokens went");
          }
        };
    HELD.add(session.liveliness().declareSubscriber(KeyExpr.tryFrom("token/**"), token));
    System.out.println("ready");
    Thread.sleep(3_600_000);
    System.exit(0);
  }

  /** Times of one query, in nanoseconds: of the call, and until the end of the answers. */
  private static long[] askOne(Session session, int byteSize) throws Exception {
    long start = System.nanoTime();
    GetOptions options = new GetOptions();
    options.setTarget(QueryTarget.BEST_MATCHING);
    options.setTimeout(LONG);
    BlockingQueue<Optional<Reply>> replies = session.get(Selector.tryFrom(KEY), options);
    long called = System.nanoTime() - start;
    int count = 0;
    for (Optional<Reply> reply = replies.take(); reply.isPresent(); reply = replies.take()) {
      // A payload whose bytes are never asked for keeps its native memory.
      if (!(reply.get() instanceof Reply.Success success)
          || success.getSample().getPayload().toBytes().length != byteSize) {
        throw new IllegalStateException("another answer: " + reply);
      }
      count++;
    }
    if (count != 1) {
      throw new IllegalStateException("answers to a query: count=" + count);
    }
    return new long[] {called, System.nanoTime() - start};
  }

  private static void awaitQueryable(Session session) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (session.get(Selector.tryFrom(KEY)).take().isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("nobody answers within " + LONG);
      }
      Thread.sleep(50);
    }
  }

  private static void ask(Session session, int count, int byteSize) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      double[] calls = new double[count];
      double[] trips = new double[count];
      for (int i = 0; i < count; i++) {
        long[] asked = askOne(session, byteSize);
        calls[i] = asked[0];
        trips[i] = asked[1];
      }
      ZjPeer.report("zenoh-java get", calls);
      ZjPeer.report("zenoh-java round trip tcp " + byteSize + " B", trips);
    }
  }

  private static void askMany(Session session, int byteSize, int askers, int seconds)
      throws Exception {
    LongAdder asked = new LongAdder();
    Duration measured = Duration.ofSeconds(seconds);
    Duration warmUp = measured.compareTo(LEAST_WARM_UP) > 0 ? measured : LEAST_WARM_UP;
    long end = System.nanoTime() + warmUp.plus(measured).toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < askers; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (System.nanoTime() < end) {
                        askOne(session, byteSize);
                        asked.increment();
                      }
                    } catch (Exception e) {
                      // With one fewer it would measure something else under the same name.
                      e.printStackTrace();
                      System.exit(1);
                    }
                  }));
    }
    Thread.sleep(warmUp);
    long before = asked.sum();
    long from = System.nanoTime();
    System.out.println("asking");
    Thread.sleep(measured);
    long count = asked.sum() - before;
    System.out.printf(
        Locale.ROOT,
        "asked count=%d queries_per_s=%.1f%n",
        count,
        count * 1e9 / (System.nanoTime() - from));
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void declare(Session session, int count) throws Exception {
    Callback<Sample> ignoreSample = sample -> {};
    Callback<Query> ignoreQuery = query -> {};
    Map<String, Declaring> entities = new LinkedHashMap<>();
    entities.put("publisher", session::declarePublisher);
    entities.put("subscriber", key -> session.declareSubscriber(key, ignoreSample));
    entities.put("queryable", key -> session.declareQueryable(key, ignoreQuery));
    entities.put("querier", session::declareQuerier);
    entities.put("token", session.liveliness()::declareToken);
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, Declaring> entity : entities.entrySet()) {
        double[] nanos = new double[count];
        for (int i = 0; i < count; i++) {
          KeyExpr key = KeyExpr.tryFrom("declared/" + entity.getKey() + "/" + (round * count + i));
          long start = System.nanoTime();
          entity.getValue().declare(key).close();
          nanos[i] = System.nanoTime() - start;
        }
        ZjPeer.report("zenoh-java declare " + entity.getKey(), nanos);
      }
    }
  }

  private static void tokens(Session session, int count) throws Exception {
    System.out.println("tokens begin");
    long start = System.nanoTime();
    List<AutoCloseable> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(session.liveliness().declareToken(KeyExpr.tryFrom("token/" + i)));
    }
    say("declared_us", System.nanoTime() - start);
    System.in.read();
    start = System.nanoTime();
    for (AutoCloseable token : tokens) {
      token.close();
    }
    say("undeclared_us", System.nanoTime() - start);
  }

  private static void say(String what, long nanos) {
    System.out.printf(Locale.ROOT, "tokens %s=%.1f%n", what, nanos / 1e3);
  }
}
