package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The JDK refuses to free memory that one of its own channels is writing from. */
class BusyMemoryTest {
  private static final int BYTE_SIZE = 1 << 20; // more than a pipe takes

  private final Pipe pipe;
  private final FutureTask<Long> busy;
  private final LendingArena arena = new LendingArena();
  private final OffHeapPool pool = new OffHeapPool(2 * BYTE_SIZE);
  private final SegmentedBytes ofPool;

  BusyMemoryTest() throws Exception {
    pipe = Pipe.open();
    SegmentedBytes ofArena =
        SegmentedBytes.fromSegments(List.of(arena.allocate(BYTE_SIZE).asReadOnly()), false);
    try (Loan loan = pool.loan(BYTE_SIZE)) {
      ofPool = loan.handOver();
    }
    SegmentedBytes both = SegmentedBytes.concat(List.of(ofPool, ofArena));
    ByteBuffer[] buffers = both.asByteBuffers().toArray(ByteBuffer[]::new);
    busy =
        Threads.start(
            () -> {
              try (Pipe.SinkChannel sink = pipe.sink()) {
                return sink.write(buffers);
              }
            });
    ByteBuffer one = ByteBuffer.allocate(1);
    while (one.hasRemaining()) {
      assertEquals(1, pipe.source().read(one)); // the write is under way as soon as a byte comes
    }
  }

  private void endWrite() throws InterruptedException, IOException {
    ByteBuffer rest = ByteBuffer.allocate(BYTE_SIZE);
    while (pipe.source().read(rest) >= 0) {
      rest.clear();
    }
    assertTrue(Threads.join(busy) > 0);
  }

  @AfterEach
  void closePipe() throws IOException {
    pipe.source().close();
    pipe.sink().close();
  }

  @Test
  void anArenaStaysUntilItIsClosedAgain() throws Exception {
    arena.close();
    arena.close();
    assertFalse(arena.isFreed());
    assertFalse(arena.close(Duration.ofMillis(1)));
    assertThrows(IllegalStateException.class, () -> arena.allocate(1));
    endWrite();
    arena.close();
    assertTrue(arena.isFreed());
  }

  @Test
  void closeWithATimeoutTriesAgainAtItsEnd() throws Exception {
    arena.close();
    endWrite();
    assertTrue(arena.close(Duration.ofMillis(1)));
  }

  @Test
  void aPoolKeepsABusyBlockAndItsAccount() throws Exception {
    assertTrue(pool.tryLoan(2 * BYTE_SIZE).isEmpty());
    assertEquals(2 * BYTE_SIZE, pool.availableByteSize());
    pool.loan(BYTE_SIZE).close();
    endWrite();
    pool.loan(2 * BYTE_SIZE).close();
    pool.close();
  }

  @Test
  void aPoolThatClosesFreesABusyBlockWhenItIsClosedAgain() throws Exception {
    pool.close();
    assertEquals(0, ofPool.byteAt(0));
    endWrite();
    pool.close();
    assertThrows(IllegalStateException.class, () -> ofPool.byteAt(0));
  }
}
