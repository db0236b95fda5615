package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on queryables, and those that answer. */
final class NativeQueryable {
  /** Kinds of replies. */
  static final int PUT = 0;

  static final int DELETE = 1;
  static final int ERROR = 2;

  private static final MethodHandle DECLARE =
      Native.handle(
          "segue_queryable_declare",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_LONG,
          JAVA_INT);
  private static final MethodHandle DRAIN =
      Native.handle("segue_queryable_drain", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle ARM =
      Native.handle("segue_queryable_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle COUNTS =
      Native.handle("segue_queryable_counts", JAVA_LONG, ADDRESS);
  private static final MethodHandle CLOSE = Native.handle("segue_queryable_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_queryable_free");
  private static final MethodHandle REPLY =
      Native.handle(
          "segue_query_reply",
          JAVA_LONG,
          JAVA_INT,
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle QUERY_RETAIN = Native.handle("segue_query_retain", JAVA_LONG);
  private static final MethodHandle QUERY_FREE = Native.freeing("segue_query_free");

  // struct QueryInfo of queryable.rs
  private static final long INFO_BYTE_SIZE = 32;
  private static final long HANDLE = 0;
  private static final long PARAMETERS = 8;
  private static final long PARAMETERS_LENGTH = 16;
  private static final long HAS_PAYLOAD = 24;
  private static final long ACCEPTS_ANY = 28;

  private NativeQueryable() {}

  static long declare(long session, KeyExpr keyExpr, QueryableOptions options)
      throws ZenohException {
    int complete = options.complete() ? 1 : 0;
    int origin = options.origin().code();
    long capacity = options.backlog().capacity();
    int pushBack = options.backlog().pushesBack() ? 1 : 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      return Native.checked(
          Kind.DECLARATION,
          "declaration of a queryable of " + keyExpr,
          Native.call(
              () ->
                  (long)
                      DECLARE.invokeExact(
                          session, key, key.byteSize(), complete, origin, capacity, pushBack)));
    }
  }

  /** The parts of a received query. */
  record Taking(
      long handle, Batch batch, Parameters parameters, boolean hasPayload, boolean acceptsAny) {
    /** Frees them, where no {@link Query} does. */
    void end() {
      freeQuery(handle);
      batch.close();
    }
  }

  static Taken<Taking> take(long queryable, long waitNanos) {
    Batch batch = Batch.create(1);
    boolean taken = false;
    long query = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTE_SIZE, Long.BYTES);
      long count = drain(queryable, batch.address, info, waitNanos);
      if (count == NativeSubscriber.ENDED) {
        return Taken.end();
      }
      if (Native.expected("drain of queries", count) == 0) {
        return Taken.nothing();
      }
      query = info.get(JAVA_LONG, HANDLE);
      long length = info.get(JAVA_LONG, PARAMETERS_LENGTH);
      String parameters = length == 0 ? "" : Native.text(info.get(JAVA_LONG, PARAMETERS), length);
      Taken<Taking> taking =
          Taken.of(
              new Taking(
                  query,
                  batch,
                  Parameters.of(parameters),
                  info.get(JAVA_INT, HAS_PAYLOAD) != 0,
                  info.get(JAVA_INT, ACCEPTS_ANY) != 0));
      taken = true;
      return taking;
    } finally {
      if (!taken) {
        if (query != 0) {
          freeQuery(query);
        }
        batch.close();
      }
    }
  }

  private static long drain(long queryable, long batch, MemorySegment info, long waitNanos) {
    try {
      return (long) DRAIN.invokeExact(queryable, batch, info, waitNanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static boolean arm(long queryable, long bell) {
    return Native.expected(
            "wait for a query", Native.call(() -> (long) ARM.invokeExact(queryable, bell)))
        != 0;
  }

  static Subscriber.Counts counts(long queryable) {
    return NativeSubscriber.counts(counts -> (long) COUNTS.invokeExact(queryable, counts));
  }

  /** Undeclares it; that only fails when the session is gone, and then it is as well. */
  static void close(long queryable) {
    Native.call(() -> (long) CLOSE.invokeExact(queryable));
  }

  /** {@link #close} and {@link #free}. */
  static void end(long queryable) {
    close(queryable);
    free(queryable);
  }

  static void free(long queryable) {
    Native.free(FREE, queryable);
  }

  static long reply(
      long query,
      int kind,
      MemorySegment key,
      MemorySegment put,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    try {
      return (long)
          REPLY.invokeExact(query, kind, key, key.byteSize(), put, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long retain(long query) {
    return Native.expected(
        "retain of a query", Native.call(() -> (long) QUERY_RETAIN.invokeExact(query)));
  }

  static void freeQuery(long query) {
    Native.free(QUERY_FREE, query);
  }
}
