package dev.segue.objectstore.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Ends exchanges that stall: a blocking socket has no read timeout of its own. */
final class Watchdog {
  private static final long TICK_NANOS = 50_000_000;

  private final Set<Exchange> watched = ConcurrentHashMap.newKeySet();
  private final ConnectionPool pool;
  private @Nullable Thread thread;
  private volatile boolean closed;

  Watchdog(ConnectionPool pool) {
    this.pool = pool;
  }

  void watch(Exchange exchange) {
    watched.add(exchange);
    start();
  }

  void forget(Exchange exchange) {
    watched.remove(exchange);
  }

  private synchronized void start() {
    if (thread == null && !closed) {
      thread = Thread.ofPlatform().daemon().name("segue-http-watchdog").start(this::run);
    }
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, TICK_NANOS);
      long now = System.nanoTime();
      for (Exchange exchange : watched) {
        exchange.checkDeadlines(now);
      }
      pool.expire(now);
    }
  }

  /** Ends all exchanges, and itself. */
  synchronized void close(Throwable why) {
    closed = true;
    for (Exchange exchange : watched) {
      exchange.abort(why);
    }
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
