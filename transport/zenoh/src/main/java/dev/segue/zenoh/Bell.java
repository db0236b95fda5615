package dev.segue.zenoh;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A signal that native threads give when a queue has something: for virtual threads that are parked
 * in Java, and for those that wait for more than the queue.
 *
 * <pre>
 *   native thread ──rings number──► one platform thread of the library ──wakes──► waiters
 * </pre>
 *
 * <p>A waiter looks into the queue after it was unparked, arms the bell again, and may find nothing
 * as another was faster.
 */
final class Bell {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Those that somebody waits for. */
  private static final Map<Long, Bell> AWAITED = new ConcurrentHashMap<>();

  private final long number = NUMBERS.incrementAndGet();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();

  /** Started with the first who waits. */
  private static final NumberDrain RINGER =
      new NumberDrain(
          "segue-zenoh-bells", NativeSubscriber::drainBells, Bell::ring, Bell::ringAgain);

  /** Whether a waiter had no room for what it does. */
  private static volatile boolean isAnyLate;

  /** One who waits, from its making until it is closed. */
  final class Waiter implements AutoCloseable {
    private final Runnable wake;

    /** Whether it had no room for what it does, and is woken again. */
    private volatile boolean isLate;

    private Waiter(Runnable wake) {
      this.wake = wake;
    }

    /** Wakes it as the bell does. */
    void ring() {
      wake(this);
    }

    @Override
    public void close() {
      synchronized (Bell.this) {
        waiters.remove(this);
        if (waiters.isEmpty()) {
          AWAITED.remove(number);
        }
      }
    }
  }

  long number() {
    return number;
  }

  /** The calling thread waits for it from here on. */
  Waiter newWaiter() {
    Thread thread = Thread.currentThread();
    return newWaiter(() -> LockSupport.unpark(thread));
  }

  /**
   * {@code wake}, which doesn't block, is run when it rings, from here on; again within a second
   * after it threw an {@link OutOfMemoryError}.
   */
  Waiter newWaiter(Runnable wake) {
    RINGER.start();
    Waiter waiter = new Waiter(wake);
    synchronized (this) {
      waiters.add(waiter);
      AWAITED.put(number, this);
    }
    return waiter;
  }

  private static void wake(Waiter waiter) {
    try {
      waiter.wake.run();
      waiter.isLate = false;
    } catch (OutOfMemoryError e) {
      boolean isFirst = !waiter.isLate;
      waiter.isLate = true;
      isAnyLate = true;
      if (isFirst) {
        warn(e);
      }
    } catch (RuntimeException | Error e) { // All who wait in the process need this thread.
      LOG.log(System.Logger.Level.ERROR, "what tells of new samples threw", e);
    }
  }

  private static void warn(OutOfMemoryError error) {
    try {
      LOG.log(
          System.Logger.Level.WARNING,
          "no room to tell of new samples, such as for a handler's thread; tried again each second",
          error);
    } catch (OutOfMemoryError _) {
      // Nor is there for that.
    }
  }

  private static void ringAgain() {
    if (!isAnyLate) {
      return;
    }
    isAnyLate = false;
    try {
      AWAITED.values().forEach(bell -> bell.waiters.forEach(Bell::wakeIfLate));
    } catch (OutOfMemoryError e) {
      isAnyLate = true;
      throw e;
    }
  }

  private static void wakeIfLate(Waiter waiter) {
    if (waiter.isLate) {
      wake(waiter);
    }
  }

  private static void ring(long number) {
    Bell bell = AWAITED.get(number);
    if (bell != null) {
      bell.waiters.forEach(Bell::wake);
    }
  }
}
