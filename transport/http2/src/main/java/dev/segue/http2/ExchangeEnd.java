package dev.segue.http2;

import dev.segue.bytes.spi.HoldCount;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Comes when an exchange is over and the last of what it lent has been written or dropped: held by
 * each region that is lent, until it is written, and by the exchange itself, which closes it when
 * it is over. Any thread.
 */
final class ExchangeEnd extends HoldCount {
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

  @Override
  protected void ended() {
    Runnable first = action;
    if (first != null) {
      first.run();
    }
    reached.complete(null);
  }

  @Override
  public String toString() {
    return "the end of an exchange";
  }
}
