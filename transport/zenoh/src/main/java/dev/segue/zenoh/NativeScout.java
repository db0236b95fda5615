package dev.segue.zenoh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.segue.zenoh.Inbox.Taken;
import dev.segue.zenoh.ZenohException.Kind;
import java.lang.invoke.MethodHandle;

/** The downcalls that scout. */
final class NativeScout {
  private static final MethodHandle START = Native.handle("segue_scout_start", JAVA_LONG, JAVA_INT);
  private static final MethodHandle DRAIN =
      Native.handle("segue_scout_drain", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ARM = Native.handle("segue_scout_arm", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = Native.handle("segue_scout_close", JAVA_LONG);
  private static final MethodHandle FREE = Native.freeing("segue_scout_free");

  private NativeScout() {}

  static long start(long config, int what) throws ZenohException {
    return Native.checked(
        Kind.INFORMATION, "scouting", Native.call(() -> (long) START.invokeExact(config, what)));
  }

  static Taken<Hello> take(long scout, long waitNanos) {
    Native.Text text =
        Native.readText(
            (buffer, capacity) -> (long) DRAIN.invokeExact(scout, buffer, capacity, waitNanos));
    if (text.failure() == NativeSubscriber.ENDED) {
      return Taken.end();
    }
    String lines = text.orExpected("drain of a scout");
    return lines.isEmpty() ? Taken.nothing() : Taken.of(Hello.of(lines));
  }

  static boolean arm(long scout, long bell) {
    return Native.expected(
            "wait for a hello", Native.call(() -> (long) ARM.invokeExact(scout, bell)))
        != 0;
  }

  static void close(long scout) {
    Native.call(() -> (long) CLOSE.invokeExact(scout));
  }

  /** {@link #close} and {@link #free}. */
  static void end(long scout) {
    close(scout);
    free(scout);
  }

  static void free(long scout) {
    Native.free(FREE, scout);
  }
}
