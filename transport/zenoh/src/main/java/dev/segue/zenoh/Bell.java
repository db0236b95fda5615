package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What native threads ring when a queue has something, for virtual threads that are parked in Java.
 *
 * <pre>
 *   native thread ──rings number──► one platform thread of the library ──unparks──► waiters
 * </pre>
 *
 * <p>A waiter looks into the queue after it was unparked, arms the bell again, and may find nothing
 * as another was faster.
 */
final class Bell {
  private static final int DRAIN_LIMIT = 256;
  private static final long DRAIN_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Those that somebody waits for. */
  private static final Map<Long, Bell> AWAITED = new ConcurrentHashMap<>();

  private final long number = NUMBERS.incrementAndGet();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();

  /** Started with the first virtual thread that waits. */
  private static final class Ringer {
    static final Thread THREAD =
        Thread.ofPlatform().daemon().name("segue-zenoh-bells").start(Bell::ringAll);

    private Ringer() {}
  }

  /** One thread that waits, from its making until it is closed. */
  final class Waiter implements AutoCloseable {
    private final Thread thread = Thread.currentThread();

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
    if (!Ringer.THREAD.isAlive()) {
      throw new IllegalStateException("the thread that wakes virtual threads has died");
    }
    Waiter waiter = new Waiter();
    synchronized (this) {
      waiters.add(waiter);
      AWAITED.put(number, this);
    }
    return waiter;
  }

  private void ring() {
    waiters.forEach(waiter -> LockSupport.unpark(waiter.thread));
  }

  private static void ringAll() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(ValueLayout.JAVA_LONG, DRAIN_LIMIT);
      while (true) {
        long count = NativeSubscriber.drainBells(numbers, DRAIN_LIMIT, DRAIN_WAIT_NANOS);
        for (long i = 0; i < count; i++) {
          Bell bell = AWAITED.get(numbers.getAtIndex(ValueLayout.JAVA_LONG, i));
          if (bell != null) {
            bell.ring();
          }
        }
      }
    }
  }
}
