package dev.segue.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LoanMemory;
import dev.segue.bytes.spi.PolledLoans;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Memory that this process and those it publishes to both map: a payload in its loans goes to a
 * process on the same machine as a small descriptor, and is read there in place.
 *
 * <p>A subscriber elsewhere, or one without shared memory, gets the same payload over the network.
 * Only a prefix of a loan can be a descriptor; other slices of it travel as ordinary bytes.
 *
 * <p>Memory held by a killed process is reclaimed once the process is known to be dead; memory that
 * it held together with others, when those have released it or ended as well.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; the memory itself as long as a loan or a
 * reader in any process holds a part of it. Threads: any.
 */
public final class ShmPool implements LoanPool {
  private final long capacity;
  private final AllocPolicy policy;
  private final Handle handle;

  /** Memory of the pool, until no process holds it. */
  static final class ShmMemory extends LoanMemory {
    private final long address;
    private final long start;
    private final long byteSize;

    private ShmMemory(long address, long byteSize) {
      this.address = address;
      this.start = NativeShm.startOf(address);
      this.byteSize = byteSize;
    }

    @Override
    public long byteSize() {
      return byteSize;
    }

    @Override
    public MemorySegment memory() {
      return Native.view(start, byteSize);
    }

    @Override
    public MemorySegment readOnly(long wanted) {
      return Native.readOnlyView(start, wanted);
    }

    /** Returns whether a segment starts where it does; also when it was given back. */
    boolean beginsWith(MemorySegment segment) {
      return segment.address() == start;
    }

    /** The native loan when the segment starts where it does, so that it can be a descriptor. */
    long handleForPrefix(MemorySegment segment) {
      return beginsWith(segment) ? address : 0;
    }

    @Override
    protected void onHandOver(long byteSize) {
      NativeShm.freeze(address, byteSize);
    }

    @Override
    protected void free() {
      NativeShm.freeLoan(address);
    }
  }

  private ShmPool(long capacity, AllocPolicy policy, long address) {
    this.capacity = capacity;
    this.policy = policy;
    this.handle = new Handle("the shared-memory pool", address, () -> NativeShm.freePool(address));
  }

  /** A pool with {@link AllocPolicy#DEFRAGMENT}. */
  public static ShmPool create(long capacityByteSize) throws ZenohException {
    return create(capacityByteSize, AllocPolicy.DEFRAGMENT);
  }

  /**
   * A pool.
   *
   * @throws IllegalArgumentException if {@code capacityByteSize} is not positive
   * @throws ZenohException if the machine has not that much shared memory
   */
  public static ShmPool create(long capacityByteSize, AllocPolicy policy) throws ZenohException {
    if (capacityByteSize <= 0) {
      throw new IllegalArgumentException(
          "shared-memory pool of capacityByteSize=" + capacityByteSize + ": must be positive");
    }
    return Handle.owned(
        address -> new ShmPool(capacityByteSize, policy, address),
        NativeShm::freePool,
        NativeShm.newPool(capacityByteSize));
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    return tryLoan(byteSize, policy);
  }

  /** {@link #tryLoan(long)} with a policy of its own. */
  public Optional<Loan> tryLoan(long byteSize, AllocPolicy loanPolicy) {
    return PolledLoans.tryLoan(wanted -> take(wanted, loanPolicy), byteSize);
  }

  @Override
  public Loan loan(long byteSize) {
    Loan loan = take(byteSize, policy);
    if (loan == null) {
      throw new PoolExhaustedException(byteSize, availableByteSize(), capacity);
    }
    return loan;
  }

  private @Nullable Loan take(long byteSize, AllocPolicy loanPolicy) {
    if (byteSize <= 0 || byteSize > capacity) {
      throw new IllegalArgumentException(
          "loan of byteSize=" + byteSize + ": positive, at most capacityByteSize=" + capacity);
    }
    long pool = handle.enter();
    try {
      long loan = NativeShm.loan(pool, byteSize, loanPolicy);
      return loan == 0 ? null : owned(loan, byteSize);
    } finally {
      handle.release();
    }
  }

  /** {@link Handle#owned} without an object for it. */
  private static Loan owned(long address, long byteSize) {
    boolean isOwned = false;
    try {
      Loan loan = Lend.loanOf(new ShmMemory(address, byteSize));
      isOwned = true;
      return loan;
    } finally {
      if (!isOwned) {
        NativeShm.freeLoan(address);
      }
    }
  }

  /** Looks for room every millisecond because the core has no signal for it. */
  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    return PolledLoans.tryLoan(wanted -> take(wanted, policy), byteSize, timeout);
  }

  @Override
  public long capacityByteSize() {
    return capacity;
  }

  /** Returns the free bytes, after {@link #collect()}. */
  @Override
  public long availableByteSize() {
    return collect();
  }

  /**
   * Gives back what no process holds any more.
   *
   * @return how many bytes are free then
   */
  public long collect() {
    return query(address -> freeOf(NativeShm.collect(address, false)));
  }

  /**
   * {@link #collect()}, and takes back what processes held that are proved dead. A process that is
   * merely paused keeps what it holds.
   */
  public long collectOrphans() {
    return query(address -> freeOf(NativeShm.collect(address, true)));
  }

  /**
   * Returns how many bytes a process may have held that has ended and that others may hold as well:
   * they come back when those have ended, too.
   */
  public long orphanedByteSize() {
    return query(NativeShm::orphaned);
  }

  /**
   * Removes the shared memory that crashed processes left on this machine. Done at start as well.
   */
  public static void cleanupOrphans() {
    NativeShm.cleanupOrphans();
  }

  /** Without what the core adds, which gives out lines of 64 B. */
  private long freeOf(long available) {
    return Math.min(available, capacity);
  }

  private long query(LongUnaryOperator query) {
    long address = handle.enter();
    try {
      return query.applyAsLong(address);
    } finally {
      handle.release();
    }
  }

  /** Closes the pool: no more loans; lent memory stays until nobody holds it. Idempotent. */
  @Override
  public void close() {
    handle.close(address -> {});
  }

  @Override
  public String toString() {
    long free;
    try {
      free = availableByteSize();
    } catch (IllegalStateException _) {
      return "ShmPool[capacity=" + capacity + ", closed]";
    }
    return "ShmPool[capacity=" + capacity + ", free=" + free + ", lent=" + (capacity - free) + "]";
  }
}
