package dev.segue.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
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
  private final Loan loan = pool.loan(BYTE_SIZE);
  private final SegmentedBytes ofPool;

  BusyMemoryTest() throws Exception {
    pipe = Pipe.open();
    SegmentedBytes ofArena =
        SegmentedBytes.fromSegments(List.of(arena.allocate(BYTE_SIZE).asReadOnly()), false);
    ofPool = loan.handOver();
    SegmentedBytes both = SegmentedBytes.concat(List.of(ofPool, ofArena));
    ByteBuffer[] buffers = both.asByteBuffers().toArray(ByteBuffer[]::new);
    busy = startWrite(pipe, buffers);
  }

  private static FutureTask<Long> startWrite(Pipe pipe, ByteBuffer... buffers) throws IOException {
    FutureTask<Long> write =
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
    return write;
  }

  private void endWrite() throws InterruptedException, IOException {
    endWrite(pipe, busy);
  }

  private static void endWrite(Pipe pipe, FutureTask<Long> write)
      throws InterruptedException, IOException {
    ByteBuffer rest = ByteBuffer.allocate(BYTE_SIZE);
    while (pipe.source().read(rest) >= 0) {
      rest.clear();
    }
    assertTrue(Threads.join(write) > 0);
  }

  @AfterEach
  void closePipe() throws IOException {
    pipe.source().close();
    pipe.sink().close();
  }

  private void awaitRoom(long byteSize) throws InterruptedException {
    while (pool.availableByteSize() != byteSize) {
      Thread.sleep(1);
    }
  }

  @Test
  void anArenaIsFreedByItselfWhenTheWriteEnds() throws Exception {
    arena.close();
    arena.close();
    assertFalse(arena.isFreed());
    assertFalse(arena.close(Duration.ofMillis(1)));
    assertThrows(IllegalStateException.class, () -> arena.allocate(1));
    endWrite();
    assertTrue(arena.close(Duration.ofSeconds(100)));
  }

  @Test
  void aBlockThatIsBeingWrittenFromIsNotLentAnew() throws Exception {
    loan.close();
    assertEquals(BYTE_SIZE, pool.availableByteSize());
    try (Loan other = pool.loan(BYTE_SIZE)) {
      assertTrue(pool.tryLoan(1).isEmpty());
      other.segment().fill((byte) 9);
    }
    endWrite();
    awaitRoom(2 * BYTE_SIZE);
    assertThrows(IllegalStateException.class, () -> ofPool.byteAt(0));
    pool.loan(2 * BYTE_SIZE).close();
    pool.close();
  }

  @Test
  void aPoolThatIsClosedMeanwhileStillGetsTheBlockBack() throws Exception {
    loan.close();
    pool.close();
    assertEquals(BYTE_SIZE, pool.availableByteSize());
    endWrite();
    awaitRoom(2 * BYTE_SIZE);
  }

  @Test
  void aLoanThatAChannelUsesIsNotHandedOverAndGoesBackOnlyAfterwards() throws Exception {
    Loan filling = pool.loan(BYTE_SIZE);
    ByteBuffer shared = filling.sharedSegment().asByteBuffer();
    Pipe other = Pipe.open();
    FutureTask<Long> write = startWrite(other, shared.duplicate());
    IllegalStateException refusal = assertThrows(IllegalStateException.class, filling::handOver);
    assertEquals(
        "hand-over of Loan[byteSize=1048576]: a channel is reading into it; wait for that first",
        refusal.getMessage());
    assertFalse(filling.isHandedOver());
    filling.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    assertThrows(IllegalStateException.class, filling::handOver);
    filling.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
    filling.close();
    filling.close();
    assertEquals(0, pool.availableByteSize());
    endWrite(other, write);
    other.source().close();
    awaitRoom(BYTE_SIZE);
    assertThrows(IllegalStateException.class, () -> shared.get(0));
    endWrite();
    loan.close();
  }
}
