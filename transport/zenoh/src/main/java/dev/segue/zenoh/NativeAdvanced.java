package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.bytes.spi.Nanos;
import dev.segue.zenoh.Inbox.Taken;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The downcalls that declare advanced publishers and subscribers, and those on misses. */
final class NativeAdvanced {
  private static final MethodHandle DECLARE_PUBLISHER =
      Native.handle(
          "segue_advanced_publisher_declare",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          JAVA_LONG,
          ADDRESS);
  private static final MethodHandle DECLARE_SUBSCRIBER =
      Native.handle(
          "segue_advanced_subscriber_declare",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          ADDRESS);
  private static final MethodHandle COUNT = Native.handle("segue_misses_count", JAVA_LONG);
  private static final MethodHandle LISTEN = Native.handle("segue_misses_listen", JAVA_LONG);
  private static final MethodHandle DRAIN =
      Native.handle("segue_misses_drain", JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle ARM = Native.handle("segue_misses_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_misses_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_misses_free");

  // struct Miss of misses.rs
  private static final long MISS_BYTE_SIZE = 24;
  private static final long SOURCE_EID = 16;
  private static final long COUNT_OF_MISS = 20;

  private NativeAdvanced() {}

  /** Nanoseconds, at most 292 years; 0 for null. */
  private static long nanos(@Nullable Duration duration) {
    return duration == null ? 0 : Nanos.of(duration);
  }

  private static MemorySegment metadata(Arena arena, @Nullable KeyExpr metadata) {
    return Native.utf8(arena, metadata == null ? "" : metadata.toString());
  }

  /** {@code struct PublisherOptions} of advanced.rs. */
  private static MemorySegment write(Arena arena, AdvancedPublisherOptions options) {
    CacheConfig cache = options.cache();
    Qos replies = cache == null ? Qos.defaults() : cache.replies();
    MissDetectionConfig misses = options.sampleMissDetection();
    long detection = 0;
    if (misses != null) {
      detection = misses.heartbeat() == null ? 1 : misses.isSporadic() ? 3 : 2;
    }
    MemorySegment metadata = metadata(arena, options.publisherDetectionMetadata());
    return arena.allocateFrom(
        JAVA_LONG,
        cache == null ? 0 : cache.maxSamples(),
        replies.congestionControl().code(),
        replies.priority().code(),
        replies.express() ? 1 : 0,
        detection,
        nanos(misses == null ? null : misses.heartbeat()),
        options.publisherDetection() ? 1 : 0,
        metadata.address(),
        metadata.byteSize());
  }

  /** {@code struct SubscriberOptions} of advanced.rs. */
  private static MemorySegment write(Arena arena, AdvancedSubscriberOptions options) {
    HistoryConfig history = options.history();
    RecoveryConfig recovery = options.recovery();
    long recovers = 0;
    if (recovery != null) {
      recovers = recovery.heartbeat() ? 3 : 1;
    }
    MemorySegment metadata = metadata(arena, options.subscriberDetectionMetadata());
    return arena.allocateFrom(
        JAVA_LONG,
        history == null ? 0 : 1,
        history != null && history.detectsLatePublishers() ? 1 : 0,
        history == null ? 0 : history.maxSamples().orElse(0),
        nanos(history == null ? null : history.maxAge()),
        recovers,
        0, // Its periodic queries would go on after the subscriber is closed.
        nanos(recovery == null ? null : recovery.retentionPeriod()),
        nanos(options.queryTimeout()),
        options.subscriberDetection() ? 1 : 0,
        metadata.address(),
        metadata.byteSize());
  }

  static long declarePublisher(long session, KeyExpr keyExpr, AdvancedPublisherOptions options)
      throws ZenohException {
    Encoding encoding = options.options().encoding();
    String text = encoding.equals(Encoding.ZENOH_BYTES) ? "" : encoding.text();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      MemorySegment encoded = Native.utf8(arena, text);
      MemorySegment qos = options.options().qos().write(arena);
      MemorySegment struct = write(arena, options);
      return Putter.declared(
          arena,
          "declaration of an advanced publisher of " + keyExpr,
          (ticket, out) ->
              (long)
                  DECLARE_PUBLISHER.invokeExact(
                      session,
                      key,
                      key.byteSize(),
                      encoded,
                      encoded.byteSize(),
                      qos,
                      struct,
                      ticket,
                      out));
    }
  }

  static long declareSubscriber(long session, KeyExpr keyExpr, AdvancedSubscriberOptions options)
      throws ZenohException {
    int origin = options.options().origin().code();
    long capacity = options.options().backlog().capacity();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = Native.utf8(arena, keyExpr.toString());
      MemorySegment struct = write(arena, options);
      return Putter.declared(
          arena,
          "declaration of an advanced subscriber of " + keyExpr,
          (ticket, out) ->
              (long)
                  DECLARE_SUBSCRIBER.invokeExact(
                      session, key, key.byteSize(), origin, capacity, struct, ticket, out));
    }
  }

  static long missedCount(long subscriber) {
    return Native.expected(
        "count of what was missed", Native.call(() -> (long) COUNT.invokeExact(subscriber)));
  }

  static long listen(long subscriber) {
    return Native.expected(
        "declaration of a sample-miss listener",
        Native.call(() -> (long) LISTEN.invokeExact(subscriber)));
  }

  /** The calls of a {@link SampleMissListener}. */
  static final class Misses implements Listener.Calls<Miss> {
    @Override
    public Taken<Miss> take(long listener, long waitNanos) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment miss = arena.allocate(MISS_BYTE_SIZE, Long.BYTES);
        long count = Native.call(() -> (long) DRAIN.invokeExact(listener, miss, waitNanos));
        if (count == NativeSubscriber.ENDED) {
          return Taken.end();
        }
        if (Native.expected("drain of a sample-miss listener", count) == 0) {
          return Taken.nothing();
        }
        return Taken.of(
            new Miss(
                new EntityGlobalId(ZenohId.read(miss, 0), miss.get(JAVA_INT, SOURCE_EID)),
                Integer.toUnsignedLong(miss.get(JAVA_INT, COUNT_OF_MISS))));
      }
    }

    @Override
    public boolean arm(long listener, long bell) {
      return Native.expected(
              "wait for a miss", Native.call(() -> (long) ARM.invokeExact(listener, bell)))
          != 0;
    }

    @Override
    public void close(long listener) {
      Native.call(() -> (long) CLOSE.invokeExact(listener));
    }

    @Override
    public void free(long listener) {
      Native.free(FREE, listener);
    }
  }
}
