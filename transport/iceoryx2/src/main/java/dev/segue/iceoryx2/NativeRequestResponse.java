package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on request-response services. */
final class NativeRequestResponse {
  // struct CallQos of request.rs
  private static final int QOS_FIELD_COUNT = 10;

  private static final MethodHandle OPEN =
      Native.handle("segue_ice_calls_open", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
  private static final MethodHandle CLIENT_COST =
      Native.handle("segue_ice_client_cost", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SERVER_COST =
      Native.handle("segue_ice_server_cost", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PORTS = Native.handle("segue_ice_calls_ports", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_calls_free");

  private NativeRequestResponse() {}

  /** A service that is open, and the settings that it has. */
  record Opened(long address, RequestQos qos) {}

  static Opened open(long node, String name, RequestQos qos) throws IceoryxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = Native.utf8(arena, name);
      MemorySegment fields = arena.allocate(JAVA_LONG, QOS_FIELD_COUNT);
      write(qos, fields);
      long service =
          Native.checked(
              Kind.SERVICE,
              "request-response service " + name + " with " + qos,
              Native.call(() -> (long) OPEN.invokeExact(node, text, text.byteSize(), fields)));
      return new Opened(service, read(fields));
    }
  }

  private static void write(RequestQos qos, MemorySegment fields) {
    long[] values = {
      qos.clientCount(),
      qos.serverCount(),
      qos.nodeCount(),
      qos.activeRequestCount(),
      qos.loanedRequestCount(),
      qos.responseBufferCount(),
      qos.borrowedResponseCount(),
      qos.safeOverflowForRequests() ? 1 : 0,
      qos.safeOverflowForResponses() ? 1 : 0,
      qos.fireAndForget() ? 1 : 0
    };
    MemorySegment.copy(values, 0, fields, JAVA_LONG, 0, values.length);
  }

  private static RequestQos read(MemorySegment fields) {
    return new RequestQos(
        field(fields, 0),
        field(fields, 1),
        field(fields, 2),
        field(fields, 3),
        field(fields, 4),
        field(fields, 5),
        field(fields, 6),
        field(fields, 7) != 0,
        field(fields, 8) != 0,
        field(fields, 9) != 0);
  }

  private static int field(MemorySegment fields, long index) {
    // Of other processes' services, which may be larger.
    return (int) Math.min(Bounds.MOST, fields.getAtIndex(JAVA_LONG, index));
  }

  static long cost(long service, ClientOptions options) throws IceoryxException {
    return Native.checked(
        Kind.SHARED_MEMORY,
        "memory of a client with " + options,
        Native.call(() -> (long) CLIENT_COST.invokeExact(service, options.maxByteSize())));
  }

  static long cost(long service, ServerOptions options) throws IceoryxException {
    return Native.checked(
        Kind.SHARED_MEMORY,
        "memory of a server with " + options,
        Native.call(
            () ->
                (long)
                    SERVER_COST.invokeExact(
                        service, options.maxByteSize(), (long) options.loanCount())));
  }

  /** {@code clients | servers << 32}. */
  static long ports(long service) {
    return Native.expected("count of ports", Native.call(() -> (long) PORTS.invokeExact(service)));
  }

  static void free(long service) {
    Native.free(FREE, service);
  }
}
