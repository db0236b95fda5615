package dev.segue.objectstore.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a request is tried again. */
@Timeout(60)
class RetryTest {
  /** An upload that is ended in the pause would be begun behind its end, and nobody would know. */
  @Test
  void whatIsGivenUpInThePauseIsNotAskedForOnceMore() throws Exception {
    Retry retry = new Retry(10);
    // Without a budget the pause is the longest.
    boolean hasBudget;
    do {
      hasBudget = retry.again();
    } while (hasBudget);
    int before = retry.retriedCount();
    AtomicInteger count = new AtomicInteger();
    Transfer transfer = new Transfer();
    CompletableFuture<String> result =
        retry.run(
            transfer,
            () -> {
              count.incrementAndGet();
              return CompletableFuture.failedFuture(new IOException("the store is away"));
            });
    transfer.cancel();
    ExecutionException failed = assertThrows(ExecutionException.class, result::get);
    assertInstanceOf(IOException.class, failed.getCause());
    assertEquals(1, count.get());
    assertEquals(before, retry.retriedCount());
  }
}
