package dev.segue.bytes.spi;

import java.lang.foreign.MemorySegment;

/**
 * The memory behind one {@link dev.segue.bytes.Loan}: what a pool of this library makes and gets
 * back.
 *
 * <p>Owner: its pool. Lifetime: until the loan is closed and nobody holds the memory. Threads: any.
 */
public abstract class LoanMemory extends MemoryOwner {
  private volatile boolean handedOver;

  /** Memory of a loan. */
  protected LoanMemory() {}

  /** Returns the size that was asked for. */
  public abstract long byteSize();

  /**
   * The memory itself, for its holders and for filling it: writable, of exactly the loan's size, in
   * a scope that lasts until {@link #free()}. A new object at each call.
   */
  public abstract MemorySegment memory();

  /** The first bytes of it, read-only. A new object at each call. */
  public MemorySegment readOnly(long byteSize) {
    return memory().asSlice(0, byteSize).asReadOnly();
  }

  /**
   * Ends the filling: the first {@code byteSize} bytes are handed over. Called once, by the loan.
   */
  public final void handOver(long byteSize) {
    onHandOver(byteSize);
    handedOver = true;
  }

  /** Returns whether views of it are read-only ones. */
  final boolean isHandedOver() {
    return handedOver;
  }

  /** Told when the first {@code byteSize} bytes are handed over, once, before anybody has them. */
  protected void onHandOver(long byteSize) {}

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[byteSize=" + byteSize() + "]";
  }
}
