package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.spi.Lend;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.FullHeap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A JVM whose heap is full again and again, as of an application that bears it. */
class FullHeapTest {

  /** What the other JVM does. */
  static final class Program {
    private static final int[] BYTE_SIZES = {1 << 20, 1 << 16, 1 << 12, 1 << 9, 1 << 6, 16, 16};
    private static final int FEWEST_FAILURES = 60;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final Object[] KEPT = new Object[400_000];

    private static volatile boolean isOver;

    private Program() {}

    /** Fills the heap to its last bytes, and lets go of some of it. */
    private static void fill() {
      Random random = new Random(20);
      int count = 0;
      while (!isOver) {
        for (int byteSize : BYTE_SIZES) {
          try {
            while (!isOver && count < KEPT.length) {
              KEPT[count] = new byte[byteSize];
              count++;
            }
          } catch (OutOfMemoryError _) {
            // That is what it is for.
          }
        }
        for (int i = random.nextInt(1 << random.nextInt(14)); i >= 0 && count > 0; i--) {
          KEPT[--count] = null;
        }
        LockSupport.parkNanos(100_000);
      }
    }

    private static void loan(OffHeapPool pool, long byteSize) {
      Optional<Loan> given = pool.tryLoan(byteSize);
      if (given.isPresent()) {
        try (Loan loan = given.get()) {
          loan.segment().fill((byte) 1);
          loan.handOver().byteAt(0);
        }
      }
    }

    public static void main(String[] arguments) throws InterruptedException {
      OffHeapPool pool = new OffHeapPool(64 << 10);
      for (int i = 0; i < 1_000; i++) {
        loan(pool, 1 + i % (64 << 10));
      }
      // No class is to be loaded for the first time while the heap is full: it would stay broken.
      System.err.println(report(pool));
      Thread filler = Thread.ofPlatform().daemon().start(Program::fill);
      long begin = System.nanoTime();
      int failureCount = 0;
      for (int i = 0;
          failureCount < FEWEST_FAILURES && System.nanoTime() - begin < LONGEST_NANOS;
          i++) {
        try {
          loan(pool, 1 + i % (64 << 10));
        } catch (RuntimeException | Error _) {
          // Not of that alone: javac's own code suppresses one of these errors with itself.
          failureCount++;
        }
      }
      isOver = true;
      filler.join();
      // Not by the filler, which may have ended of it.
      Arrays.fill(KEPT, null);
      System.out.print(report(pool));
    }

    private static String report(OffHeapPool pool) {
      return "available " + pool.availableByteSize();
    }
  }

  @Test
  void aPoolLosesNoMemoryToLoansThatTheHeapHasNoRoomFor() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xmx16m",
            "-cp",
            System.getProperty("java.class.path"),
            Program.class.getName());
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals("available " + (64 << 10), output);
  }

  /** Leases that end while the heap has room for no object, for one, and so on. */
  static final class Ends {
    private static final int ROUND_COUNT = 60;

    /** Nothing is loaded or linked for the first time later. */
    private static final int WARM_UP_COUNT = 5;

    private Ends() {}

    private static void fill(FullHeap heap, int round) {
      if (round >= 0) {
        heap.fill(round * 16);
      }
    }

    public static void main(String[] arguments) throws Exception {
      FullHeap heap = new FullHeap();
      OffHeapPool pool = new OffHeapPool(4096);
      for (int i = -WARM_UP_COUNT; i < ROUND_COUNT; i++) {
        CompletableFuture<Void> released;
        SegmentedBytes bytes;
        try (Loan loan = pool.loan(100)) {
          loan.sharedSegment().fill((byte) 1);
          bytes = loan.handOver();
          assertEquals(1, bytes.segments().size());
          Lend.begin(bytes);
          Lend.begin(bytes);
          released = bytes.released().toCompletableFuture();
        }
        fill(heap, i);
        try {
          Lend.end(bytes);
          Lend.end(bytes);
        } finally {
          heap.free();
        }
        released.get(30, TimeUnit.SECONDS);
        assertEquals(4096, pool.availableByteSize());
      }
      for (int i = -WARM_UP_COUNT; i < ROUND_COUNT; i++) {
        Loan loan = pool.loan(100);
        loan.sharedSegment().fill((byte) 1);
        fill(heap, i);
        try {
          loan.close();
        } finally {
          heap.free();
        }
        try (Loan next = pool.tryLoan(100, Duration.ofSeconds(30)).orElseThrow()) {
          next.segment().fill((byte) 2);
        }
      }
      System.out.println("all are back");
    }
  }

  @Test
  void aLeaseThatEndsWhileTheHeapIsFullIsToldAndItsMemoryIsBack() throws Exception {
    try (ChildProcess process =
        new ChildProcess(new ProcessBuilder(FullHeap.command(Ends.class)))) {
      process.line("all are back");
      assertEquals(0, process.exitCode());
    }
  }
}
