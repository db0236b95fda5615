package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on clients, their requests, and the responses to these. */
final class NativeClient {
  // struct Pending of request.rs
  private static final long MISSED = 8;

  private static final MethodHandle NEW =
      Native.handle("segue_ice_client_new", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN =
      Native.handle("segue_ice_request_loan", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SEND =
      Native.handle("segue_ice_request_send", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN_FREE = Native.freeing("segue_ice_request_free");
  private static final MethodHandle CLOSE = Native.handle("segue_ice_client_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_client_free");
  private static final MethodHandle TAKE = Native.handle("segue_ice_pending_take", JAVA_LONG);
  private static final MethodHandle CONNECTED =
      Native.handle("segue_ice_pending_connected", JAVA_LONG);
  private static final MethodHandle READY = Native.handle("segue_ice_pending_ready", JAVA_LONG);
  private static final MethodHandle WAIT =
      Native.handle("segue_ice_pending_wait", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DESCRIPTOR =
      Native.handle("segue_ice_pending_descriptor", JAVA_LONG);
  private static final MethodHandle PENDING_FREE = Native.freeing("segue_ice_pending_free");
  private static final MethodHandle RESPONSE_FREE = Native.freeing("segue_ice_response_free");

  private NativeClient() {}

  static long create(long service, String name, ClientOptions options) throws IceoryxException {
    long patience = options.patience().toNanos();
    return Native.checked(
        Kind.PORT,
        "client of " + name + " with " + options,
        Native.call(() -> (long) NEW.invokeExact(service, options.maxByteSize(), patience)));
  }

  /** The address of a new loan, or 0 if as many are out as there may be. */
  static long loan(long client, long byteSize) {
    long loan;
    try {
      loan = (long) LOAN.invokeExact(client, byteSize);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return loan >= 0 ? loan : Native.expected("loan of byteSize=" + byteSize, loan);
  }

  /** Sends a loan, which ends in any case: the address of what is pending, or a failure. */
  static long send(long client, long loan) {
    try {
      return (long) SEND.invokeExact(client, loan);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static void freeLoan(long loan) {
    Native.free(LOAN_FREE, loan);
  }

  /** Ends the waits of senders. */
  static void close(long client) {
    Native.call(() -> (long) CLOSE.invokeExact(client));
  }

  static void free(long client) {
    Native.free(FREE, client);
  }

  /** Returns how many servers got the request, and how many missed it. */
  static Delivery deliveryOf(long pending) {
    return new Delivery(
        Math.toIntExact(Native.longAt(pending)), Math.toIntExact(Native.longAt(pending + MISSED)));
  }

  /** The address of the next response, or 0 if there is none now. */
  static long take(long pending, String name) throws IceoryxException {
    long response;
    try {
      response = (long) TAKE.invokeExact(pending);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return response >= 0
        ? response
        : Native.checked(Kind.RECEIVE, "receive of a response of " + name, response);
  }

  /** Returns whether a server still has the request. */
  static boolean isConnected(long pending) {
    long connected;
    try {
      connected = (long) CONNECTED.invokeExact(pending);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return Native.expected("state of a request", connected) != 0;
  }

  /** Returns whether a response waits. */
  static boolean isReady(long pending) {
    return Native.expected(
            "look at responses", Native.call(() -> (long) READY.invokeExact(pending)))
        != 0;
  }

  /** Waits for a server to respond. */
  static void await(long pending, String name, long nanos) throws IceoryxException {
    long woken;
    try {
      woken = (long) WAIT.invokeExact(pending, nanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    Native.checked(Kind.RECEIVE, "wait for a response of " + name, woken);
  }

  /** The file descriptor that can be read when a server may have responded. */
  static int descriptor(long pending, String name) throws IceoryxException {
    return (int)
        Native.checked(
            Kind.PORT,
            "listener for responses of " + name,
            Native.call(() -> (long) DESCRIPTOR.invokeExact(pending)));
  }

  static void freePending(long pending) {
    Native.free(PENDING_FREE, pending);
  }

  static void freeResponse(long response) {
    Native.free(RESPONSE_FREE, response);
  }
}
