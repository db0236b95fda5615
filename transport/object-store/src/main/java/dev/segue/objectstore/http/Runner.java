package dev.segue.objectstore.http;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One thread's exchanges. A request that is made because an exchange ended, by its own thread,
 * follows on that thread: waking another one costs more than a small request.
 *
 * <p>Whoever makes it may then block, so an exchange that waits for longer than the watchdog's tick
 * gets a thread of its own.
 */
final class Runner implements Runnable {
  static final ScopedValue<Runner> CURRENT = ScopedValue.newInstance();

  private final HttpEngine engine;
  private final AtomicReference<@Nullable HttpExchange> follower = new AtomicReference<>();
  private HttpExchange exchange;
  private volatile long followsSinceNanos;

  Runner(HttpEngine engine, HttpExchange first) {
    this.engine = engine;
    this.exchange = first;
  }

  @Override
  public void run() {
    ScopedValue.where(CURRENT, this).run(this::runAll);
  }

  private void runAll() {
    HttpExchange next = exchange;
    while (next != null) {
      exchange = next;
      boolean told = false;
      try {
        engine.run(this, next);
        told = true;
      } finally {
        next = engine.after(this);
        if (!told && next != null) {
          // Somebody's callback threw, which ends this thread but nothing else.
          engine.start(next);
        }
      }
    }
  }

  /** Takes an exchange as the next one, if the current one is over and none follows yet. */
  boolean follow(HttpEngine of, HttpExchange next) {
    if (of != engine || !exchange.isReleased()) {
      return false;
    }
    followsSinceNanos = System.nanoTime();
    return follower.compareAndSet(null, next);
  }

  @Nullable HttpExchange takeFollower() {
    return follower.getAndSet(null);
  }

  /** Returns whether an exchange has waited for this thread since before {@code nanos}. */
  boolean keepsWaiting(long nanos) {
    return follower.get() != null && followsSinceNanos - nanos < 0;
  }
}
