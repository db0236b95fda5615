package dev.segue.iceoryx2;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What other threads come to. */
final class Threads {
  private Threads() {}

  interface Step<T extends @Nullable Object> {
    T run() throws Exception;
  }

  /** What another thread comes to; it has begun when this returns. */
  static <T extends @Nullable Object> CompletableFuture<T> started(Step<T> step)
      throws InterruptedException {
    CompletableFuture<T> outcome = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              begun.countDown();
              try {
                outcome.complete(step.run());
              } catch (Throwable e) {
                outcome.completeExceptionally(e);
              }
            });
    begun.await();
    return outcome;
  }

  static <T> T result(CompletableFuture<T> outcome) throws Exception {
    return outcome.get(Nodes.LONG.toSeconds(), TimeUnit.SECONDS);
  }

  static void assertFails(Class<? extends Throwable> type, CompletableFuture<?> outcome) {
    ExecutionException failed = assertThrows(ExecutionException.class, () -> result(outcome));
    assertInstanceOf(type, failed.getCause());
  }
}
