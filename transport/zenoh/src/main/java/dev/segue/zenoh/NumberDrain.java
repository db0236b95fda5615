package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the numbers that native threads leave for Java, on a thread that lives as long as the
 * process. All in the process need it, so nothing ends it: not a heap that is full for a moment
 * either, which comes out of any thread that allocates.
 */
final class NumberDrain {
  private static final int LIMIT = 256;
  private static final long WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RETRY_NANOS = Duration.ofMillis(1).toNanos();

  private final String name;
  private final Source source;
  private final LongConsumer taker;
  private final Runnable afterEach;
  private volatile @Nullable Thread thread;

  /**
   * Makes one whose thread does not run yet.
   *
   * @param name of the thread
   * @param taker gets each number; again after an {@link OutOfMemoryError}, so that it must change
   *     nothing before one
   */
  NumberDrain(String name, Source source, LongConsumer taker) {
    this(name, source, taker, () -> {});
  }

  /** As above; {@code afterEach} runs after each look for numbers, thus at least once a second. */
  NumberDrain(String name, Source source, LongConsumer taker, Runnable afterEach) {
    this.name = name;
    this.source = source;
    this.taker = taker;
    this.afterEach = afterEach;
  }

  /** The downcall that waits for numbers and writes them; returns how many. */
  interface Source {
    long drain(MemorySegment numbers, long limit, long waitNanos);
  }

  /**
   * Starts the thread, unless it runs already, and returns it.
   *
   * @throws OutOfMemoryError if the system has no room for a thread; a later call tries again
   * @throws IllegalStateException if it has died
   */
  Thread start() {
    Thread known = thread;
    if (known == null) {
      known = started();
    }
    if (!known.isAlive()) {
      throw new IllegalStateException("the thread " + name + " has died");
    }
    return known;
  }

  private synchronized Thread started() {
    Thread known = thread;
    if (known == null) {
      known = Thread.ofPlatform().daemon().name(name).start(this::run);
      thread = known;
    }
    return known;
  }

  private void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(ValueLayout.JAVA_LONG, LIMIT);
      while (true) {
        long count = drained(numbers);
        for (long i = 0; i < count; i++) {
          take(numbers.getAtIndex(ValueLayout.JAVA_LONG, i));
        }
        lookAfter();
      }
    }
  }

  private long drained(MemorySegment numbers) {
    while (true) {
      try {
        return source.drain(numbers, LIMIT, WAIT_NANOS);
      } catch (OutOfMemoryError _) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private void take(long number) {
    while (true) {
      try {
        taker.accept(number);
        return;
      } catch (OutOfMemoryError _) {
        LockSupport.parkNanos(RETRY_NANOS);
      } catch (RuntimeException | Error e) {
        tell(e);
        return;
      }
    }
  }

  private void lookAfter() {
    try {
      afterEach.run();
    } catch (OutOfMemoryError _) {
      // It runs again soon.
    } catch (RuntimeException | Error e) {
      tell(e);
    }
  }

  /** Tells the thread's handler, which may throw as well. */
  static void tell(Throwable error) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
    } catch (RuntimeException | Error _) {
      // Nobody is left to tell.
    }
  }
}
