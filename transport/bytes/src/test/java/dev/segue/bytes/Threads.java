package dev.segue.bytes;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;

/** Runs test code on other threads, and rethrows what it throws. */
final class Threads {
  private Threads() {}

  /** Starts a daemon thread, so that a test that fails early leaves nobody behind. */
  static <T> FutureTask<T> start(Callable<T> action) {
    FutureTask<T> task = new FutureTask<>(action);
    Thread thread = new Thread(task, "test");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  static void run(Runnable action) throws InterruptedException {
    join(
        start(
            () -> {
              action.run();
              return true;
            }));
  }

  /** Runs all actions round by round, each round on all threads at once. */
  static void race(int roundCount, Round... actions) throws InterruptedException {
    CyclicBarrier barrier = new CyclicBarrier(actions.length);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (Round action : actions) {
      tasks.add(start(() -> runRounds(roundCount, action, barrier, failure)));
    }
    for (FutureTask<Boolean> task : tasks) {
      join(task);
    }
    if (failure.get() != null) {
      throw new AssertionError("in a race", failure.get());
    }
  }

  private static boolean runRounds(
      int roundCount, Round action, CyclicBarrier barrier, AtomicReference<Throwable> failure)
      throws Exception {
    for (int round = 0; round < roundCount; round++) {
      barrier.await();
      if (failure.get() == null) {
        try {
          action.run(round);
        } catch (Throwable e) {
          failure.compareAndSet(null, e);
        }
      }
    }
    return true;
  }

  interface Round {
    void run(int round) throws Exception;
  }

  static <T> T join(FutureTask<T> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new AssertionError("on another thread", e.getCause());
    }
  }

  /** Waits until a thread waits for something; a test that never gets there has a timeout. */
  static void awaitBlocked(Thread thread) throws InterruptedException {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
  }
}
