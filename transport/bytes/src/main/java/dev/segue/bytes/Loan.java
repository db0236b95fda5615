package dev.segue.bytes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a {@link LoanPool} gives out to be filled, then handed over or given back.
 *
 * <pre>
 *   try (Loan loan = pool.loan(byteSize)) {
 *     camera.readInto(loan.segment());          // fill: writable, this thread alone
 *     publisher.put(loan.handOver());           // hand over: read-only from here on
 *   }                                           // back to the pool when the last lease ends
 * </pre>
 *
 * <p>Owner: its pool. Lifetime: the memory goes back when the loan is closed and nobody it was lent
 * to holds it any more, whichever comes last. Threads: {@link #segment()} and {@link #handOver()}
 * belong to the thread that took the loan; {@link #close()} and the handed-over bytes to any.
 */
public abstract class Loan extends MemoryOwner implements AutoCloseable {
  private final MemorySegment memory;
  private @Nullable Arena filling;
  private final MemorySegment writable;
  private volatile @Nullable SegmentedBytes handedOver;
  private boolean closed;

  /**
   * For a pool of this library.
   *
   * @param memory the loan's memory, writable, of exactly its size, in a scope that outlives it
   */
  @SuppressWarnings("restricted") // a view of the same memory whose end is the end of the filling
  protected Loan(MemorySegment memory) {
    this.memory = memory;
    Arena arena = Arena.ofConfined();
    this.filling = arena;
    this.writable = memory.reinterpret(arena, null);
  }

  /** The size that was asked for. */
  public final long byteSize() {
    return memory.byteSize();
  }

  /**
   * The memory to fill. Its content is whatever was there before. After {@link #handOver()} and
   * {@link #close()} it can't be accessed any more.
   */
  public final MemorySegment segment() {
    return writable;
  }

  /** Hands over all of it: {@link #handOver(long)} of {@link #byteSize()}. */
  public final SegmentedBytes handOver() {
    return handOver(memory.byteSize());
  }

  /**
   * Ends the filling and gives the first {@code byteSize} bytes as read-only bytes, without a copy.
   * They are valid while the loan is open or they are lent.
   *
   * @throws IllegalStateException if the loan was handed over with another size, or is closed
   * @throws IndexOutOfBoundsException if {@code byteSize} is not within the loan
   * @throws WrongThreadException if another thread took the loan
   */
  public final synchronized SegmentedBytes handOver(long byteSize) {
    Objects.checkFromIndexSize(0, byteSize, memory.byteSize());
    if (closed) {
      throw new IllegalStateException("hand-over of " + this + ": it is closed");
    }
    SegmentedBytes known = handedOver;
    if (known != null) {
      if (known.byteSize() != byteSize) {
        throw new IllegalStateException(
            "hand-over of "
                + this
                + ": byteSize="
                + byteSize
                + ", handed over before with byteSize="
                + known.byteSize());
      }
      return known;
    }
    endFilling();
    onHandOver(byteSize);
    SegmentedBytes bytes = SegmentedBytes.ofOwned(memory.asSlice(0, byteSize).asReadOnly(), this);
    handedOver = bytes;
    return bytes;
  }

  /** Whether {@link #handOver()} was called. */
  public final boolean isHandedOver() {
    return handedOver != null;
  }

  /** Told when the first {@code byteSize} bytes are handed over, once. */
  protected void onHandOver(long byteSize) {}

  /**
   * Lets go of the memory; it goes back to the pool at once, or when the last lease ends.
   * Idempotent. A loan that was not handed over must be closed by the thread that took it, as its
   * memory is confined to that thread until then.
   *
   * @throws WrongThreadException if another thread took the loan and it was not handed over
   */
  @Override
  public final void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      endFilling();
      closed = true;
    }
    release();
  }

  private void endFilling() {
    Arena arena = filling;
    if (arena != null) {
      arena.close();
      filling = null;
    }
  }

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[byteSize=" + memory.byteSize() + "]";
  }
}
