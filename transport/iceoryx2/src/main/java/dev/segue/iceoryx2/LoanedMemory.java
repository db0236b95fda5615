package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import dev.segue.bytes.spi.LoanMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A message of a publisher, from its loan until it is sent or given back.
 *
 * <pre>
 *   HELD ──send──► SENDING ──nobody else holds it──► DELIVERING ──► SENT
 *    │                └──somebody does──► WITHDRAWN
 *    └──closed──► GONE
 * </pre>
 *
 * <p>Once it is sent the core gives the memory to readers and then to the next loan. So it is sent
 * in the place of being given back: when the last hold and the last view have ended.
 */
final class LoanedMemory extends LoanMemory {
  private static final VarHandle STATE;

  private enum State {
    HELD,
    SENDING,
    DELIVERING,
    SENT,
    WITHDRAWN,
    GONE
  }

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(LoanedMemory.class, "state", State.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Publisher publisher;
  private final long address;
  private final long start;
  private final long byteSize;
  private volatile State state = State.HELD;

  /** Of the publisher that sends it; valid while {@link #send} runs. */
  private long sender;

  private long outcome;

  LoanedMemory(Publisher publisher, long address, long byteSize) {
    this.publisher = publisher;
    this.address = address;
    this.start = NativePublisher.startOf(address);
    this.byteSize = byteSize;
  }

  boolean isOf(Publisher other) {
    return publisher.equals(other);
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

  /**
   * Closes the loan, which was handed over, and sends this; the outcome of the downcall.
   *
   * @param publisherAddress valid until this returns
   * @throws IllegalStateException if the bytes are lent to somebody else, or the loan was closed or
   *     sent by another thread; nothing was sent then
   */
  long send(Loan loan, long publisherAddress) {
    if (holderCount() > 1) {
      throw lent();
    }
    sender = publisherAddress;
    if (!STATE.compareAndSet(this, State.HELD, State.SENDING)) {
      throw new IllegalStateException("send of " + this + ": it was closed or sent meanwhile");
    }
    loan.close();
    if (STATE.compareAndSet(this, State.SENDING, State.WITHDRAWN)) {
      throw lent();
    }
    while (state == State.DELIVERING) {
      Thread.onSpinWait(); // the one who let go last is in the downcall
    }
    return outcome;
  }

  private IllegalStateException lent() {
    return new IllegalStateException(
        "send of "
            + this
            + ": its bytes are lent to somebody, or a channel uses them, and its readers would see"
            + " them change; it was not sent. Wait for that first");
  }

  @Override
  protected void free() {
    // Once it is gone no send can begin; one that began before is carried out here.
    boolean gone = STATE.compareAndSet(this, State.HELD, State.GONE);
    try {
      if (!gone && STATE.compareAndSet(this, State.SENDING, State.DELIVERING)) {
        deliver();
      } else {
        NativePublisher.freeLoan(address);
      }
    } finally {
      publisher.returned();
    }
  }

  private void deliver() {
    try {
      outcome = NativePublisher.send(sender, address);
    } finally {
      state = State.SENT;
    }
  }

  @Override
  public String toString() {
    return "a loan of " + publisher + " byteSize=" + byteSize;
  }
}
