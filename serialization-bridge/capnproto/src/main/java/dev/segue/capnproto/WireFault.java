package dev.segue.capnproto;

import org.capnproto.DecodeException;

/**
 * Tells what a hostile message made capnproto-java throw from what the caller's code threw.
 *
 * <p>The runtime checks most pointers itself ({@link DecodeException}) and leaves the rest to the
 * bounds of the buffers and lists under it, whose exceptions are the JDK's. Those are the message's
 * fault when the runtime is what called the JDK.
 */
final class WireFault {
  private static final String RUNTIME = "org.capnproto.";

  private WireFault() {}

  static boolean isBehind(RuntimeException e) {
    if (e instanceof DecodeException) {
      return true;
    }
    // Memory that ended, or that another thread owns: the caller's mistake, wherever it shows.
    if (e instanceof IllegalStateException || e instanceof WrongThreadException) {
      return false;
    }
    StackTraceElement[] trace = e.getStackTrace();
    for (StackTraceElement frame : trace) {
      if (!"java.base".equals(frame.getModuleName())) {
        return frame.getClassName().startsWith(RUNTIME);
      }
    }
    // HotSpot's preallocated exceptions have no trace (-XX:+OmitStackTraceInFastThrow).
    return trace.length == 0;
  }
}
