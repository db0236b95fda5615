package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on subscribers and their samples. */
final class NativeSubscriber {
  private static final MethodHandle NEW = Native.handle("segue_ice_subscriber_new", JAVA_LONG);
  private static final MethodHandle TAKE = Native.handle("segue_ice_take", JAVA_LONG);
  private static final MethodHandle NEXT = Native.handle("segue_ice_next", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WAIT =
      Native.handle("segue_ice_subscriber_wait", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle READY = Native.handle("segue_ice_subscriber_ready", JAVA_LONG);
  private static final MethodHandle DESCRIPTOR =
      Native.handle("segue_ice_subscriber_descriptor", JAVA_LONG);
  private static final MethodHandle SILENT =
      Native.handle("segue_ice_subscriber_silent", JAVA_LONG);
  private static final MethodHandle END = Native.handle("segue_ice_subscriber_end", JAVA_LONG);
  private static final MethodHandle SAMPLE_FREE = Native.freeing("segue_ice_sample_free");
  private static final MethodHandle FREE = Native.freeing("segue_ice_subscriber_free");

  private NativeSubscriber() {}

  static long create(long service, String name) throws IceoryxException {
    return Native.checked(
        Kind.PORT, "subscriber of " + name, Native.call(() -> (long) NEW.invokeExact(service)));
  }

  /** The address of the next sample, or 0 if there is none now. */
  static long take(long subscriber, String name) throws IceoryxException {
    long sample;
    try {
      sample = (long) TAKE.invokeExact(subscriber);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return sample >= 0 ? sample : Native.checked(Kind.RECEIVE, "receive of " + name, sample);
  }

  /**
   * {@link #freeSample} of one of this subscriber's, also where this fails, and {@link #take}, by
   * one downcall and one lock.
   */
  static long next(long subscriber, long done, String name) throws IceoryxException {
    long sample;
    try {
      sample = (long) NEXT.invokeExact(subscriber, done);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return sample >= 0 ? sample : Native.checked(Kind.RECEIVE, "receive of " + name, sample);
  }

  /** Waits for a publisher to send; whether one may have. */
  static boolean await(long subscriber, String name, long nanos) throws IceoryxException {
    long woken;
    try {
      woken = (long) WAIT.invokeExact(subscriber, nanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return Native.checked(Kind.RECEIVE, "wait for " + name, woken) != 0;
  }

  /** Returns whether a message waits. */
  static boolean isReady(long subscriber, String name) throws IceoryxException {
    return Native.checked(
            Kind.RECEIVE,
            "look at " + name,
            Native.call(() -> (long) READY.invokeExact(subscriber)))
        != 0;
  }

  /** The file descriptor that can be read when a publisher may have sent. */
  static int descriptor(long subscriber, String name) throws IceoryxException {
    return (int)
        Native.checked(
            Kind.PORT,
            "listener of " + name,
            Native.call(() -> (long) DESCRIPTOR.invokeExact(subscriber)));
  }

  /** Returns whether there may be publishers that wake nobody. */
  static boolean hasSilent(long subscriber, String name) {
    return Native.expected(
            "look at the publishers of " + name,
            Native.call(() -> (long) SILENT.invokeExact(subscriber)))
        != 0;
  }

  /** Ends the waits. */
  static void end(long subscriber) {
    Native.call(() -> (long) END.invokeExact(subscriber));
  }

  static void freeSample(long sample) {
    Native.free(SAMPLE_FREE, sample);
  }

  static void free(long subscriber) {
    Native.free(FREE, subscriber);
  }
}
