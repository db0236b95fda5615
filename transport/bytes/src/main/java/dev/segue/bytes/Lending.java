package dev.segue.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Counts who holds something, and runs what waits for nobody to. */
final class Lending {
  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(Lending.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private record Waiter(Runnable action, @Nullable Waiter next) {}

  private volatile int count;
  private volatile @Nullable Waiter waiters;

  int count() {
    return count;
  }

  void begin() {
    int _ = (int) COUNT.getAndAdd(this, 1);
  }

  /** Takes one hold back; the waiters are left to {@link #runWaitersIfZero()}. */
  void end() {
    int before;
    do {
      before = count;
      if (before == 0) {
        throw new IllegalStateException("endLend without beginLend: nothing is lent");
      }
    } while (!COUNT.compareAndSet(this, before, before - 1));
  }

  void whenZero(Runnable action) {
    synchronized (this) {
      waiters = new Waiter(action, waiters);
    }
    runWaitersIfZero();
  }

  /**
   * The count is read under the lock: a waiter that came after somebody else's {@link #begin()}
   * must not be run by the thread that ended the lease before it.
   */
  void runWaitersIfZero() {
    // Both are volatile: of who adds a waiter and who ends the last lease, one sees the other.
    if (waiters == null) {
      return;
    }
    Waiter waiting;
    synchronized (this) {
      if (waiters == null || count != 0) {
        return;
      }
      waiting = waiters;
      waiters = null;
    }
    for (; waiting != null; waiting = waiting.next()) {
      waiting.action().run();
    }
  }
}
