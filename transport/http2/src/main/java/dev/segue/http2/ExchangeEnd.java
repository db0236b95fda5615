package dev.segue.http2;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Comes when an exchange is over and the last of what it lent has been written or dropped. Any
 * thread.
 */
final class ExchangeEnd {
  private final AtomicInteger holds = new AtomicInteger(1);
  private final CompletableFuture<Void> reached = new CompletableFuture<>();

  /** Seen by who reaches the end, since the exchange itself is over after it was set. */
  private @Nullable Runnable action;

  /** Runs that at the end, before all who wait for it; for who made the exchange, once. */
  void whenReached(Runnable first) {
    action = first;
  }

  CompletionStage<Void> reached() {
    return reached.minimalCompletionStage();
  }

  boolean isReached() {
    return reached.isDone();
  }

  /** One region more is lent; false if the end was before, when nothing is sent any more. */
  boolean acquire() {
    int before;
    do {
      before = holds.get();
      if (before == 0) {
        return false;
      }
    } while (!holds.compareAndSet(before, before + 1));
    return true;
  }

  /** The exchange itself is over, once, or a region. */
  void release() {
    int left = holds.decrementAndGet();
    assert left >= 0 : "more ends than begins of an exchange";
    if (left == 0) {
      Runnable first = action;
      if (first != null) {
        first.run();
      }
      reached.complete(null);
    }
  }
}
