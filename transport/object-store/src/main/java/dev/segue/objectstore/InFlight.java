package dev.segue.objectstore;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Starts at most so many asynchronous works at a time; the others wait in their order. */
final class InFlight {
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private final int limit;
  private int count;

  InFlight(int limit) {
    this.limit = limit;
  }

  <T> CompletableFuture<T> run(Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable start =
        () -> {
          var _ =
              started(work)
                  .whenComplete(
                      (value, failure) -> {
                        // The next one starts first: who waits for this result may take its time.
                        next();
                        if (failure == null) {
                          result.complete(value);
                        } else {
                          result.completeExceptionally(failure);
                        }
                      });
        };
    synchronized (this) {
      if (count == limit) {
        waiting.add(start);
        return result;
      }
      count++;
    }
    start.run();
    return result;
  }

  private static <T> CompletableFuture<T> started(Supplier<CompletableFuture<T>> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void next() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        count--;
        return;
      }
    }
    next.run();
  }
}
