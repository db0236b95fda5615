package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on servers, the requests that they work on, and loans for responses. */
final class NativeServer {
  private static final MethodHandle NEW =
      Native.handle("segue_ice_server_new", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle TAKE = Native.handle("segue_ice_server_take", JAVA_LONG);
  private static final MethodHandle READY = Native.handle("segue_ice_server_ready", JAVA_LONG);
  private static final MethodHandle WAIT =
      Native.handle("segue_ice_server_wait", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DESCRIPTOR =
      Native.handle("segue_ice_server_descriptor", JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_ice_server_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_server_free");
  private static final MethodHandle LOAN =
      Native.handle("segue_ice_response_loan", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SEND =
      Native.handle("segue_ice_response_send", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN_FREE = Native.freeing("segue_ice_response_loan_free");
  private static final MethodHandle CONNECTED =
      Native.handle("segue_ice_active_connected", JAVA_LONG);
  private static final MethodHandle REQUEST_FREE = Native.freeing("segue_ice_active_free");

  private NativeServer() {}

  static long create(long service, String name, ServerOptions options) throws IceoryxException {
    long patience = options.patience().toNanos();
    return Native.checked(
        Kind.PORT,
        "server of " + name + " with " + options,
        Native.call(
            () ->
                (long)
                    NEW.invokeExact(
                        service, options.maxByteSize(), (long) options.loanCount(), patience)));
  }

  /** The address of the next request, or 0 if there is none now. */
  static long take(long server, String name) throws IceoryxException {
    long request;
    try {
      request = (long) TAKE.invokeExact(server);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return request >= 0
        ? request
        : Native.checked(Kind.RECEIVE, "receive of a request of " + name, request);
  }

  /** Returns whether a request waits. */
  static boolean isReady(long server, String name) throws IceoryxException {
    return Native.checked(
            Kind.RECEIVE, "look at " + name, Native.call(() -> (long) READY.invokeExact(server)))
        != 0;
  }

  /** Waits for a client to send. */
  static void await(long server, String name, long nanos) throws IceoryxException {
    long woken;
    try {
      woken = (long) WAIT.invokeExact(server, nanos);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    Native.checked(Kind.RECEIVE, "wait for a request of " + name, woken);
  }

  /** The file descriptor that can be read when a client may have sent. */
  static int descriptor(long server, String name) throws IceoryxException {
    return (int)
        Native.checked(
            Kind.PORT,
            "listener for requests of " + name,
            Native.call(() -> (long) DESCRIPTOR.invokeExact(server)));
  }

  /** Ends the waits of senders. */
  static void close(long server) {
    Native.call(() -> (long) CLOSE.invokeExact(server));
  }

  static void free(long server) {
    Native.free(FREE, server);
  }

  /** The address of a new loan, or 0 if as many are out as there may be. */
  static long loan(long request, long byteSize) {
    long loan;
    try {
      loan = (long) LOAN.invokeExact(request, byteSize);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return loan >= 0 ? loan : Native.expected("loan of byteSize=" + byteSize, loan);
  }

  /** Sends a loan, which ends in any case: 1 if it is in the client's buffer, or a failure. */
  static long send(long request, long loan) {
    try {
      return (long) SEND.invokeExact(request, loan);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static void freeLoan(long loan) {
    Native.free(LOAN_FREE, loan);
  }

  /** Returns whether the client still waits for responses. */
  static boolean isConnected(long request) {
    return Native.expected(
            "state of a request", Native.call(() -> (long) CONNECTED.invokeExact(request)))
        != 0;
  }

  static void freeRequest(long request) {
    Native.free(REQUEST_FREE, request);
  }
}
