package dev.segue.iceoryx2;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.iceoryx2.IceoryxException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on publishers and their loans. */
final class NativePublisher {
  // struct Loan of publish.rs
  private static final long HEADER = 8;

  private static final MethodHandle NEW =
      Native.handle("segue_ice_publisher_new", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN = Native.handle("segue_ice_loan", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SEND =
      Native.handle("segue_ice_loan_send", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LOAN_FREE = Native.freeing("segue_ice_loan_free");
  private static final MethodHandle UPDATE = Native.handle("segue_ice_publisher_update", JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_ice_publisher_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_ice_publisher_free");

  private NativePublisher() {}

  static long create(long service, String name, PublisherOptions options) throws IceoryxException {
    long patience = options.patience().toNanos();
    return Native.checked(
        Kind.PORT,
        "publisher of " + name + " with " + options,
        Native.call(
            () ->
                (long)
                    NEW.invokeExact(
                        service, options.maxByteSize(), (long) options.loanCount(), patience)));
  }

  /** The address of a new loan, or 0 if as many are out as there may be. */
  static long loan(long publisher, long byteSize) {
    long loan;
    try {
      loan = (long) LOAN.invokeExact(publisher, byteSize);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
    return loan >= 0 ? loan : Native.expected("loan of byteSize=" + byteSize, loan);
  }

  /** Returns where the user header of a loan is. */
  static long headerOf(long loan) {
    return Native.longAt(loan + HEADER);
  }

  /** Sends a loan, which ends in any case: {@code recipients | missed << 32}, or a failure. */
  static long send(long publisher, long loan) {
    try {
      return (long) SEND.invokeExact(publisher, loan);
    } catch (Throwable e) {
      throw Native.rethrow(e);
    }
  }

  static void freeLoan(long loan) {
    Native.free(LOAN_FREE, loan);
  }

  static void update(long publisher, String name) throws IceoryxException {
    Native.checked(
        Kind.PORT,
        "update of the connections of the publisher of " + name,
        Native.call(() -> (long) UPDATE.invokeExact(publisher)));
  }

  /** Ends the waits of senders. */
  static void close(long publisher) {
    Native.call(() -> (long) CLOSE.invokeExact(publisher));
  }

  static void free(long publisher) {
    Native.free(FREE, publisher);
  }
}
