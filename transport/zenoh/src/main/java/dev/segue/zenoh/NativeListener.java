package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls on matching listeners. */
final class NativeListener implements Listener.Calls<Boolean> {
  private static final MethodHandle DECLARE =
      Native.handle("segue_listener_declare", JAVA_LONG, JAVA_INT);
  private static final MethodHandle DRAIN =
      Native.handle("segue_listener_drain", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ARM = Native.handle("segue_listener_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_listener_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_listener_free");

  static long ofPublisher(long publisher, KeyExpr keyExpr) throws ZenohException {
    return declare(publisher, 0, keyExpr);
  }

  static long ofQuerier(long querier, KeyExpr keyExpr) throws ZenohException {
    return declare(querier, 1, keyExpr);
  }

  private static long declare(long owner, int ofQuerier, KeyExpr keyExpr) throws ZenohException {
    return Native.checked(
        Kind.DECLARATION,
        "declaration of a matching listener of " + keyExpr,
        Native.call(() -> (long) DECLARE.invokeExact(owner, ofQuerier)));
  }

  @Override
  public Taken<Boolean> take(long listener, long waitNanos) {
    long change = Native.call(() -> (long) DRAIN.invokeExact(listener, waitNanos));
    if (change == NativeSubscriber.ENDED) {
      return Taken.end();
    }
    return Native.expected("drain of a matching listener", change) == 0
        ? Taken.nothing()
        : Taken.of(change == 2);
  }

  @Override
  public boolean arm(long listener, long bell) {
    return Native.expected(
            "wait for a match", Native.call(() -> (long) ARM.invokeExact(listener, bell)))
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
