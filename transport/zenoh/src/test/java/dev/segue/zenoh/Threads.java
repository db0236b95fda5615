package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.function.Executable;

/** Threads of tests, daemons, so that a stuck one doesn't keep the JVM; and what calls throw. */
final class Threads {
  private Threads() {}

  interface Body {
    void run() throws Exception;
  }

  static Thread start(Body body) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                body.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
  }

  /** What a call on a thread of its own gives. */
  static <T> CompletableFuture<T> call(Callable<T> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(body.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  /** What a call on another thread threw. */
  static Throwable failureOf(CompletableFuture<?> call) throws Exception {
    try {
      Object result = call.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("no failure, but " + result);
    } catch (ExecutionException e) {
      return Objects.requireNonNull(e.getCause());
    }
  }

  /** The message of what a call on this thread throws. */
  static String messageOf(Class<? extends Throwable> type, Executable call) {
    return Objects.requireNonNull(assertThrows(type, call).getMessage());
  }
}
