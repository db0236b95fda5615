package dev.segue.capnproto;

import org.capnproto.DecodeException;

/**
 * Tells what a hostile message made capnproto-java throw from what the caller's code threw.
 *
 * <p>The runtime checks most pointers itself ({@link DecodeException}) and leaves the rest to the
 * bounds of the buffers and lists under it, whose exceptions are the JDK's. Those are the message's
 * fault when the runtime is what called the JDK, which their stack shows.
 *
 * <p>An exception without a stack is never the message's: the ones that HotSpot makes beforehand
 * (-XX:+OmitStackTraceInFastThrow) stand for null pointers, array indexes, casts and divisions, and
 * the runtime's readers have no array and no variable divisor, nor a null that a message decides;
 * the rest are of the caller's own making.
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
    for (StackTraceElement frame : e.getStackTrace()) {
      if (!"java.base".equals(frame.getModuleName())) {
        return frame.getClassName().startsWith(RUNTIME);
      }
    }
    return false;
  }
}
