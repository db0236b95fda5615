package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The downcalls on event services, notifiers and listeners. */
final class NativeEvents {
  private static final MethodHandle OPEN =
      Native.handle(
          "segue_ice_event_open",
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG);
  private static final MethodHandle LAST = Native.handle("segue_ice_event_last", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_event_free");
  private static final MethodHandle NOTIFIER_NEW =
      Native.handle("segue_ice_notifier_new", JAVA_LONG);
  private static final MethodHandle NOTIFY =
      Native.handle("segue_ice_notify", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle NOTIFIER_FREE = Native.freeing("segue_ice_notifier_free");
  private static final MethodHandle LISTENER_NEW =
      Native.handle("segue_ice_listener_new", JAVA_LONG);
  private static final MethodHandle WAIT =
      Native.handle("segue_ice_listener_wait", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle DESCRIPTOR =
      Native.handle("segue_ice_listener_descriptor", JAVA_LONG);
  private static final MethodHandle POLL =
      Native.handle("segue_ice_poll", ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WAKE_NEW = Native.handle("segue_ice_wake_new");
  private static final MethodHandle WAKE_RING = Native.handle("segue_ice_wake_ring", JAVA_LONG);
  private static final MethodHandle WAKE_CLEAR = Native.handle("segue_ice_wake_clear", JAVA_LONG);
  private static final MethodHandle WAKE_FREE = Native.freeing("segue_ice_wake_free");
  private static final MethodHandle LISTENER_FREE = Native.freeing("segue_ice_listener_free");

  private NativeEvents() {}

  static long open(long node, String name, EventQos qos) throws IceoryxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = Native.utf8(arena, name);
      return Native.checked(
          Kind.SERVICE,
          "event service " + name + " with " + qos,
          Native.call(
              () ->
                  (long)
                      OPEN.invokeExact(
                          node,
                          text,
                          text.byteSize(),
                          (long) qos.notifierCount(),
                          (long) qos.listenerCount(),
                          (long) qos.nodeCount(),
                          (long) qos.largestEvent())));
    }
  }

  static long largestEvent(long service) {
    return Native.expected(
        "largest event of a service", Native.call(() -> (long) LAST.invokeExact(service)));
  }

  static void free(long service) {
    Native.free(FREE, service);
  }

  static long newNotifier(long service, String name) throws IceoryxException {
    return Native.checked(
        Kind.PORT,
        "notifier of " + name,
        Native.call(() -> (long) NOTIFIER_NEW.invokeExact(service)));
  }

  static long notify(long notifier, String name, long event) throws IceoryxException {
    long count;
    try {
      count = (long) NOTIFY.invokeExact(notifier, event);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return count >= 0
        ? count
        : Native.checked(Kind.SEND, "notification of " + name + " event=" + event, count);
  }

  static void freeNotifier(long notifier) {
    Native.free(NOTIFIER_FREE, notifier);
  }

  static long newListener(long service, String name) throws IceoryxException {
    return Native.checked(
        Kind.PORT,
        "listener of " + name,
        Native.call(() -> (long) LISTENER_NEW.invokeExact(service)));
  }

  /** Waits for events and writes each one's number and count; how many there are. */
  static long await(long listener, String name, long nanos, MemorySegment pairs)
      throws IceoryxException {
    long capacity = pairs.byteSize() / (2 * JAVA_LONG.byteSize());
    long count;
    try {
      count = (long) WAIT.invokeExact(listener, nanos, pairs, capacity);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return Native.checked(Kind.RECEIVE, "wait for events of " + name, count);
  }

  /** The file descriptor that can be read when there may be events. */
  static int descriptor(long listener) {
    return (int)
        Native.expected(
            "descriptor of a listener", Native.call(() -> (long) DESCRIPTOR.invokeExact(listener)));
  }

  /** Waits until one of so many file descriptors can be read, each a {@code struct pollfd}. */
  static void poll(MemorySegment descriptors, long count, long nanos) throws IceoryxException {
    Native.checked(
        Kind.RECEIVE,
        "wait for " + count + " ports",
        Native.call(() -> (long) POLL.invokeExact(descriptors, count, nanos)));
  }

  /** A file descriptor that can be read after {@link #ring}. */
  static long newWake() {
    return Native.expected("wait set", Native.call(() -> (long) WAKE_NEW.invokeExact()));
  }

  static void ring(long wake) {
    Native.call(() -> (long) WAKE_RING.invokeExact(wake));
  }

  /** Forgets that it rang; whether it had. */
  static boolean clear(long wake) {
    return Native.call(() -> (long) WAKE_CLEAR.invokeExact(wake)) == 1;
  }

  static void freeWake(long wake) {
    Native.free(WAKE_FREE, wake);
  }

  static void freeListener(long listener) {
    Native.free(LISTENER_FREE, listener);
  }
}
