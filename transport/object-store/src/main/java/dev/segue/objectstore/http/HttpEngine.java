package dev.segue.objectstore.http;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs exchanges, one thread each, on pooled connections. It doesn't depend on an SDK: an adapter
 * for each SDK turns its requests into {@link HttpCall}s.
 */
public final class HttpEngine implements AutoCloseable {
  private static final long ERROR_BYTE_SIZE_LIMIT = 1 << 20;

  private final EngineSettings<?> settings;
  private final ConnectionPool pool;
  private final Watchdog watchdog;
  private final @Nullable ThreadPoolExecutor ownThreads;
  private final Executor threads;
  private final ArrayDeque<HttpExchange> pending = new ArrayDeque<>();
  private int runningCount;
  private boolean closed;

  /** Takes the settings over: nobody changes them any more. */
  public HttpEngine(EngineSettings<?> settings) {
    this.settings = settings;
    this.pool = new ConnectionPool(settings);
    this.watchdog = new Watchdog(this, pool, settings.watchdogThreads);
    Executor given = settings.executor;
    this.ownThreads = given == null ? threads(settings.threadCount) : null;
    this.threads = given == null ? Objects.requireNonNull(ownThreads) : given;
  }

  private static ThreadPoolExecutor threads(int threadCount) {
    // The bound on running exchanges is the engine's own, so the pool never refuses one.
    return new ThreadPoolExecutor(
        threadCount,
        Integer.MAX_VALUE,
        10,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        Thread.ofPlatform().daemon().name("segue-http-", 0).stackSize(256 << 10).factory());
  }

  /** Starts a request, or lets it wait for its turn. */
  public HttpExchange execute(HttpCall call) {
    HttpExchange exchange = new HttpExchange(this, call);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("request to an HTTP client: it is closed");
      }
      if (runningCount == settings.maxConnections) {
        pending.add(exchange);
        return exchange;
      }
      runningCount++;
    }
    Runner runner = Runner.CURRENT.isBound() ? Runner.CURRENT.get() : null;
    if (runner == null || !runner.follow(this, exchange)) {
      start(exchange);
    }
    return exchange;
  }

  /** Where no thread can be had the exchange fails, and with it those that nobody would come to. */
  void start(HttpExchange first) {
    for (HttpExchange exchange = first; exchange != null; exchange = next()) {
      try {
        threads.execute(new Runner(this, exchange));
        return;
      } catch (RuntimeException | OutOfMemoryError e) {
        exchange.fail(new IOException("no thread for the HTTP client: " + e.getMessage(), e));
      }
    }
  }

  void run(Runner runner, HttpExchange exchange) {
    try {
      if (watchdog.watch(runner, exchange)) {
        exchange.run();
      }
    } finally {
      watchdog.forget(runner, exchange);
    }
  }

  /**
   * Returns what comes after an exchange on its thread; what else waits gets a thread of its own.
   */
  @Nullable HttpExchange after(Runner runner) {
    HttpExchange follower = runner.takeFollower();
    HttpExchange waiting = next();
    if (follower == null) {
      return waiting;
    }
    if (waiting != null) {
      start(waiting);
    }
    return follower;
  }

  /** Frees an exchange from a thread that does not come to it; called by the watchdog. */
  void rescue(Runner runner) {
    HttpExchange follower = runner.takeFollower();
    if (follower != null) {
      start(follower);
    }
  }

  private synchronized @Nullable HttpExchange next() {
    HttpExchange next = pending.poll();
    if (next == null) {
      runningCount--;
    }
    return next;
  }

  /** Returns how many connections wait to be used again. */
  public int idleConnectionCount() {
    return pool.idleCount();
  }

  ConnectionPool pool() {
    return pool;
  }

  /** Returns how long a body without a region may be. */
  long bodyByteSizeLimit(int status) {
    return status >= 300
        ? Math.min(ERROR_BYTE_SIZE_LIMIT, settings.bodyByteSizeLimit)
        : settings.bodyByteSizeLimit;
  }

  long stallNanos() {
    return settings.stallTimeout.toNanos();
  }

  long attemptNanos() {
    return settings.attemptTimeout == null ? 0 : settings.attemptTimeout.toNanos();
  }

  /** Ends all exchanges with an error and closes all connections. Idempotent. */
  @Override
  public void close() {
    ArrayDeque<HttpExchange> waiting;
    synchronized (this) {
      closed = true;
      waiting = new ArrayDeque<>(pending);
    }
    IOException why = new IOException("the HTTP client was closed");
    waiting.forEach(exchange -> exchange.abort(why));
    watchdog.close(why);
    pool.close();
    if (ownThreads != null) {
      ownThreads.shutdown();
    }
  }
}
