package dev.segue.objectstore.http;

import dev.segue.bytes.spi.PeerClock;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Ends exchanges that stall: a blocking socket has no read timeout of its own. */
final class Watchdog {
  private static final long TICK_NANOS = 50_000_000;

  private final Set<HttpExchange> watched = ConcurrentHashMap.newKeySet();
  private final Set<Runner> runners = ConcurrentHashMap.newKeySet();
  private final HttpEngine engine;
  private final ConnectionPool pool;
  private final ThreadFactory threads;

  /** Stands while this process does: what came meanwhile is still to be read. */
  private final PeerClock clock = new PeerClock(TICK_NANOS);

  private @Nullable Thread thread;
  private volatile boolean closed;

  Watchdog(HttpEngine engine, ConnectionPool pool, ThreadFactory threads) {
    this.engine = engine;
    this.pool = pool;
    this.threads = threads;
  }

  /**
   * Watches an exchange that is about to run.
   *
   * @return whether it may run: unwatched it might wait for ever, so it fails where the watchdog
   *     gets no thread
   */
  boolean watch(Runner runner, HttpExchange exchange) {
    runners.add(runner);
    watched.add(exchange);
    try {
      start();
    } catch (RuntimeException | OutOfMemoryError e) {
      exchange.fail(new IOException("no thread for the HTTP client: " + e.getMessage(), e));
      return false;
    }
    if (closed) {
      exchange.abort(new IOException("the HTTP client was closed"));
    }
    return true;
  }

  void forget(Runner runner, HttpExchange exchange) {
    runners.remove(runner);
    watched.remove(exchange);
  }

  private synchronized void start() {
    if (!closed && (thread == null || !thread.isAlive())) {
      Thread made = threads.newThread(this::run);
      made.start();
      thread = made;
    }
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, TICK_NANOS);
      long peerNanos = clock.nanoTime();
      for (HttpExchange exchange : watched) {
        exchange.checkDeadlines(peerNanos);
      }
      long now = System.nanoTime();
      for (Runner runner : runners) {
        if (runner.keepsWaiting(now - TICK_NANOS)) {
          engine.rescue(runner);
        }
      }
      pool.expire(now);
    }
  }

  /** Ends all exchanges, and itself. */
  synchronized void close(Throwable why) {
    closed = true;
    for (HttpExchange exchange : watched) {
      exchange.abort(why);
    }
    runners.forEach(engine::rescue);
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
