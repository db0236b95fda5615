package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Takes the numbers that native threads leave for Java, on a thread that lives as long as the
 * process. All in the process need it, so nothing ends it: not a heap that is full for a moment
 * either, which comes out of any thread that allocates.
 */
final class NumberDrain {
  private static final int LIMIT = 256;
  private static final long WAIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RETRY_NANOS = Duration.ofMillis(1).toNanos();

  private NumberDrain() {}

  /** The downcall that waits for numbers and writes them; returns how many. */
  interface Source {
    long drain(MemorySegment numbers, long limit, long waitNanos);
  }

  /**
   * Starts the thread.
   *
   * @param taker gets each number; again after an {@link OutOfMemoryError}, so that it must change
   *     nothing before one
   */
  static Thread start(String name, Source source, LongConsumer taker) {
    return Thread.ofPlatform().daemon().name(name).start(() -> run(source, taker));
  }

  private static void run(Source source, LongConsumer taker) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(ValueLayout.JAVA_LONG, LIMIT);
      while (true) {
        long count = drained(source, numbers);
        for (long i = 0; i < count; i++) {
          take(taker, numbers.getAtIndex(ValueLayout.JAVA_LONG, i));
        }
      }
    }
  }

  private static long drained(Source source, MemorySegment numbers) {
    while (true) {
      try {
        return source.drain(numbers, LIMIT, WAIT_NANOS);
      } catch (OutOfMemoryError _) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private static void take(LongConsumer taker, long number) {
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
