package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Threads that wait for room in a pool. */
class OffHeapPoolWaitTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final OffHeapPool pool = new OffHeapPool(4096);
  private final Loan taken = pool.loan(4096);

  private record Waiting<T>(Thread thread, FutureTask<T> task) {}

  private static <T> Waiting<T> waiting(Callable<T> action) throws InterruptedException {
    FutureTask<T> task = new FutureTask<>(action);
    Thread thread = new Thread(task, "waits for a loan");
    thread.setDaemon(true);
    thread.start();
    Threads.awaitBlocked(thread);
    return new Waiting<>(thread, task);
  }

  private Boolean takesALoan() {
    Optional<Loan> loan = pool.tryLoan(100, LONG);
    loan.ifPresent(Loan::close);
    return loan.isPresent();
  }

  @Test
  void aWaiterGetsTheLoanThatComesBack() throws InterruptedException {
    Waiting<Boolean> waiting = waiting(this::takesALoan);
    taken.close();
    assertTrue(Threads.join(waiting.task()));
    assertEquals(4096, pool.availableByteSize());
  }

  @Test
  void everyWaiterGetsItsTurn() throws InterruptedException {
    Waiting<Boolean> first = waiting(this::takesALoan);
    Waiting<Boolean> second = waiting(this::takesALoan);
    taken.close();
    assertTrue(Threads.join(first.task()));
    assertTrue(Threads.join(second.task()));
  }

  @Test
  void aWaiterGetsTheMemoryOfALeaseThatEndsOnAnotherThread() throws InterruptedException {
    SegmentedBytes bytes = taken.handOver();
    Lend.begin(bytes);
    taken.close();
    Waiting<Boolean> waiting = waiting(this::takesALoan);
    Threads.run(() -> Lend.end(bytes));
    assertTrue(Threads.join(waiting.task()));
  }

  @Test
  void anInterruptedWaiterGetsNothingAndStaysInterrupted() throws InterruptedException {
    Waiting<Boolean> waiting =
        waiting(() -> pool.tryLoan(1, LONG).isEmpty() && Thread.currentThread().isInterrupted());
    waiting.thread().interrupt();
    assertTrue(Threads.join(waiting.task()));
    taken.close();
    assertEquals(4096, pool.availableByteSize());
  }

  @Test
  void aWaiterOfAPoolThatClosesEndsWithAnIllegalState() throws InterruptedException {
    Waiting<IllegalStateException> waiting =
        waiting(() -> assertThrows(IllegalStateException.class, () -> pool.tryLoan(1, LONG)));
    pool.close();
    assertEquals(
        "loan from an OffHeapPool: it is closed", Threads.join(waiting.task()).getMessage());
    taken.close();
  }

  /** Zeroing memory and ending arenas take long: what is given back meanwhile waits for neither. */
  @Test
  void noThreadHoldsALockOfThePoolWhileItAllocatesOrFrees() throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    OffHeapPool large = new OffHeapPool(1 << 26);
    FutureTask<Boolean> user =
        new FutureTask<>(
            () -> {
              while (!stop.get()) {
                // Of two sizes, so that each frees the block of the other.
                large.loan(1 << 26).close();
                large.loan(1 << 25).close();
              }
              return true;
            });
    Thread thread = new Thread(user, "allocates");
    thread.setDaemon(true);
    thread.start();
    int seen = 0;
    while (seen < 10) {
      assertFalse(user.isDone());
      ThreadInfo info =
          ManagementFactory.getThreadMXBean()
              .getThreadInfo(new long[] {thread.threadId()}, false, true)[0];
      if (Arrays.stream(info.getStackTrace()).anyMatch(OffHeapPoolWaitTest::takesLong)) {
        assertEquals(List.of(), List.of(info.getLockedSynchronizers()), info.toString());
        seen++;
      }
    }
    stop.set(true);
    assertTrue(Threads.join(user));
    large.close();
  }

  private static boolean takesLong(StackTraceElement frame) {
    return frame.getClassName().equals(OffHeapPool.class.getName())
        && (frame.getMethodName().equals("allocate") || frame.getMethodName().equals("freeAll"));
  }

  @Test
  void manyThreadsShareASmallPoolAndNoTwoHoldTheSameMemory() throws InterruptedException {
    taken.close();
    AtomicInteger holderCount = new AtomicInteger();
    Threads.Round user =
        round -> {
          try (Loan loan = pool.tryLoan(1 + round % 4096, LONG).orElseThrow()) {
            assertEquals(1, holderCount.incrementAndGet());
            loan.segment().fill((byte) round);
            SegmentedBytes bytes = loan.handOver();
            Lend.begin(bytes);
            assertEquals((byte) round, bytes.byteAt(bytes.byteSize() - 1));
            holderCount.decrementAndGet();
            Lend.end(bytes);
          }
        };
    Threads.race(2_000, user, user, user);
    assertEquals(4096, pool.availableByteSize());
    pool.close();
  }
}
