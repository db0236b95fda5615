package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An error on a thread that nobody sees, such as of memory, reaches whoever waits. */
@Timeout(60)
class AttemptErrorTest {
  private static final class NoMemory extends Error {
    private static final long serialVersionUID = 1L;
  }

  private static void assertEndsInNoMemory(CompletableFuture<?> result) {
    var ended = assertThrows(ExecutionException.class, () -> result.get(30, TimeUnit.SECONDS));
    assertInstanceOf(NoMemory.class, ended.getCause());
  }

  @Test
  void anErrorOfALaterAttemptEndsTheWait() {
    AtomicInteger attempts = new AtomicInteger();
    CompletableFuture<String> result =
        new Retry(3)
            .run(
                new Transfer(),
                () -> {
                  if (attempts.incrementAndGet() == 1) {
                    return CompletableFuture.failedFuture(new IOException("later"));
                  }
                  throw new NoMemory();
                });
    assertEndsInNoMemory(result);
    assertEquals(2, attempts.get());
  }

  @Test
  void anErrorOfOneWorkLetsThoseBehindItStart() throws Exception {
    InFlight inFlight = new InFlight(1);
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> running = inFlight.run(() -> first);
    CompletableFuture<String> second =
        inFlight.run(
            () -> {
              throw new NoMemory();
            });
    CompletableFuture<String> third =
        inFlight.run(() -> CompletableFuture.completedFuture("third"));
    first.complete("first");
    assertEquals("first", running.get(30, TimeUnit.SECONDS));
    assertEquals("third", third.get(30, TimeUnit.SECONDS));
    assertEndsInNoMemory(second);
  }
}
