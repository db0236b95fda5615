package dev.segue.lanes;

import dev.segue.bytes.Loan;
import dev.segue.bytes.spi.LoanMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The payload at the beginning of an iceoryx2 loan, from its loan until it is put or given back.
 *
 * <pre>
 *   HELD ──put──► PUTTING ──nobody else holds it──► TAKEN: the put has the whole message
 *    │               └──somebody does──► WITHDRAWN
 *    └──closed──► GONE
 * </pre>
 */
final class LaneMemory extends LoanMemory {
  private enum State {
    HELD,
    PUTTING,
    TAKEN,
    WITHDRAWN,
    GONE
  }

  private final LanePublisher publisher;
  private final Loan whole;
  private final LoanMemory message;
  private final long byteSize;
  private final AtomicReference<State> state = new AtomicReference<>(State.HELD);

  /**
   * Of a loan of iceoryx2 that was handed over.
   *
   * @param message the memory of {@code whole}
   */
  LaneMemory(LanePublisher publisher, Loan whole, LoanMemory message, long byteSize) {
    this.publisher = publisher;
    this.whole = whole;
    this.message = message;
    this.byteSize = byteSize;
  }

  boolean isOf(LanePublisher other) {
    return publisher.equals(other);
  }

  @Override
  public long byteSize() {
    return byteSize;
  }

  @Override
  public MemorySegment memory() {
    return message.memory().asSlice(0, byteSize);
  }

  @Override
  public MemorySegment readOnly(long wanted) {
    return message.readOnly(wanted);
  }

  /** The whole message, writable: for the put that took it alone. */
  MemorySegment message() {
    return message.memory();
  }

  /** The loan of iceoryx2: for the put that took it alone. */
  Loan whole() {
    return whole;
  }

  /**
   * Closes the loan, which was handed over; the caller has the whole message then.
   *
   * @throws IllegalStateException if the bytes are lent to somebody else, or the loan was closed or
   *     put by another thread
   */
  void take(Loan loan) {
    if (holderCount() > 1) {
      throw lent();
    }
    if (!state.compareAndSet(State.HELD, State.PUTTING)) {
      throw new IllegalStateException("put of " + this + ": it was closed or put meanwhile");
    }
    loan.close();
    if (state.compareAndSet(State.PUTTING, State.WITHDRAWN)) {
      throw lent();
    }
  }

  private IllegalStateException lent() {
    return new IllegalStateException(
        "put of "
            + this
            + ": its bytes are lent to somebody, or a channel uses them, and its readers would see"
            + " them change; it was not put. Wait for that first");
  }

  @Override
  protected void free() {
    if (state.compareAndSet(State.PUTTING, State.TAKEN)) {
      return;
    }
    state.compareAndSet(State.HELD, State.GONE);
    try {
      whole.close();
    } finally {
      publisher.returned();
    }
  }

  @Override
  public String toString() {
    return "a loan of " + publisher + " byteSize=" + byteSize;
  }
}
