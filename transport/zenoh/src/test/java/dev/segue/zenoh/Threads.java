package dev.segue.zenoh;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Threads of tests: daemons, so that a stuck one doesn't keep the JVM. */
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

  /** What a call threw, or null if it didn't. */
  static Throwable failureOf(CompletableFuture<?> call) throws Exception {
    try {
      Object result = call.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("no failure, but " + result);
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }
}
