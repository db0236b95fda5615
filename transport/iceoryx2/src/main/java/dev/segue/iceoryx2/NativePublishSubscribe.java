package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The downcalls on publish-subscribe services. */
final class NativePublishSubscribe {
  // struct Qos of service.rs
  private static final int QOS_FIELD_COUNT = 9;

  private static final MethodHandle OPEN =
      Native.handle(
          "segue_ice_pubsub_open", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle COST =
      Native.handle("segue_ice_pubsub_cost", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PORTS = Native.handle("segue_ice_pubsub_ports", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_pubsub_free");

  private NativePublishSubscribe() {}

  /** A service that is open, and the settings that it has. */
  record Opened(long address, Qos qos) {}

  static Opened open(long node, String name, Qos qos, @Nullable UserHeader header)
      throws IceoryxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = Native.utf8(arena, name);
      MemorySegment fields = arena.allocate(JAVA_LONG, QOS_FIELD_COUNT);
      MemorySegment type = Native.utf8(arena, header == null ? "" : header.typeName());
      write(qos, header, fields);
      long service =
          Native.checked(
              Kind.SERVICE,
              "publish-subscribe service "
                  + name
                  + " with "
                  + qos
                  + (header == null ? "" : " " + header),
              Native.call(
                  () ->
                      (long)
                          OPEN.invokeExact(
                              node, text, text.byteSize(), fields, type, type.byteSize())));
      return new Opened(service, read(fields));
    }
  }

  private static void write(Qos qos, @Nullable UserHeader header, MemorySegment fields) {
    long[] values = {
      qos.publisherCount(),
      qos.subscriberCount(),
      qos.nodeCount(),
      qos.bufferCount(),
      qos.borrowedCount(),
      qos.historyCount(),
      qos.safeOverflow() ? 1 : 0,
      header == null ? 0 : header.byteSize(),
      header == null ? 1 : header.alignment()
    };
    MemorySegment.copy(values, 0, fields, JAVA_LONG, 0, values.length);
  }

  private static Qos read(MemorySegment fields) {
    return new Qos(
        field(fields, 0),
        field(fields, 1),
        field(fields, 2),
        field(fields, 3),
        field(fields, 4),
        field(fields, 5),
        field(fields, 6) != 0);
  }

  private static int field(MemorySegment fields, long index) {
    // Of other processes' services, which may be larger.
    return (int) Math.min(Bounds.MOST, fields.getAtIndex(JAVA_LONG, index));
  }

  static long cost(long service, long maxByteSize, long loanCount) throws IceoryxException {
    return Native.checked(
        Kind.SHARED_MEMORY,
        "memory of a publisher with maxByteSize=" + maxByteSize + " loanCount=" + loanCount,
        Native.call(() -> (long) COST.invokeExact(service, maxByteSize, loanCount)));
  }

  /** {@code publishers | subscribers << 32}. */
  static long ports(long service) {
    return Native.expected("count of ports", Native.call(() -> (long) PORTS.invokeExact(service)));
  }

  static void free(long service) {
    Native.free(FREE, service);
  }
}
