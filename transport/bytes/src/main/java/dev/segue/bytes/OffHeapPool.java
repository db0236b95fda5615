package dev.segue.bytes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LoanPool} of ordinary off-heap memory of this process, reused by size.
 *
 * <p>Blocks are powers of two from 4 KiB, page-aligned, allocated when first needed and kept until
 * the pool is closed; when the capacity is used up by free blocks of other sizes, those are freed.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, and for what is lent until its last lease
 * ends. Threads: any.
 */
public final class OffHeapPool implements LoanPool {
  private static final long SMALLEST_BLOCK = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Map<Long, ArrayDeque<Block>> free = new HashMap<>();
  private final long capacity;
  private long allocated;
  private long idle;
  private boolean closed;

  private record Block(Arena arena, MemorySegment memory) {}

  private final class PooledLoan extends Loan {
    private final Block block;

    PooledLoan(Block block, long byteSize) {
      super(block.memory().asSlice(0, byteSize));
      this.block = block;
    }

    @Override
    protected void free() {
      giveBack(block);
    }
  }

  /**
   * A pool that gives out at most {@code capacityByteSize} bytes of blocks at a time.
   *
   * @throws IllegalArgumentException if {@code capacityByteSize} is below 4096
   */
  public OffHeapPool(long capacityByteSize) {
    if (capacityByteSize < SMALLEST_BLOCK) {
      throw new IllegalArgumentException(
          "pool of capacityByteSize=" + capacityByteSize + ": at least " + SMALLEST_BLOCK);
    }
    this.capacity = capacityByteSize;
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    long blockSize = blockSize(byteSize);
    lock.lock();
    try {
      return loanOf(take(blockSize), byteSize);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    long blockSize = blockSize(byteSize);
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lock();
    try {
      Block block = take(blockSize);
      while (block == null && nanos > 0) {
        nanos = room.awaitNanos(nanos);
        block = take(blockSize);
      }
      return loanOf(block, byteSize);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Loan> loanOf(@Nullable Block block, long byteSize) {
    if (block == null) {
      return Optional.empty();
    }
    boolean made = false;
    try {
      Loan loan = new PooledLoan(block, byteSize);
      made = true;
      return Optional.of(loan);
    } finally {
      if (!made) { // native access denied, or no memory
        giveBack(block);
      }
    }
  }

  private long blockSize(long byteSize) {
    if (byteSize <= 0 || byteSize > capacity) {
      throw new IllegalArgumentException(
          "loan of byteSize=" + byteSize + ": positive, at most capacityByteSize=" + capacity);
    }
    long power =
        byteSize <= SMALLEST_BLOCK ? SMALLEST_BLOCK : Long.highestOneBit(byteSize - 1) << 1;
    return Math.min(power, capacity);
  }

  private @Nullable Block take(long blockSize) {
    if (closed) {
      throw new IllegalStateException("loan from an OffHeapPool: it is closed");
    }
    ArrayDeque<Block> ready = free.get(blockSize);
    if (ready != null && !ready.isEmpty()) {
      idle -= blockSize;
      return ready.pop();
    }
    if (allocated + blockSize > capacity && allocated - idle + blockSize <= capacity) {
      dropIdle();
    }
    if (allocated + blockSize > capacity) {
      return null;
    }
    Arena arena = Arena.ofShared();
    Block block = new Block(arena, arena.allocate(blockSize, SMALLEST_BLOCK));
    allocated += blockSize;
    return block;
  }

  private void dropIdle() {
    for (ArrayDeque<Block> blocks : free.values()) {
      blocks.removeIf(this::isFreed);
    }
    free.values().removeIf(ArrayDeque::isEmpty);
  }

  /** Frees an idle block, unless a channel of the JDK is just writing from it. */
  private boolean isFreed(Block block) {
    try {
      block.arena().close();
    } catch (IllegalStateException _) {
      return false;
    }
    allocated -= block.memory().byteSize();
    idle -= block.memory().byteSize();
    return true;
  }

  private void giveBack(Block block) {
    long blockSize = block.memory().byteSize();
    lock.lock();
    try {
      free.computeIfAbsent(blockSize, size -> new ArrayDeque<>()).push(block);
      idle += blockSize;
      if (closed) {
        dropIdle();
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long capacityByteSize() {
    return capacity;
  }

  @Override
  public long availableByteSize() {
    lock.lock();
    try {
      return capacity - allocated + idle;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      dropIdle();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
