package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.ZenohException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/** The downcalls on sessions, and the declarations. */
final class NativeSession {
  private static final MethodHandle OPEN = Native.handle("segue_session_open", JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_session_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_session_free");
  private static final MethodHandle INFO =
      Native.handle("segue_session_info", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle METRICS =
      Native.handle("segue_session_metrics", JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle COUNTERS =
      Native.handle("segue_session_counters", JAVA_LONG, ADDRESS);
  private static final MethodHandle LINK_COUNTERS =
      Native.handle("segue_session_link_counters", JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle TIMESTAMP =
      Native.handle("segue_session_timestamp", JAVA_LONG, ADDRESS);
  private static final MethodHandle DECLARE_PUBLISHER =
      Native.handle(
          "segue_publisher_declare", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle DECLARE_SUBSCRIBER =
      Native.handle(
          "segue_subscriber_declare", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);

  private NativeSession() {}

  static long open(long config) throws ZenohException {
    return Native.checked(
        Kind.OPEN, "opening a session", Native.call(() -> (long) OPEN.invokeExact(config)));
  }

  /** Closes it; what fails then was closed before. */
  static void close(long session) {
    Native.call(() -> (long) CLOSE.invokeExact(session));
  }

  /** {@link #close} and {@link #free}. */
  static void end(long session) {
    close(session);
    free(session);
  }

  static void free(long session) {
    Native.free(FREE, session);
  }

  /** {@code zid}, or {@code peers}, {@code routers} or {@code locators}. */
  static List<String> info(long session, String what) throws ZenohException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = Native.utf8(arena, what);
      return Fields.column(
          Native.readText(
                  (buffer, capacity) ->
                      (long) INFO.invokeExact(session, name, name.byteSize(), buffer, capacity))
              .orThrow(Kind.INFORMATION, "session information " + what));
    }
  }

  /** The core's counters in the Prometheus text format. */
  static String metrics(long session) {
    return Native.readText(
            (buffer, capacity) -> (long) METRICS.invokeExact(session, buffer, capacity))
        .orExpected("counters of a session");
  }

  /** Counts of a session that never go back, also when it is closed. */
  record Counters(Traffic traffic, long copiedToLinks, long copiedToShm) {
    static final Counters ZERO = new Counters(new Traffic(0, 0, 0, 0, 0), 0, 0);

    Counters orLarger(Counters other) {
      return new Counters(
          larger(traffic, other.traffic),
          Math.max(copiedToLinks, other.copiedToLinks),
          Math.max(copiedToShm, other.copiedToShm));
    }

    private static Traffic larger(Traffic one, Traffic other) {
      return new Traffic(
          Math.max(one.sentCount(), other.sentCount()),
          Math.max(one.sentByteSize(), other.sentByteSize()),
          Math.max(one.receivedCount(), other.receivedCount()),
          Math.max(one.receivedByteSize(), other.receivedByteSize()),
          Math.max(one.droppedCount(), other.droppedCount()));
    }
  }

  static Counters counters(long session) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counters = arena.allocate(JAVA_LONG, 7);
      Native.expected(
          "counters of a session",
          Native.call(() -> (long) COUNTERS.invokeExact(session, counters)));
      return new Counters(
          new Traffic(
              counters.getAtIndex(JAVA_LONG, 5),
              counters.getAtIndex(JAVA_LONG, 0),
              counters.getAtIndex(JAVA_LONG, 6),
              counters.getAtIndex(JAVA_LONG, 1),
              counters.getAtIndex(JAVA_LONG, 4)),
          counters.getAtIndex(JAVA_LONG, 2),
          counters.getAtIndex(JAVA_LONG, 3));
    }
  }

  /** The links that are there, by the lines of counters.rs. */
  static List<LinkTraffic> linkTraffic(long session) {
    return Fields.lines(
            Native.readText(
                    (buffer, capacity) ->
                        (long) LINK_COUNTERS.invokeExact(session, buffer, capacity))
                .orExpected("counters of links"))
        .map(NativeSession::linkTraffic)
        .toList();
  }

  private static LinkTraffic linkTraffic(String[] fields) {
    Traffic traffic =
        new Traffic(
            Long.parseLong(fields[0]),
            Long.parseLong(fields[1]),
            Long.parseLong(fields[2]),
            Long.parseLong(fields[3]),
            Long.parseLong(fields[4]));
    Optional<ZenohId> zid =
        fields[5].isEmpty() ? Optional.empty() : Optional.of(ZenohId.of(fields[5]));
    return new LinkTraffic(zid, fields[6], fields[7], traffic);
  }

  static Timestamp timestamp(long session) throws ZenohException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(Timestamp.BYTE_SIZE);
      Native.checked(
          Kind.INFORMATION,
          "new timestamp",
          Native.call(() -> (long) TIMESTAMP.invokeExact(session, bytes)));
      return Timestamp.read(bytes, 0);
    }
  }

  static long declarePublisher(long session, KeyExpr keyExpr, PublisherOptions options)
      throws ZenohException {
    boolean isDefault = options.encoding().equals(Encoding.ZENOH_BYTES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      MemorySegment encoding = Native.utf8(arena, isDefault ? "" : options.encoding().text());
      MemorySegment qos = options.qos().write(arena);
      return Native.checked(
          Kind.DECLARATION,
          "declaration of a publisher of " + keyExpr,
          Native.call(
              () ->
                  (long)
                      DECLARE_PUBLISHER.invokeExact(
                          session, key, key.byteSize(), encoding, encoding.byteSize(), qos)));
    }
  }

  static long declareSubscriber(long session, KeyExpr keyExpr, SubscriberOptions options)
      throws ZenohException {
    int origin = options.origin().code();
    long capacity = options.backlog().capacity();
    int pushBack = options.backlog().pushesBack() ? 1 : 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      return Native.checked(
          Kind.DECLARATION,
          "declaration of a subscriber of " + keyExpr,
          Native.call(
              () ->
                  (long)
                      DECLARE_SUBSCRIBER.invokeExact(
                          session, key, key.byteSize(), origin, capacity, pushBack)));
    }
  }
}
