package dev.segue.zenoh;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * A native object that is freed once, after the last call with it has left.
 *
 * <p>Each call is between {@link #acquire()} and {@link #release()}; {@link #close} refuses new
 * calls at once and frees when the running ones are through.
 */
final class Handle {
  private static final VarHandle STATE;
  private static final int CLOSED = 1;
  private static final int CALL = 2;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Handle.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String what;
  private final long address;
  private final Runnable free;
  private final CountDownLatch freed = new CountDownLatch(1);
  private volatile int state;

  Handle(String what, long address, Runnable free) {
    this.what = what;
    this.address = address;
    this.free = free;
  }

  /**
   * Begins a call.
   *
   * @throws IllegalStateException if the object is closed
   */
  long acquire() {
    int before;
    do {
      before = state;
      if ((before & CLOSED) != 0) {
        throw new IllegalStateException("use of " + what + ": it is closed");
      }
    } while (!STATE.compareAndSet(this, before, before + CALL));
    return address;
  }

  /** Ends a call; the last one of a closed object frees it. */
  void release() {
    int before = (int) STATE.getAndAdd(this, -CALL);
    if (before == (CALL | CLOSED)) {
      try {
        free.run();
      } finally {
        freed.countDown();
      }
    }
  }

  /** Waits until it is closed and the last call with it has left; false if that took longer. */
  boolean awaitFreed(long nanos) throws InterruptedException {
    return freed.await(nanos, TimeUnit.NANOSECONDS);
  }

  boolean isClosed() {
    return (state & CLOSED) != 0;
  }

  /**
   * Refuses new calls.
   *
   * @return whether this call closed it; then {@code beforeFree} has run while it was still alive
   */
  boolean close(LongConsumer beforeFree) {
    int before;
    do {
      before = state;
      if ((before & CLOSED) != 0) {
        return false;
      }
    } while (!STATE.compareAndSet(this, before, (before | CLOSED) + CALL));
    try {
      beforeFree.accept(address);
    } finally {
      release();
    }
    return true;
  }
}
