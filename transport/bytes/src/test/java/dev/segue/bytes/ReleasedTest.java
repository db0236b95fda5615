package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** {@code released()} and {@code awaitReleased()} as seen by whoever waits. */
class ReleasedTest {
  private final SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[8]);

  @Test
  void aDependentThatBlocksStopsNeitherTheLeaseNorAnotherDependent() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Lend.begin(bytes);
    CompletableFuture<Void> blocked =
        bytes
            .released()
            .thenRun(
                () -> {
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                })
            .toCompletableFuture();
    CompletableFuture<Void> other = bytes.released().thenRun(() -> {}).toCompletableFuture();
    Lend.end(bytes);
    other.get();
    assertFalse(blocked.isDone());
    never.countDown();
    blocked.get();
  }

  @Test
  void theMemoryIsBackWhenAnyOfSeveralWhoEndLeasesSeesItReleased() throws InterruptedException {
    int roundCount = 5_000;
    try (OffHeapPool pool = new OffHeapPool(4096)) {
      SegmentedBytes[] lent = new SegmentedBytes[1];
      Threads.Round end =
          _ -> {
            SegmentedBytes mine = lent[0];
            Lend.end(mine);
            if (!mine.isLent()) {
              assertEquals(4096, pool.availableByteSize());
            }
          };
      for (int i = 0; i < roundCount / 100; i++) {
        for (int round = 0; round < 100; round++) {
          try (Loan loan = pool.loan(8)) {
            lent[0] = loan.handOver();
            Lend.begin(lent[0]);
            Lend.begin(lent[0]);
          }
          if (round == 0) {
            Threads.race(1, end, end);
          } else {
            FutureTask<Boolean> other =
                Threads.start(
                    () -> {
                      end.run(0);
                      return true;
                    });
            Lend.end(lent[0]);
            assertTrue(lent[0].awaitReleased(Duration.ofSeconds(60)));
            assertEquals(4096, pool.availableByteSize());
            assertTrue(Threads.join(other));
          }
        }
      }
    }
  }

  @Test
  void awaitsTheEndOfTheLastLease() throws InterruptedException {
    assertTrue(bytes.awaitReleased(Duration.ZERO));
    Lend.begin(bytes);
    assertFalse(bytes.awaitReleased(Duration.ZERO));
    assertFalse(bytes.awaitReleased(Duration.ofMillis(2)));
    assertFalse(bytes.awaitReleased(Duration.ofSeconds(Long.MIN_VALUE)));
    FutureTask<Boolean> waiting =
        Threads.start(() -> bytes.awaitReleased(ChronoUnit.FOREVER.getDuration()));
    assertFalse(bytes.awaitReleased(Duration.ofMillis(2)));
    Lend.end(bytes);
    assertTrue(Threads.join(waiting));
    assertTrue(SegmentedBytes.empty().awaitReleased(Duration.ZERO));
  }

  @Test
  void anInterruptEndsTheWaiting() throws InterruptedException {
    Lend.begin(bytes);
    FutureTask<Boolean> waiting =
        Threads.start(
            () -> {
              Thread.currentThread().interrupt();
              assertThrows(
                  InterruptedException.class, () -> bytes.awaitReleased(Duration.ofSeconds(60)));
              return true;
            });
    assertTrue(Threads.join(waiting));
    Lend.end(bytes);
    assertTrue(bytes.awaitReleased(Duration.ZERO));
  }
}
