package dev.segue.bytes;

import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.Leaks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts the leases of one value and runs what waits for none to be left.
 *
 * <p>A lease that ends is first {@linkplain #endLease() ending}: only when its memory has gone back
 * as well is it {@linkplain #settleLease() settled} and not counted any more.
 *
 * <p>The value extends this, so that lending it makes no object.
 */
abstract sealed class LeaseCount permits SegmentedBytes {
  private static final VarHandle STATE;
  private static final VarHandle WAITING;
  private static final long ENDING = 1L << 32;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(LeaseCount.class, "state", long.class);
      WAITING = lookup.findVarHandle(LeaseCount.class, "waiting", Waiting.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Low half: leases. High half: those that are ending.
  private volatile long state;
  private volatile @Nullable Waiting waiting;

  /** Made for the first one who waits, and its lock. */
  private static final class Waiting {
    private @Nullable Action first;
    private @Nullable Action last;
    Leaks.@Nullable Leak leak;

    void add(Action action) {
      if (last == null) {
        first = action;
      } else {
        last.next = action;
      }
      last = action;
    }

    /** Takes all of them, in their order. */
    @Nullable Action takeAll() {
      Action taken = first;
      first = null;
      last = null;
      return taken;
    }

    void remove(Runnable runnable) {
      for (Action each = takeAll(); each != null; ) {
        Action following = each.next;
        each.next = null;
        if (!each.runnable.equals(runnable)) {
          add(each);
        }
        each = following;
      }
    }
  }

  /** What waits, in a list of its own links: running it takes no memory of a heap that is full. */
  private static final class Action {
    final Runnable runnable;
    @Nullable Action next;

    Action(Runnable runnable) {
      this.runnable = runnable;
    }
  }

  final boolean hasLeases() {
    return state != 0;
  }

  final void beginLease() {
    long before;
    do {
      before = state;
      if ((int) before == Integer.MAX_VALUE) {
        throw new IllegalStateException(
            "lend of " + this + ": leaseCount=" + (int) before + " is the most there can be");
      }
    } while (!STATE.compareAndSet(this, before, before + 1));
    if (Leaks.ENABLED) {
      track();
    }
  }

  /** Remembers the last one that lent it. */
  private void track() {
    Waiting known = waiting();
    synchronized (known) {
      Leaks.close(known.leak);
      known.leak = Leaks.track(this, "lease of " + this);
    }
  }

  private void untrack() {
    Waiting known = waiting();
    synchronized (known) {
      if (!hasLeases()) {
        Leaks.close(known.leak);
        known.leak = null;
      }
    }
  }

  /**
   * One lease is ending; its memory may go back now.
   *
   * @throws IllegalStateException if there is none
   */
  final void endLease() {
    long before;
    do {
      before = checkLent(state);
    } while (!STATE.compareAndSet(this, before, before - 1 + ENDING));
  }

  private static long checkLent(long state) {
    if ((int) state == 0) {
      throw new IllegalStateException("end of a lease that never began: nothing is lent");
    }
    return state;
  }

  /** Its memory has gone back, if it was the last to hold it. */
  final void settleLease() {
    settled((long) STATE.getAndAdd(this, -ENDING) - ENDING);
  }

  /** {@link #endLease()} and {@link #settleLease()} of one whose memory is not ours: at once. */
  final void endForeignLease() {
    long before;
    do {
      before = checkLent(state);
    } while (!STATE.compareAndSet(this, before, before - 1));
    settled(before - 1);
  }

  private void settled(long left) {
    if (Leaks.ENABLED) {
      untrack();
    }
    // Both are volatile: of who adds an action and who settles the last lease, one sees the other.
    Waiting known = waiting;
    if (left == 0 && known != null) {
      runActions(known);
    }
  }

  private Waiting waiting() {
    Waiting known = waiting;
    if (known == null) {
      Waiting made = new Waiting();
      Waiting other = (Waiting) WAITING.compareAndExchange(this, (Waiting) null, made);
      known = other == null ? made : other;
    }
    return known;
  }

  /** Runs {@code action} at once, or on the thread that settles the last lease. */
  final void whenUnlent(Runnable action) {
    if (!hasLeases()) {
      action.run();
      return;
    }
    Waiting known = waiting();
    Action waiter = new Action(action);
    synchronized (known) {
      known.add(waiter);
    }
    runActions(known);
  }

  /** Waits until there is no lease; false if there still was one after that time. */
  final boolean awaitUnlent(long nanos) throws InterruptedException {
    if (!hasLeases()) {
      return true;
    }
    CountDownLatch unlent = new CountDownLatch(1);
    Runnable action = unlent::countDown;
    whenUnlent(action);
    try {
      return unlent.await(nanos, TimeUnit.NANOSECONDS);
    } finally {
      if (unlent.getCount() != 0) {
        forget(action);
      }
    }
  }

  private void forget(Runnable action) {
    Waiting known = waiting();
    synchronized (known) {
      known.remove(action);
    }
  }

  /**
   * The count is read under the lock: an action that came after somebody else's {@link #beginLease}
   * must not be run by the thread that ended the lease before it.
   */
  private void runActions(Waiting known) {
    Action due;
    synchronized (known) {
      if (hasLeases()) {
        return;
      }
      due = known.takeAll();
    }
    Throwable failure = null;
    for (; due != null; due = due.next) {
      try {
        due.runnable.run();
      } catch (RuntimeException | Error e) {
        failure = Every.joined(failure, e);
      }
    }
    Every.rethrow(failure);
  }
}
