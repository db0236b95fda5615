package dev.segue.bytes;

import dev.segue.bytes.spi.Every;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.bytes.spi.Nanos;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
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

  /** Idle blocks by the {@link #indexOf} of their size. */
  private final IdleBlocks[] free;

  private final long capacity;
  private long allocated;
  private long idle;
  private boolean closed;

  /**
   * Memory of one size. It has the links of the list that it is in, so that giving it back takes no
   * memory of a heap that may be full.
   */
  private static final class Block {
    final Arena arena;
    final MemorySegment memory;
    final MemorySegment readOnly;
    @Nullable Block newer;
    @Nullable Block older;

    Block(Arena arena, long byteSize) {
      this.arena = arena;
      this.memory = arena.allocate(byteSize, SMALLEST_BLOCK);
      this.readOnly = memory.asReadOnly();
    }

    long byteSize() {
      return memory.byteSize();
    }
  }

  /** Idle blocks of one size, by the time of their last use. */
  private static final class IdleBlocks {
    private @Nullable Block newest;
    private @Nullable Block oldest;
    private int count;

    /** The number that stayed idle since the last {@link OffHeapPool#trim()}. */
    private int unusedCount;

    void push(Block block) {
      Block before = newest;
      block.newer = null;
      block.older = before;
      newest = block;
      if (before == null) {
        oldest = block;
      } else {
        before.newer = block;
      }
      count++;
    }

    @Nullable Block takeNewest() {
      return taken(newest);
    }

    @Nullable Block takeOldest() {
      return taken(oldest);
    }

    private @Nullable Block taken(@Nullable Block block) {
      if (block == null) {
        return null;
      }
      Block newer = block.newer;
      Block older = block.older;
      if (newer == null) {
        newest = older;
      } else {
        newer.older = older;
      }
      if (older == null) {
        oldest = newer;
      } else {
        older.newer = newer;
      }
      block.newer = null;
      block.older = null;
      count--;
      unusedCount = Math.min(unusedCount, count);
      return block;
    }
  }

  /** Blocks that were taken from the account, to be freed without the lock. */
  private static final class Dropped {
    private @Nullable Block first;
    private int count;
    private long byteSize;

    void add(Block block) {
      block.older = first;
      first = block;
      count++;
      byteSize += block.byteSize();
    }

    /** Nobody holds them, so that nothing can be using their arenas. */
    void freeAll() {
      Throwable failure = null;
      for (Block block = first; block != null; block = block.older) {
        try {
          block.arena.close();
        } catch (RuntimeException | Error e) {
          failure = Every.joined(failure, e);
        }
      }
      Every.rethrow(failure);
    }
  }

  /**
   * Room of a size, to be taken from the account under the lock: an idle block, or blocks to free
   * and one to allocate, which is done without it.
   */
  private static final class Room {
    final Dropped dropped = new Dropped();
    @Nullable Block ready;
  }

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
      return block.memory.asSlice(0, byteSize);
    }

    @Override
    public MemorySegment readOnly(long wanted) {
      return block.readOnly.asSlice(0, wanted);
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
    this.free = new IdleBlocks[indexOf(capacityByteSize) + 1];
    Arrays.setAll(free, _ -> new IdleBlocks());
  }

  /** Of the power of two that holds so many bytes: each has blocks of one size alone. */
  private static int indexOf(long blockSize) {
    return Long.SIZE - Long.numberOfLeadingZeros(blockSize - 1);
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    long blockSize = blockSize(byteSize);
    Room wanted = new Room();
    boolean taken;
    lock.lock();
    try {
      taken = take(blockSize, wanted);
    } finally {
      lock.unlock();
    }
    return taken ? loanOf(wanted, blockSize, byteSize) : Optional.empty();
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    long blockSize = blockSize(byteSize);
    long nanos = Nanos.of(timeout);
    Room wanted = new Room();
    boolean taken;
    lock.lock();
    try {
      taken = take(blockSize, wanted);
      while (!taken && nanos > 0) {
        nanos = room.awaitNanos(nanos);
        taken = take(blockSize, wanted);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
    return taken ? loanOf(wanted, blockSize, byteSize) : Optional.empty();
  }

  private Optional<Loan> loanOf(Room taken, long blockSize, long byteSize) {
    Block ready = taken.ready;
    Block block = ready == null ? allocate(blockSize, taken.dropped) : ready;
    boolean isLent = false;
    try {
      Optional<Loan> loan = Optional.of(new Loan(new PooledMemory(block, byteSize)));
      isLent = true;
      return loan;
    } finally {
      if (!isLent) {
        giveBack(block);
      }
    }
  }

  /** Without the lock: it zeroes the memory, and ends arenas, which is a handshake each. */
  private Block allocate(long blockSize, Dropped dropped) {
    Arena arena = null;
    boolean made = false;
    try {
      dropped.freeAll();
      arena = Arena.ofShared();
      Block block = new Block(arena, blockSize);
      made = true;
      return block;
    } finally {
      if (!made) {
        cancelAllocation(blockSize);
        if (arena != null) {
          arena.close();
        }
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

  /** Returns whether there is room; what it is made of is then in {@code wanted}. */
  private boolean take(long blockSize, Room wanted) {
    if (closed) {
      throw new IllegalStateException("loan from an OffHeapPool: it is closed");
    }
    Block block = free[indexOf(blockSize)].takeNewest();
    if (block != null) {
      idle -= blockSize;
      wanted.ready = block;
      return true;
    }
    if (allocated - idle + blockSize > capacity) {
      return false;
    }
    dropIdle(allocated + blockSize - capacity, wanted.dropped);
    allocated += blockSize;
    return true;
  }

  /** Takes idle blocks of at least so many bytes from the account, the largest first. */
  private void dropIdle(long byteSize, Dropped dropped) {
    long left = byteSize;
    for (int i = free.length - 1; i >= 0 && left > 0; i--) {
      for (Block block = free[i].takeNewest(); block != null; block = free[i].takeNewest()) {
        left -= block.byteSize();
        drop(block, dropped);
        if (left <= 0) {
          return;
        }
      }
    }
  }

  private void drop(Block block, Dropped dropped) {
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
    Dropped dropped = new Dropped();
    lock.lock();
    try {
      for (int i = free.length - 1; i >= 0; i--) {
        IdleBlocks each = free[i];
        for (int unused = each.unusedCount; unused > 0 && dropped.count < MOST_TRIMMED; unused--) {
          Block block = each.takeOldest();
          if (block != null) {
            drop(block, dropped);
          }
        }
        each.unusedCount = each.count;
      }
    } finally {
      lock.unlock();
    }
    dropped.freeAll();
    return dropped.byteSize;
  }

  /** Takes no memory of a heap that may be full. */
  private void giveBack(Block block) {
    lock.lock();
    try {
      if (!closed) {
        free[indexOf(block.byteSize())].push(block);
        idle += block.byteSize();
        room.signalAll();
        return;
      }
      allocated -= block.byteSize();
    } finally {
      lock.unlock();
    }
    block.arena.close();
  }

  private void freeIdle() {
    Dropped dropped = new Dropped();
    lock.lock();
    try {
      dropIdle(Long.MAX_VALUE, dropped);
    } finally {
      lock.unlock();
    }
    dropped.freeAll();
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
      room.signalAll();
    } finally {
      lock.unlock();
    }
    freeIdle();
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
