package dev.segue.bench.peers;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Query;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Queries, and how long declarations take:
 *
 * <pre>
 * answer  tcp|shm ENDPOINT BYTES [TOKENS]    answers queries with BYTES, says when so many liveliness tokens came and went
 * ask     tcp|shm ENDPOINT COUNT BYTES       prints what a get takes until it returns and until its end, three rounds
 * askmany tcp|shm ENDPOINT BYTES ASKERS SECS asks from so many threads, prints queries each second after as many
 * declare tcp|shm ENDPOINT COUNT             prints what it takes to declare and undeclare each kind of entity, three rounds
 * tokens  tcp|shm ENDPOINT COUNT             declares so many liveliness tokens, and ends them after a line of input
 * </pre>
 *
 * <p>A handler answers; who asks waits on its own thread.
 */
final class QueryPeer {
  private static final KeyExpr KEY = KeyExpr.of("query/0");
  private static final Selector SELECTOR = Selector.of(KEY);
  private static final KeyExpr TOKENS = KeyExpr.of("token/**");
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final GetOptions OPTIONS = GetOptions.defaults().timeout(LONG);
  private static final long POOL_BYTE_SIZE = 64L << 20;
  private static final int ROUNDS = 3;
  private static final Duration LEAST_WARM_UP = Duration.ofSeconds(2);

  private QueryPeer() {}

  /** Returns whether it plays a role. */
  static boolean plays(String role) {
    return List.of("answer", "ask", "askmany", "declare", "tokens").contains(role);
  }

  /** A role in a session, with the numbers that follow its endpoint. */
  static void play(Session session, String role, String lane, List<Integer> numbers)
      throws Exception {
    switch (role) {
      case "answer" ->
          answer(
              session,
              lane.equals("shm"),
              numbers.getFirst(),
              numbers.size() > 1 ? numbers.get(1) : 0);
      case "ask" -> ask(session, lane, numbers.getFirst(), numbers.get(1));
      case "askmany" -> askMany(session, numbers.getFirst(), numbers.get(1), numbers.get(2));
      case "declare" -> declare(session, numbers.getFirst());
      case "tokens" -> tokens(session, numbers.getFirst());
      default -> throw new IllegalArgumentException("unknown role: " + role);
    }
  }

  /** Declares an entity, to be undeclared. */
  private interface Declaring {
    AutoCloseable declare(KeyExpr key) throws ZenohException;
  }

  private record Entity(String name, Declaring declaring) {}

  private static void answer(Session session, boolean shm, long byteSize, int tokenCount)
      throws ZenohException, InterruptedException {
    ShmPool pool = shm ? ShmPool.create(POOL_BYTE_SIZE) : null;
    SegmentedBytes payload = SeguePeer.payload(byteSize);
    session.declareQueryable(
        KEY, QueryableOptions.defaults(), query -> answer(query, pool, payload));
    AtomicLong came = new AtomicLong();
    AtomicLong gone = new AtomicLong();
    session
        .liveliness()
        .declareSubscriber(
            TOKENS,
            false,
            SubscriberOptions.defaults().backlog(Backlog.hold(1 << 16)),
            sample -> {
              boolean isNew = sample.kind() == SampleKind.PUT;
              if ((isNew ? came : gone).incrementAndGet() == tokenCount) {
                System.out.println(isNew ? "tokens came" : "tokens went");
              }
            });
    SeguePeer.sayReady();
    Thread.sleep(Duration.ofDays(1));
  }

  private static void answer(Query query, @Nullable ShmPool pool, SegmentedBytes payload)
      throws ZenohException {
    if (pool == null) {
      query.reply(KEY, payload);
      return;
    }
    query.reply(KEY, pool.tryLoan(payload.byteSize(), LONG).orElseThrow());
  }

  /** Times of one query, in nanoseconds: of the call, and until the end of the answers. */
  private record Asked(long called, long ended) {}

  private static Asked askOne(Session session, long byteSize) throws ZenohException {
    long start = System.nanoTime();
    var replies = session.get(SELECTOR, OPTIONS);
    long called = System.nanoTime() - start;
    int count = 0;
    for (Reply reply : replies) {
      if (!(reply instanceof Reply.Success success)
          || success.sample().payload().byteSize() != byteSize) {
        throw new IllegalStateException("another answer: " + reply);
      }
      count++;
    }
    long ended = System.nanoTime() - start;
    if (count != 1) {
      throw new IllegalStateException("answers to a query: count=" + count);
    }
    return new Asked(called, ended);
  }

  private static void awaitQueryable(Session session) throws ZenohException, InterruptedException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (session.get(SELECTOR, OPTIONS).stream().count() == 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("nobody answers within " + LONG);
      }
      Thread.sleep(50);
    }
  }

  private static void ask(Session session, String lane, int count, long byteSize)
      throws ZenohException, InterruptedException {
    awaitQueryable(session);
    for (int round = 0; round < ROUNDS; round++) {
      double[] calls = new double[count];
      double[] trips = new double[count];
      for (int i = 0; i < count; i++) {
        Asked asked = askOne(session, byteSize);
        calls[i] = asked.called;
        trips[i] = asked.ended;
      }
      System.out.println(SeguePeer.line("segue get", calls));
      System.out.println(SeguePeer.line("segue round trip " + lane + " " + byteSize + " B", trips));
    }
  }

  private static void askMany(Session session, long byteSize, int askers, long seconds)
      throws Exception {
    awaitQueryable(session);
    LongAdder asked = new LongAdder();
    Duration measured = Duration.ofSeconds(seconds);
    Duration warmUp = measured.compareTo(LEAST_WARM_UP) > 0 ? measured : LEAST_WARM_UP;
    long end = System.nanoTime() + warmUp.plus(measured).toNanos();
    try (ExecutorService threads = Executors.newFixedThreadPool(askers)) {
      List<Future<?>> works = new ArrayList<>();
      for (int i = 0; i < askers; i++) {
        works.add(
            threads.submit(
                () -> {
                  while (System.nanoTime() - end < 0) {
                    askOne(session, byteSize);
                    asked.increment();
                  }
                  return null;
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
      for (Future<?> work : works) {
        work.get();
      }
    }
  }

  /** Each key is declared once, so that nothing is remembered of it. */
  private static void declare(Session session, int count) throws Exception {
    awaitQueryable(session);
    List<Entity> entities =
        List.of(
            new Entity("publisher", session::declarePublisher),
            new Entity(
                "subscriber",
                key -> session.declareSubscriber(key, SubscriberOptions.defaults(), sample -> {})),
            new Entity(
                "queryable",
                key -> session.declareQueryable(key, QueryableOptions.defaults(), query -> {})),
            new Entity("querier", key -> session.declareQuerier(key, OPTIONS)),
            new Entity("token", session.liveliness()::declareToken));
    for (int round = 0; round < ROUNDS; round++) {
      for (Entity entity : entities) {
        double[] nanos = new double[count];
        for (int i = 0; i < count; i++) {
          KeyExpr key = KeyExpr.of("declared/" + entity.name + "/" + (round * count + i));
          long start = System.nanoTime();
          entity.declaring.declare(key).close();
          nanos[i] = System.nanoTime() - start;
        }
        System.out.println(SeguePeer.line("segue declare " + entity.name, nanos));
      }
    }
  }

  private static void tokens(Session session, int count) throws Exception {
    awaitQueryable(session);
    System.out.println("tokens begin");
    long start = System.nanoTime();
    List<AutoCloseable> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(session.liveliness().declareToken(KeyExpr.of("token/" + i)));
    }
    sayMicros("tokens declared_us", System.nanoTime() - start);
    System.in.read();
    start = System.nanoTime();
    for (AutoCloseable token : tokens) {
      token.close();
    }
    sayMicros("tokens undeclared_us", System.nanoTime() - start);
  }

  private static void sayMicros(String what, long nanos) {
    System.out.printf(Locale.ROOT, "%s=%.1f%n", what, nanos / 1e3);
  }
}
