package dev.segue.bytes;

import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.LoanMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LoanPool} of ordinary off-heap memory of this process, reused by size.
 *
 * <p>Blocks are powers of two from 4 KiB, page-aligned, allocated when first needed and kept until
 * the pool is closed or {@linkplain #trim() trimmed}; if free blocks of other sizes use up the
 * capacity, as many of them as needed are freed. Memory is allocated and freed on the calling
 * thread, and no other thread waits for that.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, and for what is lent until its last lease
 * ends. Threads: any.
 */
public final class OffHeapPool implements LoanPool {
  private static final long SMALLEST_BLOCK = 4096;

  /** To end an arena is a handshake with every thread. */
  private static final int MOST_TRIMMED = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final TreeMap<Long, IdleBlocks> free = new TreeMap<>();
  private final long capacity;
  private long allocated;
  private long idle;
  private boolean closed;

  private record Block(Arena arena, MemorySegment memory, MemorySegment readOnly) {
    Block(Arena arena, MemorySegment memory) {
      this(arena, memory, memory.asReadOnly());
    }

    long byteSize() {
      return memory.byteSize();
    }
  }

  /** Idle blocks of one size, the one that was used last in front. */
  private static final class IdleBlocks {
    private final ArrayDeque<Block> blocks = new ArrayDeque<>();

    /** The number that stayed idle since the last {@link OffHeapPool#trim()}. */
    private int unusedCount;

    @Nullable Block take() {
      Block block = blocks.poll();
      unusedCount = Math.min(unusedCount, blocks.size());
      return block;
    }
  }

  /**
   * Room of a size that was taken from the account under the lock: an idle block, or blocks to free
   * and one to allocate, which is done without it.
   */
  private record Room(@Nullable Block ready, List<Block> dropped) {}

  private final class PooledMemory extends LoanMemory {
    private final Block block;
    private final long byteSize;

    PooledMemory(Block block, long byteSize) {
      this.block = block;
      this.byteSize = byteSize;
    }

    @Override
    public long byteSize() {
      return byteSize;
    }

    @Override
    public MemorySegment memory() {
      return block.memory().asSlice(0, byteSize);
    }

    @Override
    public MemorySegment readOnly(long wanted) {
      return block.readOnly().asSlice(0, wanted);
    }

    @Override
    protected void free() {
      giveBack(block);
    }

    @Override
    public String toString() {
      return "Loan[byteSize=" + byteSize + "]";
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
    Room taken;
    lock.lock();
    try {
      taken = take(blockSize);
    } finally {
      lock.unlock();
    }
    return loanOf(taken, blockSize, byteSize);
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    long blockSize = blockSize(byteSize);
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    Room taken;
    lock.lock();
    try {
      taken = take(blockSize);
      while (taken == null && nanos > 0) {
        nanos = room.awaitNanos(nanos);
        taken = take(blockSize);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
    return loanOf(taken, blockSize, byteSize);
  }

  private Optional<Loan> loanOf(@Nullable Room taken, long blockSize, long byteSize) {
    if (taken == null) {
      return Optional.empty();
    }
    Block block = taken.ready();
    return Optional.of(
        new Loan(
            new PooledMemory(
                block == null ? allocate(blockSize, taken.dropped()) : block, byteSize)));
  }

  /** Without the lock: it zeroes the memory, and ends arenas, which is a handshake each. */
  private Block allocate(long blockSize, List<Block> dropped) {
    boolean made = false;
    try {
      freeAll(dropped);
      Arena arena = Arena.ofShared();
      Block block = new Block(arena, arena.allocate(blockSize, SMALLEST_BLOCK));
      made = true;
      return block;
    } finally {
      if (!made) {
        cancelAllocation(blockSize);
      }
    }
  }

  private void cancelAllocation(long blockSize) {
    lock.lock();
    try {
      allocated -= blockSize;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private long blockSize(long byteSize) {
    if (byteSize <= 0 || byteSize > capacity) {
      throw new IllegalArgumentException(
          "loan of byteSize=" + byteSize + ": positive, at most capacityByteSize=" + capacity);
    }
    long power =
        byteSize <= SMALLEST_BLOCK ? SMALLEST_BLOCK : Long.highestOneBit(byteSize - 1) << 1;
    return power < 0 ? capacity : Math.min(power, capacity);
  }

  private @Nullable Room take(long blockSize) {
    if (closed) {
      throw new IllegalStateException("loan from an OffHeapPool: it is closed");
    }
    IdleBlocks ready = free.get(blockSize);
    Block block = ready == null ? null : ready.take();
    if (block != null) {
      idle -= blockSize;
      return new Room(block, List.of());
    }
    if (allocated - idle + blockSize > capacity) {
      return null;
    }
    List<Block> dropped = dropIdle(allocated + blockSize - capacity);
    allocated += blockSize;
    return new Room(null, dropped);
  }

  /** Takes idle blocks of at least so many bytes from the account, the largest first. */
  private List<Block> dropIdle(long byteSize) {
    List<Block> dropped = new ArrayList<>(0);
    long left = byteSize;
    while (left > 0 && !free.isEmpty()) {
      Block block = free.lastEntry().getValue().take();
      if (block == null) {
        free.pollLastEntry();
        continue;
      }
      left -= block.byteSize();
      drop(block, dropped);
    }
    return dropped;
  }

  private void drop(Block block, List<Block> dropped) {
    dropped.add(block);
    allocated -= block.byteSize();
    idle -= block.byteSize();
  }

  /**
   * Frees blocks that were not used since the last call, the largest first and at most 1,024 of
   * them. Called periodically, it returns the memory that a burst needed.
   *
   * @return how many bytes were freed
   */
  public long trim() {
    List<Block> dropped = new ArrayList<>();
    lock.lock();
    try {
      Iterator<IdleBlocks> sizes = free.descendingMap().values().iterator();
      while (sizes.hasNext()) {
        IdleBlocks each = sizes.next();
        while (each.unusedCount > 0 && dropped.size() < MOST_TRIMMED) {
          each.unusedCount--;
          drop(each.blocks.removeLast(), dropped);
        }
        each.unusedCount = each.blocks.size();
      }
    } finally {
      lock.unlock();
    }
    freeAll(dropped);
    return dropped.stream().mapToLong(Block::byteSize).sum();
  }

  /** Nobody holds them, so that nothing can be using their arenas. */
  private static void freeAll(List<Block> blocks) {
    Every.forEach(blocks, block -> block.arena().close());
  }

  private void giveBack(Block block) {
    List<Block> dropped;
    lock.lock();
    try {
      free.computeIfAbsent(block.byteSize(), _ -> new IdleBlocks()).blocks.push(block);
      idle += block.byteSize();
      dropped = closed ? dropIdle(Long.MAX_VALUE) : List.of();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    freeAll(dropped);
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
    List<Block> dropped;
    lock.lock();
    try {
      closed = true;
      dropped = dropIdle(Long.MAX_VALUE);
      room.signalAll();
    } finally {
      lock.unlock();
    }
    freeAll(dropped);
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      return "OffHeapPool[capacityByteSize="
          + capacity
          + ", availableByteSize="
          + (capacity - allocated + idle)
          + ", lentByteSize="
          + (allocated - idle)
          + (closed ? ", closed]" : "]");
    } finally {
      lock.unlock();
    }
  }
}
