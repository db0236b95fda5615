package dev.segue.gateway;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Hands tasks to executors where somebody must know if they will never run. */
final class Work {
  private Work() {}

  /** Returns whether a task will run: not if the gateway closes, or there is no thread for it. */
  static boolean isTakenBy(Executor threads, Runnable task) {
    try {
      threads.execute(task);
      return true;
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      return false;
    }
  }

  /** Notes a fault, also where there is no memory to do so: who calls goes on in any case. */
  static void warn(String what, Throwable fault) {
    try {
      System.getLogger("dev.segue.gateway").log(System.Logger.Level.WARNING, what, fault);
    } catch (Throwable _) {
      // There is nobody else to tell.
    }
  }

  /** Runs what lets go of something, in its place here if there is no thread for it any more. */
  static void run(Executor threads, Runnable end) {
    if (!isTakenBy(threads, end)) {
      end.run();
    }
  }
}
