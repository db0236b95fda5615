package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Locality;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * Puts and deletes on behalf of clients, on a few platform threads: the core may wait in native
 * code for a congested link, which would stop a carrier of virtual threads.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class Publishing implements AutoCloseable {
  private static final int THREADS = 8;
  private static final int BACKLOG = 1024;
  private static final Duration LONGEST_END = Duration.ofSeconds(6);

  /** The gateway itself subscribes to all that may be read, so only others count. */
  private static final PublisherOptions OTHERS =
      PublisherOptions.defaults().qos(Qos.defaults().destination(Locality.REMOTE));

  private final Session session;
  private final Duration longestEnd;
  private final ThreadPoolExecutor threads;
  private final AtomicLong givenUp = new AtomicLong();
  private volatile boolean over;

  Publishing(Session session) {
    this(
        session,
        task -> Thread.ofPlatform().daemon().name("segue-gateway-puts").unstarted(task),
        LONGEST_END);
  }

  /** On threads of that factory; {@link #close()} puts what was taken for as long as that. */
  Publishing(Session session, ThreadFactory factory, Duration longestEnd) {
    this.session = session;
    this.longestEnd = longestEnd;
    threads =
        new ThreadPoolExecutor(
            THREADS, THREADS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(BACKLOG), factory);
    threads.allowCoreThreadTimeOut(true);
  }

  private static HttpException tooMany() {
    return new HttpException(503, "too many puts are under way", Headers.of("retry-after", "1"));
  }

  /**
   * Runs work that puts or deletes.
   *
   * @throws HttpException 503 if too much waits already; then it doesn't run
   */
  void execute(Runnable work) throws HttpException {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException | OutOfMemoryError e) { // The latter: no thread for it.
      throw tooMany();
    }
  }

  /** Puts, as quickly as that goes. */
  void put(KeyExpr key, SegmentedBytes payload, Encoding encoding, Qos qos) throws ZenohException {
    checkGoesOn("put", key);
    session.put(key, payload, qos, PutOptions.none().encoding(encoding));
  }

  private void checkGoesOn(String what, KeyExpr key) {
    if (over) {
      givenUp.incrementAndGet();
      throw new IllegalStateException(what + " of " + key + ": not done, the gateway was closed");
    }
  }

  /**
   * Puts, and says what the core knows of it: {@code matched} by another session's subscriber,
   * {@code nobody}, or {@code dropped} when messages of this session were dropped meanwhile.
   */
  String putForOutcome(KeyExpr key, SegmentedBytes payload, Encoding encoding, Qos qos)
      throws ZenohException {
    checkGoesOn("put", key);
    long before = session.droppedCount();
    boolean matched;
    try (Publisher publisher = session.declarePublisher(key, OTHERS)) {
      matched = publisher.hasMatchingSubscribers();
      put(key, payload, encoding, qos);
    }
    if (session.droppedCount() > before) {
      return "dropped";
    }
    return matched ? "matched" : "nobody";
  }

  void delete(KeyExpr key, Qos qos) throws ZenohException {
    checkGoesOn("delete", key);
    session.delete(key, qos, PutOptions.none());
  }

  /**
   * Returns how a put is to travel.
   *
   * @param fields gives {@code congestion}, {@code priority} and {@code express}; empty for none
   * @throws HttpException 400 if one of them is unknown
   */
  static Qos qosOf(UnaryOperator<String> fields, boolean express) throws HttpException {
    Qos qos = Qos.defaults().express(express);
    Optional<CongestionControl> congestion =
        oneOf(CongestionControl.values(), "congestion", fields);
    Optional<Priority> priority = oneOf(Priority.values(), "priority", fields);
    if (congestion.isPresent()) {
      qos = qos.congestionControl(congestion.get());
    }
    return priority.isPresent() ? qos.priority(priority.get()) : qos;
  }

  private static <E extends Enum<E>> Optional<E> oneOf(
      E[] all, String name, UnaryOperator<String> fields) throws HttpException {
    String text = fields.apply(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    for (E each : all) {
      if (each.name().replace('_', '-').toLowerCase(Locale.ROOT).equals(text)) {
        return Optional.of(each);
      }
    }
    throw HttpException.badRequest(name + "=" + text + ": unknown");
  }

  /** Runs work of one client in its order, one at a time. */
  Lane lane() {
    return new Lane();
  }

  /**
   * The puts of one client.
   *
   * <p>Threads: any for its work; one thread gives it.
   */
  final class Lane {
    /** The number that run before others get a thread again. */
    private static final int AT_ONCE = 32;

    private static final int LONGEST = 1024;

    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    private Lane() {}

    /**
     * Runs work after what was given before.
     *
     * @throws HttpException 503 if too much waits already; then it doesn't run
     */
    void execute(Runnable work) throws HttpException {
      synchronized (this) {
        if (waiting.size() >= LONGEST) {
          throw tooMany();
        }
        waiting.add(work);
        if (running) {
          return;
        }
        running = true;
      }
      try {
        threads.execute(this::run);
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        synchronized (this) {
          running = false;
          waiting.remove(work);
        }
        throw tooMany();
      }
    }

    private void run() {
      for (int i = 0; i < AT_ONCE || !isHandedOn(); i++) {
        Runnable next;
        synchronized (this) {
          next = waiting.poll();
          if (next == null) {
            running = false;
            return;
          }
        }
        runOne(next);
      }
    }

    /** Whatever it throws: what waits behind it would wait for ever. */
    private static void runOne(Runnable work) {
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        Work.warn("a put of a client", e);
      }
    }

    private boolean isHandedOn() {
      try {
        threads.execute(this::run);
        return true;
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        return false;
      }
    }
  }

  /**
   * Puts what was taken, for a time. What is left then fails, so that its memory is given back and
   * whoever waits is told, and is counted in the log.
   */
  @Override
  public void close() {
    threads.shutdown();
    boolean done = awaitEnd();
    over = true;
    if (!done) {
      // Not dropped: each ends at once, with its client told. Those that are in the core end later.
      threads
          .getQueue()
          .forEach(
              task -> {
                if (threads.remove(task)) {
                  task.run();
                }
              });
      done = awaitEnd();
    }
    long count = givenUp.get();
    if (count > 0 || !done) {
      System.getLogger("dev.segue.gateway")
          .log(
              System.Logger.Level.WARNING,
              "close of a gateway: "
                  + count
                  + " puts and deletes that were taken were not done within "
                  + longestEnd
                  + (done ? "" : ", and some are still in the core"));
    }
    threads.shutdownNow();
  }

  private boolean awaitEnd() {
    try {
      return threads.awaitTermination(longestEnd.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns how many puts and deletes {@link #close()} gave up. */
  long givenUpCount() {
    return givenUp.get();
  }
}
