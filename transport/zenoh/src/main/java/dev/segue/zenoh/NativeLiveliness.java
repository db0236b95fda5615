package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.ZenohException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls of liveliness. */
final class NativeLiveliness {
  private static final MethodHandle TOKEN_DECLARE =
      Native.handle("segue_token_declare", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
  private static final MethodHandle TOKEN_FREE = Native.handle("segue_token_free", JAVA_LONG);
  private static final MethodHandle SUBSCRIBER_DECLARE =
      Native.handle(
          "segue_liveliness_subscriber_declare",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          JAVA_LONG,
          JAVA_INT);
  private static final MethodHandle GET = Native.handle("segue_liveliness_get", JAVA_LONG, ADDRESS);

  /** The least number of tokens that have room. */
  private static final int LEAST_HISTORY = 1 << 20;

  private NativeLiveliness() {}

  static long declareToken(long session, KeyExpr keyExpr) throws ZenohException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      return Putter.declared(
          arena,
          "declaration of a liveliness token of " + keyExpr,
          (ticket, out) ->
              (long) TOKEN_DECLARE.invokeExact(session, key, key.byteSize(), ticket, out));
    }
  }

  /** Undeclares and frees; what fails then failed as the session is gone, and so is this. */
  static void freeToken(long token) {
    Native.call(() -> (long) TOKEN_FREE.invokeExact(token));
  }

  static long declareSubscriber(
      long session, KeyExpr keyExpr, boolean history, SubscriberOptions options)
      throws ZenohException {
    int withHistory = history ? 1 : 0;
    long capacity = capacity(history, options.backlog());
    int pushBack = options.backlog().pushesBack() ? 1 : 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      return Native.checked(
          Kind.DECLARATION,
          "declaration of a liveliness subscriber of " + keyExpr,
          Native.call(
              () ->
                  (long)
                      SUBSCRIBER_DECLARE.invokeExact(
                          session, key, key.byteSize(), withHistory, capacity, pushBack)));
    }
  }

  /**
   * The tokens that are there come inside the declaration, when nobody can take one yet: to push
   * back there would be to wait for ever.
   */
  private static int capacity(boolean history, Backlog backlog) {
    return history && backlog.pushesBack()
        ? Math.max(LEAST_HISTORY, backlog.capacity())
        : backlog.capacity();
  }

  static long get(long session, KeyExpr keyExpr, GetOptions options) throws ZenohException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ask = NativeQuery.ask(arena, Selector.of(keyExpr), options);
      return Native.checked(
          Kind.QUERY,
          "get of the liveliness tokens of " + keyExpr,
          Native.call(() -> (long) GET.invokeExact(session, ask)));
    }
  }
}
