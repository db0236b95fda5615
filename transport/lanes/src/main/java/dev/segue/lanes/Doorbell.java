package dev.segue.lanes;

import dev.segue.iceoryx2.IceoryxException;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.Subscriber;
import dev.segue.iceoryx2.WaitSet;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Wakes who waits for a message of any lane: in the kernel where there are near publishers, else
 * parked.
 *
 * <p>Owner: its subscriber. Lifetime: until {@link #close()}. Threads: any; several may wait.
 */
final class Doorbell implements AutoCloseable {
  private final @Nullable WaitSet ports;
  private final Semaphore rung = new Semaphore(0);
  private final AtomicInteger waiters = new AtomicInteger();

  Doorbell(@Nullable Node node) {
    this.ports = node == null ? null : node.newWaitSet();
  }

  /** Messages of this wake as well, until it is closed. */
  void add(Subscriber near) {
    WaitSet known = ports;
    if (known != null) {
      known.attach(near);
      ring(); // who is parked
    }
  }

  /** Ends a wait that is under way, or the next one. Neither blocks nor throws. */
  void ring() {
    if (rung.availablePermits() == 0) {
      rung.release();
    }
    WaitSet known = ports;
    if (known != null) {
      known.wakeUp();
    }
  }

  /** One more waits from here on, also while it looks for what came before it can be rung for. */
  void enter() {
    waiters.incrementAndGet();
  }

  /** A ring wakes one waiter; one that stops waiting wakes the next: there may be more. */
  void leave() {
    if (waiters.decrementAndGet() > 0) {
      ring();
    }
  }

  /**
   * Of one that entered: waits until it rings, or, where there are {@code near} ones, a message
   * comes by iceoryx2.
   */
  void await(boolean near, long nanos) throws IceoryxException, InterruptedException {
    WaitSet known = ports;
    if (near && known != null) {
      known.await(Duration.ofNanos(nanos));
    } else {
      rung.tryAcquire(nanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    ring();
    WaitSet known = ports;
    if (known != null) {
      known.close();
    }
  }
}
