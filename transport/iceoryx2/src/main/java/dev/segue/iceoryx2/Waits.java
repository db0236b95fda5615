package dev.segue.iceoryx2;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what a port receives: spins for some microseconds, then sleeps in the kernel by slices,
 * one thread of several at a time.
 *
 * <p>To wake a thread takes longer than a short spin. Two processes that answer each other would
 * sleep at each message once one of them had to: so a wait spins for longer, up to the time that a
 * sleep and its end take, as long as messages come that soon.
 */
final class Waits<T> {
  private static final long SHORT_SPIN_NANOS = 5_000;
  private static final long LONG_SPIN_NANOS = 50_000;

  /** The longest time until a wait sees a peer that wakes nobody, or a close that doesn't. */
  static final long SLICE_NANOS = Duration.ofMillis(20).toNanos();

  /** The longest time until a wait sees an interrupt, where all else wakes it. */
  private static final long LONG_SLICE_NANOS = Duration.ofMillis(200).toNanos();

  private final Handle handle;
  private final ReentrantLock waiting;
  private final Source<T> source;

  /**
   * The time that waits spin; a thread that reads it late spins for a little too long or too short.
   */
  private volatile long spinNanos = SHORT_SPIN_NANOS;

  /** The place that it looks at. */
  interface Source<T> {
    /** Takes what came, or null. */
    @Nullable T take(long port) throws IceoryxException;

    /** Waits for it to be worth another look. */
    void await(long port, long nanos) throws IceoryxException;

    /** Returns whether all that it waits for wakes it, a close included. */
    default boolean isAlwaysWoken(long port) {
      return false;
    }

    /** Returns whether nothing comes any more. */
    default boolean hasEnded(long port) {
      return false;
    }
  }

  /** {@code waiting} is shared by those that are woken together. */
  Waits(Handle handle, ReentrantLock waiting, Source<T> source) {
    this.handle = handle;
    this.waiting = waiting;
    this.source = source;
  }

  Optional<T> receive(Duration timeout) throws IceoryxException, InterruptedException {
    long start = System.nanoTime();
    long nanos = Nanos.of(timeout);
    long port = handle.enter();
    try {
      while (true) {
        boolean hasEnded = source.hasEnded(port); // before the last look
        T taken = source.take(port);
        long waited = System.nanoTime() - start;
        if (taken != null || waited >= nanos || hasEnded) {
          return came(taken, waited);
        }
        if (waited < spinNanos) {
          Thread.onSpinWait();
          continue;
        }
        taken = await(port, Math.min(nanos - waited, sliceNanos(source.isAlwaysWoken(port))));
        if (taken != null) {
          return came(taken, System.nanoTime() - start);
        }
      }
    } finally {
      handle.release();
    }
  }

  /** A virtual thread keeps its carrier meanwhile. */
  static long sliceNanos(boolean isAlwaysWoken) {
    return isAlwaysWoken && !Thread.currentThread().isVirtual() ? LONG_SLICE_NANOS : SLICE_NANOS;
  }

  private Optional<T> came(@Nullable T taken, long waited) {
    long next = waited < LONG_SPIN_NANOS && taken != null ? LONG_SPIN_NANOS : SHORT_SPIN_NANOS;
    if (next != spinNanos) {
      spinNanos = next;
    }
    return Optional.ofNullable(taken);
  }

  private @Nullable T await(long port, long slice) throws IceoryxException, InterruptedException {
    if (!waiting.tryLock(slice, TimeUnit.NANOSECONDS)) {
      checkOpen();
      return null;
    }
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException("receive of " + handle);
      }
      checkOpen();
      // Whoever waited before may have been woken in the place of this one.
      T taken = source.take(port);
      if (taken == null) {
        source.await(port, slice);
        checkOpen();
      }
      return taken;
    } finally {
      waiting.unlock();
    }
  }

  private void checkOpen() {
    if (handle.isClosed()) {
      throw new IllegalStateException("receive of " + handle + ": it is closed");
    }
  }
}
