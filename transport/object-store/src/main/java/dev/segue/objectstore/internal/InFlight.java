package dev.segue.objectstore.internal;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts at most so many asynchronous works at a time; the others wait in their order. */
public final class InFlight {
  private final ArrayDeque<Task<?>> waiting = new ArrayDeque<>();
  private final int limit;
  private int count;

  private static final class Task<T> {
    final CompletableFuture<T> result = new CompletableFuture<>();
    private final Supplier<CompletableFuture<T>> work;
    private CompletableFuture<T> running = result;

    Task(Supplier<CompletableFuture<T>> work) {
      this.work = work;
    }

    CompletableFuture<T> start() {
      try {
        running = work.get();
      } catch (RuntimeException | Error e) {
        // Also an error: its place must become free, and those that wait behind it get theirs.
        running = CompletableFuture.failedFuture(e);
      }
      return running;
    }

    void finish() {
      var _ =
          running.whenComplete(
              (value, failure) -> {
                if (failure == null) {
                  result.complete(value);
                } else {
                  result.completeExceptionally(failure);
                }
              });
    }
  }

  public InFlight(int limit) {
    this.limit = limit;
  }

  public <T> CompletableFuture<T> run(Supplier<CompletableFuture<T>> work) {
    Task<T> task = new Task<>(work);
    synchronized (this) {
      if (count == limit) {
        waiting.add(task);
        return task.result;
      }
      count++;
    }
    runFrom(task);
    return task.result;
  }

  /**
   * Runs works that are done at once in a loop: a call that was given up may leave many of them.
   */
  private void runFrom(@Nullable Task<?> first) {
    for (Task<?> task = first; task != null; ) {
      Task<?> started = task;
      CompletableFuture<?> running = started.start();
      if (!running.isDone()) {
        var _ =
            running.whenComplete(
                (value, failure) -> {
                  // The next one starts first: who waits for this result may take its time.
                  runFrom(next());
                  started.finish();
                });
        return;
      }
      task = next();
      started.finish();
    }
  }

  private synchronized @Nullable Task<?> next() {
    Task<?> next = waiting.poll();
    if (next == null) {
      count--;
    }
    return next;
  }
}
