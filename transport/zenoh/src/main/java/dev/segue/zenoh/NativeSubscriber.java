package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on subscribers and batches of samples. */
final class NativeSubscriber {
  /** A drain of a queue that is closed and empty. */
  static final long ENDED = -10;

  private static final MethodHandle DRAIN =
      Native.handle("segue_subscriber_drain", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ARM =
      Native.handle("segue_subscriber_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle BELLS_DRAIN =
      Native.handle("segue_bells_drain", ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle COUNTS =
      Native.handle("segue_subscriber_counts", JAVA_LONG, ADDRESS);
  private static final MethodHandle CLOSE = Native.handle("segue_subscriber_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_subscriber_free");
  private static final MethodHandle BATCH_NEW = Native.handle("segue_batch_new", JAVA_LONG);
  private static final MethodHandle BATCH_CLEAR = Native.handle("segue_batch_clear", JAVA_LONG);
  private static final MethodHandle BATCH_FREE = Native.freeing("segue_batch_free");
  private static final MethodHandle BATCH_RETAIN =
      Native.handle("segue_batch_retain", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle BATCH_SLICES =
      Native.handle("segue_batch_slices", JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

  private static final MethodHandle BATCH_STAMPS =
      Native.handle("segue_batch_stamps", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);

  private NativeSubscriber() {}

  /** Moves samples into a batch; returns how many, or {@link #ENDED}. */
  static long drain(long subscriber, long batch, long limit, long waitNanos) {
    long count;
    try {
      count = (long) DRAIN.invokeExact(subscriber, batch, limit, waitNanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return count == ENDED ? ENDED : Native.expected("drain of a subscriber", count);
  }

  /**
   * Returns whether there is something to drain, or the end; if not, {@code bell} comes out of
   * {@link #drainBells} once there is.
   */
  static boolean arm(long subscriber, long bell) {
    return Native.expected(
            "wait for a sample", Native.call(() -> (long) ARM.invokeExact(subscriber, bell)))
        != 0;
  }

  /** Waits for bells and writes them; returns how many. */
  static long drainBells(MemorySegment bells, long limit, long waitNanos) {
    return Native.call(() -> (long) BELLS_DRAIN.invokeExact(bells, limit, waitNanos));
  }

  static Subscriber.Counts counts(long subscriber) {
    return counts(counts -> (long) COUNTS.invokeExact(subscriber, counts));
  }

  /** A downcall that writes the counts of a queue. */
  interface CountsCall {
    long into(MemorySegment counts) throws Throwable;
  }

  static Subscriber.Counts counts(CountsCall call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(JAVA_LONG, 4);
      Native.expected("counts of a queue", Native.call(() -> call.into(counts)));
      return new Subscriber.Counts(
          counts.getAtIndex(JAVA_LONG, 0),
          counts.getAtIndex(JAVA_LONG, 1),
          counts.getAtIndex(JAVA_LONG, 2),
          counts.getAtIndex(JAVA_LONG, 3));
    }
  }

  /**
   * Undeclares it; that only fails when the session is gone, and then the subscriber is as well.
   */
  static void close(long subscriber) {
    Native.call(() -> (long) CLOSE.invokeExact(subscriber));
  }

  /** {@link #close} and {@link #free}. */
  static void end(long subscriber) {
    close(subscriber);
    free(subscriber);
  }

  static void free(long subscriber) {
    Native.free(FREE, subscriber);
  }

  /** The address of a new batch. */
  static long newBatch(long limit) {
    long batch;
    try {
      batch = (long) BATCH_NEW.invokeExact(limit);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return Native.expected("batch of samples", batch);
  }

  /** Returns where the records of a batch lie: the first thing in it. */
  static long recordsOf(long batch) {
    return Native.longAt(batch);
  }

  /** The address of a new batch with one sample of another. */
  static long retain(long batch, long index) {
    long own;
    try {
      own = (long) BATCH_RETAIN.invokeExact(batch, index);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return Native.expected("retain of a sample", own);
  }

  static void clear(long batch) {
    try {
      long _ = (long) BATCH_CLEAR.invokeExact(batch);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static void freeBatch(long batch) {
    Native.free(BATCH_FREE, batch);
  }

  /** Writes address and length of each slice of a payload or an attachment; returns how many. */
  static long slices(long batch, long index, boolean attachment, MemorySegment pairs, long limit) {
    try {
      return (long) BATCH_SLICES.invokeExact(batch, index, attachment ? 1 : 0, pairs, limit);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  /** Writes the timestamps of a sample, at most {@code limit}; returns how many there are. */
  static long stamps(long batch, long index, MemorySegment stamps, long limit) {
    return Native.expected(
        "timestamps of a sample",
        Native.call(() -> (long) BATCH_STAMPS.invokeExact(batch, index, stamps, limit)));
  }
}
