package dev.segue.http2;

import dev.segue.bytes.spi.PeerClock;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Runs a task on a loop once a peer has had some time, by its {@link PeerClock}.
 *
 * <p>Threads: the loop.
 */
final class PeerTimer {
  private final EventExecutor loop;
  private final PeerClock clock;
  private final long until;
  private final Runnable task;
  private Future<?> next;

  private PeerTimer(EventExecutor loop, PeerClock clock, long nanos, Runnable task) {
    this.loop = loop;
    this.clock = clock;
    this.until = clock.nanoTime() + nanos;
    this.task = task;
    this.next = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
  }

  static PeerTimer start(EventExecutor loop, PeerClock clock, long nanos, Runnable task) {
    return new PeerTimer(loop, clock, nanos, task);
  }

  private void look() {
    long left = until - clock.nanoTime();
    if (left > 0) {
      next = loop.schedule(this::look, left, TimeUnit.NANOSECONDS);
    } else {
      task.run();
    }
  }

  void cancel() {
    next.cancel(false);
  }
}
