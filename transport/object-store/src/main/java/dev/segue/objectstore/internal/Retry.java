package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tries one request again while that may help: exponential back-off with jitter, longer when the
 * store asks for it. By default a store that restarts may be away for half a minute. A budget for
 * the whole store makes the pauses long in an outage, so that it is not made worse.
 */
public final class Retry {
  private static final int BUDGET = 500;
  private static final int COST = 5;
  private static final int SHORT_ATTEMPT_COUNT = 6;
  private static final long BASE_MILLIS = 50;
  private static final long THROTTLED_BASE_MILLIS = 100;
  private static final long LONGEST_MILLIS = 10_000;

  private final int attemptCount;
  private final AtomicInteger budget = new AtomicInteger(BUDGET);
  private final ConcurrentHashMap<Object, CompletableFuture<?>> waiting = new ConcurrentHashMap<>();
  private volatile boolean reached;
  private volatile boolean closed;
  private final AtomicInteger retriedCount = new AtomicInteger();

  public Retry(int attemptCount) {
    this.attemptCount = attemptCount;
  }

  /** Nothing is tried again from here on, and what waits for that ends at once. */
  public void close() {
    closed = true;
    for (Object ticket : List.copyOf(waiting.keySet())) {
      CompletableFuture<?> each = waiting.remove(ticket);
      if (each != null) {
        each.completeExceptionally(closedStore(null));
      }
    }
  }

  private static ObjectStoreException closedStore(@Nullable Throwable failure) {
    return new ObjectStoreException(
        ObjectStoreException.Reason.CANCELLED, "the store was closed", failure);
  }

  /** Returns how many attempts were repetitions. */
  public int retriedCount() {
    return retriedCount.get();
  }

  public <T> CompletableFuture<T> run(Transfer transfer, Supplier<CompletableFuture<T>> attempt) {
    CompletableFuture<T> result = new CompletableFuture<>();
    run(transfer, attempt, 1, result);
    return result;
  }

  private <T> void run(
      Transfer transfer,
      Supplier<CompletableFuture<T>> attempt,
      int number,
      CompletableFuture<T> result) {
    CompletableFuture<T> running;
    try {
      running = attempt.get();
    } catch (RuntimeException | Error e) {
      // Whoever waits must learn of it: this may be a thread that nobody sees.
      running = CompletableFuture.failedFuture(e);
    }
    var _ =
        running.whenComplete(
            (value, failure) -> {
              if (failure == null || ServiceFault.of(Failures.root(failure)) != null) {
                reached = true;
              }
              if (failure == null) {
                budget.getAndUpdate(before -> Math.min(BUDGET, before + 1));
                result.complete(value);
              } else if (number < attemptCount(failure)
                  && !closed
                  && !transfer.isCancelled()
                  && Failures.isTransient(failure)) {
                later(
                    spend() ? delayMillis(number, failure) : LONGEST_MILLIS,
                    () -> again(transfer, attempt, number + 1, failure, result),
                    failure,
                    result);
              } else {
                result.completeExceptionally(closed ? closedStore(failure) : failure);
              }
            });
  }

  /** What was given up during the pause is not asked for once more. */
  private <T> void again(
      Transfer transfer,
      Supplier<CompletableFuture<T>> attempt,
      int number,
      Throwable failure,
      CompletableFuture<T> result) {
    if (transfer.isCancelled()) {
      result.completeExceptionally(failure);
    } else {
      retriedCount.incrementAndGet();
      run(transfer, attempt, number, result);
    }
  }

  /** Does it behind a pause, unless the store is closed meanwhile or no thread can be had. */
  private void later(long millis, Runnable again, Throwable failure, CompletableFuture<?> result) {
    Object ticket = new Object();
    waiting.put(ticket, result);
    try {
      CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS)
          .execute(
              () -> {
                if (waiting.remove(ticket) != null) {
                  again.run();
                }
              });
    } catch (RuntimeException | Error e) {
      failure.addSuppressed(e);
      if (waiting.remove(ticket) != null) {
        result.completeExceptionally(failure);
      }
    }
    if (closed && waiting.remove(ticket) != null) {
      result.completeExceptionally(closedStore(failure));
    }
  }

  /**
   * A name or a port that never answered is rather a wrong one than a server that restarts; bytes
   * that stay wrong will not be right when the server was away.
   */
  private int attemptCount(Throwable failure) {
    return (reached || !Failures.isUnreachable(failure)) && !Failures.isCorrupt(failure)
        ? attemptCount
        : Math.min(attemptCount, SHORT_ATTEMPT_COUNT);
  }

  /** Returns whether something that failed without a fault of its requests may be done again. */
  public boolean again() {
    if (!spend()) {
      return false;
    }
    retriedCount.incrementAndGet();
    return true;
  }

  private boolean spend() {
    return budget.getAndUpdate(before -> before < COST ? before : before - COST) >= COST;
  }

  private static long delayMillis(int number, Throwable failure) {
    long base = Failures.isThrottled(failure) ? THROTTLED_BASE_MILLIS : BASE_MILLIS;
    long most = Math.min(LONGEST_MILLIS, base << Math.min(number, 20));
    return ThreadLocalRandom.current().nextLong(most / 2, most + 1);
  }
}
