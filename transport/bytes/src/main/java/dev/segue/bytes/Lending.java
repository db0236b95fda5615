package dev.segue.bytes;

import dev.segue.bytes.spi.Leaks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts the leases of one value and runs what waits for none to be left.
 *
 * <p>A lease that ends is first {@linkplain #end() ending}: only when its memory has gone back as
 * well is it {@linkplain #settle() settled} and not counted any more.
 */
final class Lending {
  private static final VarHandle STATE;
  private static final long ENDING = 1L << 32;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Lending.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Low half: leases. High half: those that are ending.
  private volatile long state;
  private volatile @Nullable List<Runnable> waiters;
  private Leaks.@Nullable Leak leak;

  boolean isZero() {
    return state == 0;
  }

  void begin(Object lent) {
    long before;
    do {
      before = state;
      if ((int) before == Integer.MAX_VALUE) {
        throw new IllegalStateException(
            "lend of " + lent + ": leaseCount=" + (int) before + " is the most there can be");
      }
    } while (!STATE.compareAndSet(this, before, before + 1));
    if (Leaks.ENABLED) {
      track(lent.toString());
    }
  }

  /** Tracks this object, which the value reaches and nothing else: the last one that lent it. */
  private synchronized void track(String lent) {
    Leaks.close(leak);
    leak = Leaks.track(this, "lease of " + lent);
  }

  private synchronized void untrack() {
    if (isZero()) {
      Leaks.close(leak);
      leak = null;
    }
  }

  /**
   * One lease is ending; its memory may go back now.
   *
   * @throws IllegalStateException if there is none
   */
  void end() {
    long before;
    do {
      before = state;
      if ((int) before == 0) {
        throw new IllegalStateException("end of a lease that was never begun: nothing is lent");
      }
    } while (!STATE.compareAndSet(this, before, before - 1 + ENDING));
  }

  /** Its memory has gone back, if it was the last to hold it. */
  void settle() {
    long before = (long) STATE.getAndAdd(this, -ENDING);
    // Both are volatile: of who adds a waiter and who settles the last lease, one sees the other.
    if (before == ENDING && waiters != null) {
      runWaiters();
    }
    if (Leaks.ENABLED) {
      untrack();
    }
  }

  /** Runs {@code action} at once, or on the thread that settles the last lease. */
  void whenZero(Runnable action) {
    synchronized (this) {
      List<Runnable> known = waiters;
      if (known == null) {
        known = new ArrayList<>(1);
        waiters = known;
      }
      known.add(action);
    }
    runWaiters();
  }

  /** Waits until there is no lease; false if there still was one after that time. */
  boolean awaitZero(long nanos) throws InterruptedException {
    if (isZero()) {
      return true;
    }
    CountDownLatch zero = new CountDownLatch(1);
    Runnable waiter = zero::countDown;
    whenZero(waiter);
    try {
      return zero.await(nanos, TimeUnit.NANOSECONDS);
    } finally {
      if (zero.getCount() != 0) {
        forget(waiter);
      }
    }
  }

  private synchronized void forget(Runnable waiter) {
    List<Runnable> known = waiters;
    if (known != null) {
      known.remove(waiter);
    }
  }

  /**
   * The count is read under the lock: a waiter that came after somebody else's {@link #begin} must
   * not be run by the thread that ended the lease before it.
   */
  private void runWaiters() {
    List<Runnable> waiting;
    synchronized (this) {
      waiting = waiters;
      if (waiting == null || !isZero()) {
        return;
      }
      waiters = null;
    }
    waiting.forEach(Runnable::run);
  }
}
