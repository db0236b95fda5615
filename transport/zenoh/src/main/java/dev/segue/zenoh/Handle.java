package dev.segue.zenoh;

import dev.segue.bytes.spi.HoldCount;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/**
 * A native object that is freed once, after the last call with it has left.
 *
 * <p>Each call is between {@link #enter()} and {@link #release()}; {@link #close(LongConsumer)}
 * refuses new calls at once and frees when the running ones are through.
 */
final class Handle extends HoldCount {
  private final String what;
  private final long address;
  private final Runnable free;
  private final CountDownLatch freed = new CountDownLatch(1);

  Handle(String what, long address, Runnable free) {
    this.what = what;
    this.address = address;
    this.free = free;
  }

  /**
   * Makes what owns the result of a downcall, or frees that: the heap may have no room just then.
   *
   * @param address the downcall, behind all else that takes room
   */
  static <T> T owned(LongFunction<T> maker, LongConsumer free, long address) {
    boolean isOwned = false;
    try {
      T owner = maker.apply(address);
      isOwned = true;
      return owner;
    } finally {
      if (!isOwned) {
        free.accept(address);
      }
    }
  }

  /**
   * Begins a call.
   *
   * @throws IllegalStateException if the object is closed
   */
  long enter() {
    acquire();
    return address;
  }

  /** Begins a call, or returns 0 if the object is closed. */
  long tryEnter() {
    return tryAcquire() ? address : 0;
  }

  @Override
  protected void ended() {
    try {
      free.run();
    } finally {
      freed.countDown();
    }
  }

  /** Waits until it is closed and the last call with it has left; false if that took longer. */
  boolean awaitFreed(long nanos) throws InterruptedException {
    return freed.await(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Refuses new calls.
   *
   * @return whether this call closed it; then {@code beforeFree} has run while it was still alive
   */
  boolean close(LongConsumer beforeFree) {
    if (!tryAcquire()) {
      return false;
    }
    boolean first;
    try {
      first = shut();
      if (first) {
        beforeFree.accept(address);
      }
    } finally {
      release();
    }
    return first;
  }

  @Override
  protected String endedReason() {
    return "it is closed";
  }

  @Override
  public String toString() {
    return what;
  }
}
