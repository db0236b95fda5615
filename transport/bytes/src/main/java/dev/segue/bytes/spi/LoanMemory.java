package dev.segue.bytes.spi;

import java.lang.foreign.MemorySegment;

/**
 * The memory behind one {@link dev.segue.bytes.Loan}: what a pool of this library makes and gets
 * back.
 *
 * <p>Owner: its pool. Lifetime: until the loan is closed and nobody holds the memory. Threads: any.
 */
public abstract class LoanMemory extends MemoryOwner {
  private final MemorySegment memory;

  /**
   * Memory of a loan.
   *
   * @param memory writable, of exactly the loan's size, in a scope that lasts until {@link #free()}
   */
  protected LoanMemory(MemorySegment memory) {
    this.memory = memory;
  }

  /** The memory itself: for who holds it, or fills it. */
  public final MemorySegment memory() {
    return memory;
  }

  /** Told when the first {@code byteSize} bytes are handed over, once, before anybody has them. */
  public void onHandOver(long byteSize) {}

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[byteSize=" + memory.byteSize() + "]";
  }
}
