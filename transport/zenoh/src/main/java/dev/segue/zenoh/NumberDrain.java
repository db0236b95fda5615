package dev.segue.zenoh;

import dev.segue.bytes.spi.Pending;
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

  /** What was drained, with zeros for what is taken. */
  private @Nullable MemorySegment numbers;

  /** How many of them there may be. */
  private int drainedCount;

  private volatile @Nullable Thread thread;

  /** Whether {@link Start} is pending. */
  private boolean isLate;

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

  /** The downcall that waits for numbers, none of them zero, and writes them; returns how many. */
  interface Source {
    long drain(MemorySegment numbers, long limit, long waitNanos);
  }

  /**
   * Starts the thread, unless it runs already, and returns it.
   *
   * @throws OutOfMemoryError if the system has no room for a thread; a later call tries again
   */
  Thread start() {
    Thread known = thread;
    return known != null && known.isAlive() ? known : started();
  }

  /** Starts the thread unless it runs, or as soon as the system has room for one. */
  void startSoon() {
    try {
      start();
    } catch (OutOfMemoryError _) {
      startLate();
    }
  }

  private synchronized void startLate() {
    if (isLate) {
      return;
    }
    isLate = true;
    boolean isPending = false;
    try {
      new Start().settle();
      isPending = true;
    } catch (OutOfMemoryError _) {
      // Then the next call tries.
    } finally {
      isLate = isPending && isLate;
    }
  }

  /** Starts it when there is room. */
  private final class Start extends Pending {
    @Override
    protected boolean attempt() {
      start();
      synchronized (NumberDrain.this) {
        isLate = false;
      }
      return true;
    }
  }

  private synchronized Thread started() {
    Thread known = thread;
    if (known == null || !known.isAlive()) {
      MemorySegment buffer = numbers;
      if (buffer == null) {
        buffer = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, LIMIT);
        numbers = buffer;
      }
      MemorySegment drained = buffer;
      known = Thread.ofPlatform().daemon().name(name).start(() -> run(drained));
      thread = known;
    }
    return known;
  }

  /**
   * Whatever is done between a call and its return may be what the heap has no room for, so a round
   * that ended early goes on with what it left.
   */
  private void run(MemorySegment drained) {
    while (true) {
      try {
        round(drained);
      } catch (OutOfMemoryError _) {
        pause();
      }
    }
  }

  private void round(MemorySegment drained) {
    takeAll(drained);
    drainedCount = LIMIT;
    drainedCount = (int) Math.max(0, source.drain(drained, LIMIT, WAIT_NANOS));
    takeAll(drained);
    lookAfter();
  }

  private void takeAll(MemorySegment drained) {
    for (int i = 0; i < drainedCount; i++) {
      long number = drained.getAtIndex(ValueLayout.JAVA_LONG, i);
      if (number != 0) {
        take(number);
        drained.setAtIndex(ValueLayout.JAVA_LONG, i, 0);
      }
    }
    drainedCount = 0;
  }

  private void take(long number) {
    while (true) {
      try {
        taker.accept(number);
        return;
      } catch (OutOfMemoryError _) {
        pause();
      } catch (RuntimeException | Error e) {
        HandlerErrors.tellThread(e);
        return;
      }
    }
  }

  /** Waits a little for a heap that is full, which even that may need. */
  static void pause() {
    try {
      LockSupport.parkNanos(RETRY_NANOS);
    } catch (OutOfMemoryError _) {
      // Then at once.
    }
  }

  private void lookAfter() {
    try {
      afterEach.run();
    } catch (OutOfMemoryError _) {
      // It runs again soon.
    } catch (RuntimeException | Error e) {
      HandlerErrors.tellThread(e);
    }
  }
}
