package dev.segue.zenoh;

import dev.segue.bytes.spi.Every;
import java.util.function.Consumer;

/** Errors of handlers, told by threads that must outlive that: all that follows needs them. */
final class HandlerErrors {
  private HandlerErrors() {}

  /** Tells who was asked to be told, or the thread's own handler if that fails; never throws. */
  static void tell(Consumer<Throwable> onError, Throwable error) {
    try {
      onError.accept(error);
    } catch (Throwable e) {
      tellThread(joined(e, error));
    }
  }

  /** The same error, if it is thrown on, and none where the heap has no room for two. */
  private static Throwable joined(Throwable failure, Throwable error) {
    try {
      return Every.joined(failure, error);
    } catch (OutOfMemoryError _) {
      return failure;
    }
  }

  /** Tells the thread's handler, which may throw as well; never throws. */
  static void tellThread(Throwable error) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
    } catch (RuntimeException | Error _) {
      // Nobody is left to tell.
    }
  }
}
