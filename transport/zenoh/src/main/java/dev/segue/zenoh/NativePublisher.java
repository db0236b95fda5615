package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.ZenohException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The downcalls that send. The code of a put says what became of the lent memory: {@link
 * Native#isReleased}, it was let go of; {@link Native#tokenComes}, its token comes; else it was
 * never taken. One that isn't negative says as well what links did: {@link PutResult} reads it.
 *
 * <p>The last four arguments of each keep the scopes of up to four segments open during the call.
 */
final class NativePublisher {
  private static final MethodHandle FREE = Native.handle("segue_publisher_free", JAVA_LONG);
  private static final MethodHandle MATCHING = Native.handle("segue_publisher_matching", JAVA_LONG);
  private static final MethodHandle PUT_ONE =
      Native.handle("segue_publisher_put_one", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle PUT =
      Native.handle(
          "segue_publisher_put",
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle PUT_WITH =
      Native.handle(
          "segue_publisher_put_with",
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle DELETE =
      Native.handle("segue_publisher_delete", JAVA_LONG, ADDRESS);
  private static final MethodHandle SESSION_PUT =
      Native.handle(
          "segue_session_put",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle CALL_HAS_ROOM = Native.handle("segue_call_has_room", JAVA_LONG);
  private static final MethodHandle LEASES_DRAIN =
      Native.handle("segue_leases_drain", ADDRESS, JAVA_LONG, JAVA_LONG);

  // The flags of a put in publish.rs.
  private static final int DROPPABLE = 1;
  private static final int WAITS_LATER = 2;

  private NativePublisher() {}

  /**
   * A virtual thread that waited in a call would keep its carrier from others, and from who makes
   * the room.
   */
  static boolean waitsLater() {
    return Thread.currentThread().isVirtual();
  }

  private static int flags(boolean droppable) {
    return (droppable ? DROPPABLE : 0) | (waitsLater() ? WAITS_LATER : 0);
  }

  /** Undeclares and frees; what fails then failed as the session is gone, and so is this. */
  static void free(long publisher) {
    Native.call(() -> (long) FREE.invokeExact(publisher));
  }

  static boolean isMatching(long publisher, KeyExpr keyExpr) throws ZenohException {
    long matching = Native.call(() -> (long) MATCHING.invokeExact(publisher));
    return Native.checked(Kind.INFORMATION, "matching status of " + keyExpr, matching) == 1;
  }

  static long putOne(long publisher, MemorySegment segment, long token, boolean droppable) {
    int flags = flags(droppable);
    try {
      return (long) PUT_ONE.invokeExact(publisher, segment, segment.byteSize(), token, flags);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long put(
      long publisher,
      MemorySegment parts,
      int count,
      long token,
      boolean droppable,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    int flags = flags(droppable);
    try {
      return (long)
          PUT.invokeExact(publisher, parts, count, token, flags, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long putWith(
      long publisher,
      MemorySegment put,
      boolean droppable,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    int mayDrop = droppable ? 1 : 0;
    try {
      return (long) PUT_WITH.invokeExact(publisher, put, mayDrop, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long delete(long publisher, MemorySegment put) {
    try {
      return (long) DELETE.invokeExact(publisher, put);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long sessionPut(
      long session,
      MemorySegment key,
      boolean delete,
      MemorySegment qos,
      MemorySegment put,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    try {
      return (long)
          SESSION_PUT.invokeExact(
              session, key, key.byteSize(), delete ? 1 : 0, qos, put, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  /** Returns whether all queues that a call put into beyond their capacity have room by now. */
  static boolean hasRoom(long token) {
    return Native.expected(
            "wait for room", Native.call(() -> (long) CALL_HAS_ROOM.invokeExact(token)))
        != 0;
  }

  /** Waits for ended leases and writes their tokens; returns how many. */
  static long drainLeases(MemorySegment tokens, long limit, long waitNanos) {
    try {
      return (long) LEASES_DRAIN.invokeExact(tokens, limit, waitNanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }
}
