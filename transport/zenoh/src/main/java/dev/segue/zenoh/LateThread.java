package dev.segue.zenoh;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The platform thread of a handler, which starts when its queue first has something: a thread takes
 * several times as long to start and to end as all else of a declaration, and in a large graph most
 * handlers are rarely called.
 *
 * <p>Threads: any.
 */
final class LateThread {
  private enum State {
    NEW,
    STARTED,
    CANCELLED
  }

  private final Thread thread;
  private final Bell.Waiter waiter;
  private State state = State.NEW;

  /** Starts nothing yet. */
  LateThread(Thread unstarted, Bell bell) {
    this.thread = unstarted;
    this.waiter = bell.newWaiter(this::start);
  }

  /**
   * Has the thread start with the next ring of its bell, or now.
   *
   * @param arm sets the bell; false if there is something, or the end, already
   */
  void startWhenNeeded(BooleanSupplier arm) {
    if (!arm.getAsBoolean()) {
      waiter.ring();
    }
  }

  /**
   * Starts the thread unless that was done, or cancelled.
   *
   * @throws OutOfMemoryError if there is no room for a thread; the bell tries again
   */
  private synchronized void start() {
    if (state == State.NEW) {
      thread.start();
      state = State.STARTED;
      waiter.close();
    }
  }

  /** The thread doesn't start from here on. Idempotent. */
  synchronized void cancel() {
    if (state == State.NEW) {
      state = State.CANCELLED;
      waiter.close();
    }
  }

  /** Returns whether the thread has started; once cancelled, that doesn't change. */
  synchronized boolean hasStarted() {
    return state == State.STARTED;
  }

  /** Waits until the thread has ended, if it was ever started; false if that took longer. */
  boolean join(Duration timeout) throws InterruptedException {
    return !hasStarted() || thread.join(timeout);
  }

  /** Returns whether the calling thread is it. */
  boolean isCurrent() {
    return Thread.currentThread().equals(thread);
  }
}
