package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loans of shared memory, without a publisher. */
@SuppressWarnings("try") // closes by hand
class ShmPoolTest {
  private static final long CAPACITY = 1 << 20;

  @ParameterizedTest
  @EnumSource
  void thePoolLendsItsWholeCapacityAndThenNothing(AllocPolicy policy) throws Exception {
    try (ShmPool pool = ShmPool.create(CAPACITY, policy)) {
      assertEquals(CAPACITY, pool.capacityByteSize());
      assertEquals(CAPACITY, pool.availableByteSize());
      List<Loan> loans = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        Loan loan = pool.loan(CAPACITY / 16);
        loan.segment().fill((byte) i);
        loans.add(loan);
      }
      assertEquals(0, pool.availableByteSize());
      assertTrue(pool.tryLoan(1).isEmpty());
      assertTrue(pool.tryLoan(CAPACITY).isEmpty());
      assertThrows(PoolExhaustedException.class, () -> pool.loan(1));
      for (int i = 0; i < 16; i++) {
        assertEquals((byte) i, loans.get(i).handOver().byteAt(i));
        loans.get(i).close();
      }
      assertEquals(CAPACITY, pool.collect());
      pool.loan(CAPACITY).close();
      assertEquals(CAPACITY, pool.collect());
    }
  }

  @Test
  void aPoolThatTheMachineHasNoRoomForIsRefusedAndLeavesNothing() throws Exception {
    Path folder = Path.of("/dev/shm");
    assumeTrue(Files.isDirectory(folder));
    long free = Files.getFileStore(folder).getUsableSpace();
    assumeTrue(free > 0);
    for (long capacity : new long[] {free + (1L << 44), Long.MAX_VALUE}) {
      ZenohException refused =
          assertThrows(ZenohException.class, () -> ShmPool.create(capacity).close());
      assertEquals(ZenohException.Kind.SHARED_MEMORY, refused.kind());
      try (Stream<Path> files = Files.list(folder)) {
        assertFalse(files.anyMatch(file -> file.toFile().length() > free));
      }
    }
    ShmPool.create(CAPACITY).close();
  }

  @Test
  void whatNobodyHoldsAnyMoreIsFreeAtOnce() throws Exception {
    try (ShmPool pool = ShmPool.create(4096);
        Loan kept = pool.loan(64)) {
      for (int i = 0; i < 3; i++) {
        pool.loan(1000).close();
        assertEquals(4032, pool.availableByteSize());
      }
      kept.close();
      assertEquals("ShmPool[capacity=4096, free=4096, lent=0]", pool.toString());
    }
  }

  @Test
  void whatIsFreeIsNeverMoreThanTheCapacity() throws Exception {
    try (ShmPool pool = ShmPool.create(100)) {
      assertEquals(100, pool.availableByteSize());
      assertEquals(100, pool.collect());
      assertEquals("ShmPool[capacity=100, free=100, lent=0]", pool.toString());
      pool.loan(100).close();
    }
  }

  @Test
  void collectingAndDefragmentingAreWhatThePolicySays() throws Exception {
    try (ShmPool pool = ShmPool.create(CAPACITY, AllocPolicy.JUST_ALLOC)) {
      for (int i = 0; i < 2; i++) {
        pool.loan(CAPACITY / 2).close();
      }
      assertTrue(pool.tryLoan(64).isEmpty(), "nothing collects what was closed");
      pool.tryLoan(CAPACITY / 2, AllocPolicy.COLLECT).orElseThrow().close();
      pool.tryLoan(CAPACITY, AllocPolicy.DEFRAGMENT).orElseThrow().close();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, CAPACITY + 1, Long.MAX_VALUE, Long.MIN_VALUE})
  void aLoanThatCanNeverBeIsAnIllegalArgument(long byteSize) throws Exception {
    try (ShmPool pool = ShmPool.create(CAPACITY)) {
      assertThrows(IllegalArgumentException.class, () -> pool.tryLoan(byteSize));
      assertThrows(
          IllegalArgumentException.class, () -> pool.tryLoan(byteSize, Duration.ofSeconds(1)));
      assertThrows(
          IllegalArgumentException.class, () -> pool.tryLoan(byteSize, AllocPolicy.COLLECT));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void aPoolOfNothingIsAnIllegalArgument(long byteSize) {
    assertThrows(IllegalArgumentException.class, () -> ShmPool.create(byteSize));
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 60, Long.MAX_VALUE})
  void aPoolThatTheMachineHasNoMemoryForIsAnError(long byteSize) {
    assertThrows(ZenohException.class, () -> ShmPool.create(byteSize));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 63, 64, 65, 4095, 4097})
  void aLoanHasTheVerySizeThatWasAskedFor(long byteSize) throws Exception {
    try (ShmPool pool = ShmPool.create(1 << 16);
        Loan loan = pool.loan(byteSize)) {
      assertEquals(byteSize, loan.segment().byteSize());
      assertEquals(0, loan.segment().address() % 64);
      assertEquals(byteSize, loan.handOver().byteSize());
    }
  }

  @Test
  void waitingForRoomEndsWithTheTimeOrTheRoom() throws Exception {
    try (ShmPool pool = ShmPool.create(CAPACITY)) {
      Loan all = pool.loan(CAPACITY);
      assertTrue(pool.tryLoan(1, Duration.ofMillis(50)).isEmpty());
      assertTrue(pool.tryLoan(1, Duration.ZERO).isEmpty());
      CompletableFuture<Optional<Loan>> waiting =
          Threads.call(() -> pool.tryLoan(1, Duration.ofDays(365_000)));
      Thread.sleep(50);
      assertFalse(waiting.isDone());
      all.close();
      assertTrue(waiting.get(30, TimeUnit.SECONDS).isPresent());
    }
  }

  @Test
  void waitingForRoomEndsWithAnInterruptAndWithThePool() throws Exception {
    ShmPool pool = ShmPool.create(CAPACITY);
    Loan all = pool.loan(CAPACITY);
    CompletableFuture<Boolean> interrupted =
        Threads.call(
            () -> {
              Thread.currentThread().interrupt();
              return pool.tryLoan(1, Duration.ofDays(1)).isEmpty() && Thread.interrupted();
            });
    assertTrue(interrupted.get(30, TimeUnit.SECONDS));
    CompletableFuture<Optional<Loan>> waiting =
        Threads.call(() -> pool.tryLoan(1, Duration.ofDays(1)));
    Thread.sleep(50);
    pool.close();
    assertTrue(Threads.failureOf(waiting) instanceof IllegalStateException);
    all.close();
  }

  @Test
  void aFrameAfterTheOtherHasTheSameMemory() throws Exception {
    long byteSize = CAPACITY / 8;
    try (ShmPool pool = ShmPool.create(CAPACITY)) {
      Set<Long> addresses = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        try (Loan loan = pool.loan(byteSize)) {
          addresses.add(loan.segment().address());
          loan.handOver();
        }
      }
      assertEquals(1, addresses.size());
    }
  }

  @Test
  void aLoanOutlivesItsPool() throws Exception {
    ShmPool pool = ShmPool.create(CAPACITY);
    Loan loan = pool.loan(100);
    pool.close();
    Payloads.fill(loan.segment(), 5);
    SegmentedBytes bytes = loan.handOver();
    try (ShmPool next = ShmPool.create(CAPACITY);
        Loan other = next.loan(CAPACITY)) {
      other.segment().fill((byte) 0);
      assertEquals(Payloads.random(100, 5), bytes);
    }
    loan.close();
  }

  @Test
  void aPoolThatIsClosedWithNothingLentLeavesNothingBehind() throws Exception {
    long before = sharedMemoryFiles();
    for (int i = 0; i < 20; i++) {
      ShmPool pool = ShmPool.create(CAPACITY);
      pool.loan(CAPACITY).close();
      pool.close();
    }
    assertTrue(sharedMemoryFiles() <= before + 2, () -> "files=" + sharedMemoryFiles());
  }

  static long sharedMemoryFiles() {
    String[] files = new java.io.File("/dev/shm").list();
    return files == null ? 0 : files.length;
  }

  @Test
  void aPoolSaysWhatItHas() throws Exception {
    ShmPool pool = ShmPool.create(8192);
    try (pool;
        Loan _ = pool.loan(4096)) {
      assertEquals("ShmPool[capacity=8192, free=4096, lent=4096]", pool.toString());
    }
    assertEquals("ShmPool[capacity=8192, closed]", pool.toString());
  }

  @Test
  void memoryThatWentBackIsAnExceptionThroughEveryViewAndEndsNoProcess() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (ChildJvm child = ChildJvm.start("stale")) {
        assertEquals("read=0", child.line("stale"));
        assertEquals("wrong=0", child.line("races"));
        assertEquals(0, child.exitCode());
      }
    }
  }
}
