package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.bytes.spi.Nanos;
import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The downcalls that ask, and those on replies. */
final class NativeQuery {
  private static final MethodHandle SESSION_GET =
      Native.handle(
          "segue_session_get",
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle QUERIER_DECLARE =
      Native.handle("segue_querier_declare", JAVA_LONG, ADDRESS, ADDRESS);
  private static final MethodHandle QUERIER_GET =
      Native.handle(
          "segue_querier_get",
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);
  private static final MethodHandle QUERIER_MATCHING =
      Native.handle("segue_querier_matching", JAVA_LONG);
  private static final MethodHandle QUERIER_FREE = Native.handle("segue_querier_free", JAVA_LONG);
  private static final MethodHandle DRAIN =
      Native.handle("segue_replies_drain", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle ARM = Native.handle("segue_replies_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle STATE = Native.handle("segue_replies_state", JAVA_LONG);
  private static final MethodHandle COUNTS =
      Native.handle("segue_replies_counts", JAVA_LONG, ADDRESS);
  private static final MethodHandle CLOSE = Native.handle("segue_replies_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_replies_free");

  // struct Ask of query.rs
  private static final StructLayout ASK =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("key"),
          JAVA_LONG.withName("key_length"),
          JAVA_LONG.withName("parameters"),
          JAVA_LONG.withName("parameters_length"),
          JAVA_LONG.withName("timeout_nanos"),
          JAVA_LONG.withName("capacity"),
          JAVA_INT.withName("push_back"),
          JAVA_INT.withName("target"),
          JAVA_INT.withName("consolidation"),
          JAVA_INT.withName("accept_any"),
          JAVA_INT.withName("has_payload"),
          MemoryLayout.paddingLayout(4));

  // Looked up once: by name that takes a microsecond for each get, and several until it is hot.
  private static final long KEY = offset("key");
  private static final long KEY_LENGTH = offset("key_length");
  private static final long PARAMETERS = offset("parameters");
  private static final long PARAMETERS_LENGTH = offset("parameters_length");
  private static final long TIMEOUT_NANOS = offset("timeout_nanos");
  private static final long CAPACITY = offset("capacity");
  private static final long PUSH_BACK = offset("push_back");
  private static final long TARGET = offset("target");
  private static final long CONSOLIDATION = offset("consolidation");
  private static final long ACCEPT_ANY = offset("accept_any");
  private static final long HAS_PAYLOAD = offset("has_payload");

  // struct ReplyInfo of query.rs
  private static final long INFO_BYTE_SIZE = 32;
  private static final long IS_ERROR = 0;
  private static final long HAS_REPLIER = 4;
  private static final long REPLIER_EID = 8;
  private static final long REPLIER_ZID = 16;

  private NativeQuery() {}

  private static long offset(String field) {
    return ASK.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }

  /** Returns what a get asks for, as the core takes it, in an arena that lives through the call. */
  static MemorySegment ask(Arena arena, Selector selector, GetOptions options) {
    MemorySegment key = Native.utf8(arena, selector.keyExpr().toString());
    MemorySegment parameters = Native.utf8(arena, selector.parameters().text());
    MemorySegment ask = arena.allocate(ASK);
    ask.set(JAVA_LONG, KEY, key.address());
    ask.set(JAVA_LONG, KEY_LENGTH, key.byteSize());
    ask.set(JAVA_LONG, PARAMETERS, parameters.address());
    ask.set(JAVA_LONG, PARAMETERS_LENGTH, parameters.byteSize());
    ask.set(JAVA_LONG, TIMEOUT_NANOS, nanos(options.timeout()));
    ask.set(JAVA_LONG, CAPACITY, options.backlog().capacity());
    ask.set(JAVA_INT, PUSH_BACK, options.backlog().pushesBack() ? 1 : 0);
    ask.set(JAVA_INT, TARGET, options.target().code());
    ask.set(JAVA_INT, CONSOLIDATION, options.consolidation().code());
    ask.set(JAVA_INT, ACCEPT_ANY, options.accepted() == ReplyKeyExpr.ANY ? 1 : 0);
    ask.set(JAVA_INT, HAS_PAYLOAD, options.payload() == null ? 0 : 1);
    return ask;
  }

  /** At most 292 years. */
  private static long nanos(Duration timeout) {
    return Nanos.of(timeout);
  }

  static long sessionGet(
      long session,
      MemorySegment ask,
      MemorySegment qos,
      MemorySegment put,
      MemorySegment out,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    try {
      return (long)
          SESSION_GET.invokeExact(session, ask, qos, put, out, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static long declareQuerier(long session, KeyExpr keyExpr, GetOptions options)
      throws ZenohException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ask = ask(arena, Selector.of(keyExpr), options);
      MemorySegment qos = options.qos().write(arena);
      return Native.checked(
          Kind.DECLARATION,
          "declaration of a querier of " + keyExpr,
          Native.call(() -> (long) QUERIER_DECLARE.invokeExact(session, ask, qos)));
    }
  }

  static long querierGet(
      long querier,
      MemorySegment ask,
      MemorySegment put,
      MemorySegment out,
      MemorySegment hold1,
      MemorySegment hold2,
      MemorySegment hold3,
      MemorySegment hold4) {
    try {
      return (long) QUERIER_GET.invokeExact(querier, ask, put, out, hold1, hold2, hold3, hold4);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static boolean isQuerierMatching(long querier, KeyExpr keyExpr) throws ZenohException {
    long matching = Native.call(() -> (long) QUERIER_MATCHING.invokeExact(querier));
    return Native.checked(Kind.INFORMATION, "matching status of " + keyExpr, matching) == 1;
  }

  /** Undeclares and frees; what fails then failed as the session is gone, and so is this. */
  static void freeQuerier(long querier) {
    Native.call(() -> (long) QUERIER_FREE.invokeExact(querier));
  }

  static Taken<Reply> take(long replies, KeyCache keys, long waitNanos) {
    Batch batch = Batch.create(1);
    boolean taken = false;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTE_SIZE, Long.BYTES);
      long count = drain(replies, batch.address, info, waitNanos);
      if (count == NativeSubscriber.ENDED) {
        return Taken.end();
      }
      if (Native.expected("drain of replies", count) == 0) {
        return Taken.nothing();
      }
      Sample sample = Sample.owned(keys, batch);
      EntityGlobalId replier = replier(info);
      Taken<Reply> reply =
          Taken.of(
              info.get(JAVA_INT, IS_ERROR) == 0
                  ? new Reply.Success(sample, replier)
                  : new Reply.Failure(sample, replier));
      sample.track();
      taken = true;
      return reply;
    } finally {
      if (!taken) {
        batch.close();
      }
    }
  }

  private static @Nullable EntityGlobalId replier(MemorySegment info) {
    return info.get(JAVA_INT, HAS_REPLIER) == 0
        ? null
        : new EntityGlobalId(ZenohId.read(info, REPLIER_ZID), info.get(JAVA_INT, REPLIER_EID));
  }

  private static long drain(long replies, long batch, MemorySegment info, long waitNanos) {
    try {
      return (long) DRAIN.invokeExact(replies, batch, info, waitNanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static boolean arm(long replies, long bell) {
    return Native.expected(
            "wait for a reply", Native.call(() -> (long) ARM.invokeExact(replies, bell)))
        != 0;
  }

  static Replies.State state(long replies) {
    long state =
        Native.expected("state of a query", Native.call(() -> (long) STATE.invokeExact(replies)));
    return Replies.State.of((int) state);
  }

  static Subscriber.Counts counts(long replies) {
    return NativeSubscriber.counts(counts -> (long) COUNTS.invokeExact(replies, counts));
  }

  /** Cancels it; that only fails when the session is gone, and then the query is as well. */
  static void close(long replies) {
    Native.call(() -> (long) CLOSE.invokeExact(replies));
  }

  /** {@link #close} and {@link #free}. */
  static void end(long replies) {
    close(replies);
    free(replies);
  }

  static void free(long replies) {
    Native.free(FREE, replies);
  }
}
