package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;

/**
 * The requests that one call has in flight. A call returns to its caller, with a result or an
 * error, only when no thread is inside the caller's memory any more.
 */
public final class Transfer {
  private final Set<Runnable> evictions = new HashSet<>();
  private boolean cancelled;
  private volatile LongConsumer moved = byteCount -> {};

  /** Reports how many bytes have gone to the store each time, on any thread. */
  public void whenMoved(LongConsumer told) {
    moved = told;
  }

  /** So many bytes have gone to the store. */
  public void moved(long byteCount) {
    moved.accept(byteCount);
  }

  /** Some requests are about to enter memory; {@code eviction} gets them out and keeps them out. */
  public synchronized void entering(Runnable eviction) {
    checkNotCancelled();
    evictions.add(eviction);
  }

  /** Refuses a request of a transfer that was given up. */
  public synchronized void checkNotCancelled() {
    if (cancelled) {
      throw new CompletionException(
          new ObjectStoreException(Reason.CANCELLED, "the transfer was cancelled"));
    }
  }

  public synchronized void left(Runnable eviction) {
    evictions.remove(eviction);
  }

  public synchronized boolean isCancelled() {
    return cancelled;
  }

  /** Waits for a result; on an error or an interrupt everything else in flight ends first. */
  public <T> T await(CompletableFuture<T> result, Attempt what) throws ObjectStoreException {
    try {
      return result.get();
    } catch (InterruptedException e) {
      cancel();
      Thread.currentThread().interrupt();
      throw new ObjectStoreException(Reason.CANCELLED, what + ": the thread was interrupted", e);
    } catch (ExecutionException e) {
      cancel();
      if (Failures.root(e) instanceof InterruptedException) {
        // The SDK noticed the interrupt before this class did, and cleared it.
        Thread.currentThread().interrupt();
      }
      throw Failures.of(what, e);
    }
  }

  /** Ends everything in flight, and returns when no thread is inside the memory any more. */
  public void cancel() {
    List<Runnable> all;
    synchronized (this) {
      cancelled = true;
      all = new ArrayList<>(evictions);
    }
    all.forEach(Runnable::run);
  }
}
