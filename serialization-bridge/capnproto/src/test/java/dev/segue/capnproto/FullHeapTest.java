package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.FullHeap;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Messages that the heap has no room for. */
class FullHeapTest {

  /** What the other JVM does. */
  static final class Program {
    private static final int CAPACITY = 1 << 16;
    private static final int WARM_UP_COUNT = 5;
    private static final int MOST_ROOMS = 400;

    private Program() {}

    private static void build(OffHeapPool pool) {
      try (LoanMessage message = LoanMessage.of(pool, pool, 64);
          CapturedData pixels = CapturedData.of(pool, 5000)) {
        CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
        message.embed(pixels, 5000, frame::initPixels);
        // Beyond the first segment.
        frame.initFrameId(200);
        message.handOver();
      }
    }

    private static void awaitAll(OffHeapPool pool) {
      // All of the pool is lent at once, so it waits until all of it has come back.
      try (var all = pool.tryLoan(CAPACITY, Duration.ofSeconds(30)).orElseThrow()) {
        assertEquals(CAPACITY, all.byteSize());
      }
    }

    public static void main(String[] arguments) {
      OffHeapPool pool = new OffHeapPool(CAPACITY);
      for (int i = 0; i < WARM_UP_COUNT; i++) {
        build(pool);
        awaitAll(pool);
      }
      FullHeap heap = new FullHeap();
      int failureCount = heap.tryEach(MOST_ROOMS, () -> build(pool)).size();
      awaitAll(pool);
      System.out.println(failureCount > 0 ? "all is back" : "the heap was never full");
    }
  }

  @Test
  void aMessageThatTheHeapHasNoRoomForLosesNoLoan() throws Exception {
    try (ChildProcess process =
        new ChildProcess(new ProcessBuilder(FullHeap.command(Program.class)))) {
      process.line("all is back");
      assertEquals(0, process.exitCode());
    }
  }
}
