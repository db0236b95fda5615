package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The Java end of a queue that native threads fill: waits for what comes, on any kind of thread.
 *
 * <p>A platform thread waits in the core, which wakes it fastest; a virtual one is parked in Java,
 * as in the core it would keep its carrier from others.
 */
final class Inbox<T> {
  private static final long SLICE_NANOS = Duration.ofMillis(50).toNanos();
  private static final Duration DISPATCH_WAIT = Duration.ofSeconds(1);

  /** The downcalls on the queue. */
  interface Queue<T> {
    /** The next item, waiting for it; {@link Taken#nothing()} at the time-out. */
    Taken<T> take(long address, long waitNanos);

    /**
     * Returns whether there is something to take, or the end; if not, the bell rings once there is.
     */
    boolean arm(long address, long bell);
  }

  /**
   * The result of a downcall that takes an item.
   *
   * @param item as it is received: what is made of it later may have no room
   * @param ended whether none will come
   */
  record Taken<T>(Optional<T> item, boolean ended) {
    static <T> Taken<T> of(T item) {
      return new Taken<>(Optional.of(item), false);
    }

    static <T> Taken<T> nothing() {
      return new Taken<>(Optional.empty(), false);
    }

    static <T> Taken<T> end() {
      return new Taken<>(Optional.empty(), true);
    }
  }

  private final Handle handle;
  private final Queue<T> queue;
  private final Bell bell = new Bell();
  private volatile boolean ended;

  /** Of a handler on a virtual thread. */
  private volatile @Nullable Thread dispatcher;

  /** Of a handler on a platform thread. */
  private volatile @Nullable LateThread late;

  Inbox(Handle handle, Queue<T> queue) {
    this.handle = handle;
    this.queue = queue;
  }

  /** Returns whether all was taken and nothing will come. */
  boolean hasEnded() {
    return ended;
  }

  /** The next item if one waits. */
  Optional<T> tryReceive() {
    long address = handle.enter();
    try {
      return take(address, 0);
    } finally {
      handle.release();
    }
  }

  /** The next item, waiting for it; empty at the time-out or the end. */
  Optional<T> receive(Duration timeout) throws InterruptedException {
    long deadline = Nanos.deadline(timeout);
    long address = handle.enter();
    try {
      return Thread.currentThread().isVirtual()
          ? receiveParked(address, deadline)
          : receiveInCore(address, deadline);
    } finally {
      handle.release();
    }
  }

  private Optional<T> receiveInCore(long address, long deadline) throws InterruptedException {
    while (true) {
      checkInterrupt();
      long left = Math.max(0, deadline - System.nanoTime());
      Optional<T> item = take(address, Math.min(left, SLICE_NANOS));
      if (item.isPresent() || left == 0 || ended) {
        return item;
      }
    }
  }

  private Optional<T> receiveParked(long address, long deadline) throws InterruptedException {
    try (Bell.Waiter _ = bell.newWaiter()) {
      while (true) {
        checkInterrupt();
        Optional<T> item = take(address, 0);
        long left = deadline - System.nanoTime();
        if (item.isPresent() || left <= 0 || ended) {
          return item;
        }
        if (!queue.arm(address, bell.number())) {
          LockSupport.parkNanos(this, left);
        }
      }
    }
  }

  private Optional<T> take(long address, long waitNanos) {
    Taken<T> taken = queue.take(address, waitNanos);
    if (taken.ended()) {
      ended = true;
    }
    return taken.item();
  }

  private void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("receive of " + handle);
    }
  }

  /**
   * Gives all that comes to a handler on a virtual thread of its own, until the end.
   *
   * @param onError gets what the handler throws; what follows goes on
   */
  void dispatchTo(
      Thread.Builder.OfVirtual builder,
      Consumer<T> handler,
      Consumer<Throwable> onError,
      Runnable onEnd) {
    Thread thread = builder.unstarted(() -> dispatch(handler, onError, onEnd));
    dispatcher = thread;
    thread.start();
  }

  /** As above, on a platform thread, which starts when there is something. */
  void dispatchTo(
      Thread.Builder.OfPlatform builder, Consumer<T> handler, Consumer<Throwable> onError) {
    LateThread thread =
        new LateThread(builder.unstarted(() -> dispatch(handler, onError, () -> {})), bell);
    late = thread;
    thread.startWhenNeeded(this::arm);
  }

  private boolean arm() {
    long address = handle.tryEnter();
    if (address == 0) {
      return false;
    }
    try {
      return !queue.arm(address, bell.number());
    } finally {
      handle.release();
    }
  }

  private void dispatch(Consumer<T> handler, Consumer<Throwable> onError, Runnable onEnd) {
    while (!dispatchUntilEnd(handler, onError)) {
      NumberDrain.pause();
    }
    try {
      onEnd.run();
    } catch (Throwable e) {
      HandlerErrors.tell(onError, e);
    }
  }

  /** Returns false if the heap had no room to go on, and even to say so. */
  private boolean dispatchUntilEnd(Consumer<T> handler, Consumer<Throwable> onError) {
    try {
      while (!ended && !handle.isClosed()) {
        try {
          receive(DISPATCH_WAIT).ifPresent(handler);
        } catch (Throwable e) {
          if (!(handle.isClosed() && e instanceof IllegalStateException)) {
            HandlerErrors.tell(onError, e);
          }
        }
      }
      return true;
    } catch (OutOfMemoryError _) {
      return false;
    }
  }

  /** Wakes who waits and refuses new calls, without waiting itself. */
  void beginClose(LongConsumer closing) {
    LateThread starting = late;
    if (starting != null) {
      starting.cancel();
    }
    handle.close(closing);
  }

  /** Waits until no call and no handler is under way; false if that took longer. */
  boolean awaitClosed(long nanos) throws InterruptedException {
    if (isRunHere()) {
      return false;
    }
    long deadline = System.nanoTime() + nanos;
    if (!handle.awaitFreed(nanos)) {
      return false;
    }
    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    Thread thread = dispatcher;
    LateThread starting = late;
    return thread != null ? thread.join(left) : starting == null || starting.join(left);
  }

  /** Returns whether a handler gets what comes. */
  boolean isDispatched() {
    return dispatcher != null || late != null;
  }

  /** Returns whether the calling thread runs the handler. */
  boolean isRunHere() {
    LateThread starting = late;
    return Thread.currentThread().equals(dispatcher) || (starting != null && starting.isCurrent());
  }
}
