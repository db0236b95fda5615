package dev.segue.iceoryx2;

import dev.segue.bytes.spi.HoldCount;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * A native object that is freed once, after the last call with it has left.
 *
 * <p>Each call is between {@link #enter()} and {@link #release()}; {@link #close(LongConsumer)}
 * refuses new calls at once and frees when the running ones are through.
 */
final class Handle extends HoldCount {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

  private final String what;
  private final long address;
  private final LongConsumer free;

  /** Of wait sets, which hold it while they wait. */
  private final Set<Runnable> whenClosed = ConcurrentHashMap.newKeySet();

  private final CountDownLatch freed = new CountDownLatch(1);

  Handle(String what, long address, LongConsumer free) {
    this.what = what;
    this.address = address;
    this.free = free;
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

  /** The native object's address, for who holds this. */
  long address() {
    return address;
  }

  @Override
  protected void ended() {
    try {
      free.accept(address);
    } finally {
      freed.countDown();
    }
  }

  /** Runs {@code action}, which doesn't block, when new calls are refused. */
  void whenClosed(Runnable action) {
    whenClosed.add(action);
  }

  void forget(Runnable action) {
    whenClosed.remove(action);
  }

  /** Refuses new calls; if this call is the first, {@code beforeFree} runs while it is alive. */
  void close(LongConsumer beforeFree) {
    if (!tryAcquire()) {
      return;
    }
    try {
      if (shut()) {
        beforeFree.accept(address);
        whenClosed.forEach(Runnable::run);
      }
    } finally {
      release();
    }
  }

  /** Waits 10 s at most until the calls that were under way are through; an interrupt ends that. */
  void awaitFreed() {
    try {
      freed.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
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
