package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import dev.segue.bytes.spi.LoanMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A message of a publisher, a client or a server, from its loan until it is sent or given back.
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

  private final Lender lender;
  private final long address;
  private final long start;
  private final long byteSize;
  private volatile State state = State.HELD;

  /** Of the lender that sends it; valid while {@link #send} runs. */
  private long sender;

  private long outcome;

  LoanedMemory(Lender lender, long address, long byteSize) {
    this.lender = lender;
    this.address = address;
    this.start = Native.longAt(address);
    this.byteSize = byteSize;
  }

  /** Its user header, which is writable until it is sent. */
  MemorySegment userHeader(long byteSize) {
    return Native.view(NativePublisher.headerOf(address), byteSize);
  }

  boolean isOf(Lender other) {
    return lender.equals(other);
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
   * @param lenderAddress valid until this returns
   * @throws IllegalStateException if the bytes are lent to somebody else, or the loan was closed or
   *     sent by another thread; nothing was sent then
   */
  long send(Loan loan, long lenderAddress) {
    checkNotLent();
    sender = lenderAddress;
    if (!STATE.compareAndSet(this, State.HELD, State.SENDING)) {
      throw new IllegalStateException("send of " + this + ": it was closed or sent meanwhile");
    }
    loan.close();
    if (state == State.SENDING && STATE.compareAndSet(this, State.SENDING, State.WITHDRAWN)) {
      throw lent();
    }
    while (state == State.DELIVERING) {
      Thread.onSpinWait(); // the one who let go last is in the downcall
    }
    return outcome;
  }

  /**
   * Checks that it could be sent now.
   *
   * @throws IllegalStateException if the bytes are lent to somebody
   */
  void checkNotLent() {
    if (holderCount() > 1) {
      throw lent();
    }
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
    boolean gone = state == State.HELD && STATE.compareAndSet(this, State.HELD, State.GONE);
    try {
      if (!gone && STATE.compareAndSet(this, State.SENDING, State.DELIVERING)) {
        deliver();
      } else {
        lender.freeLoan(address);
      }
    } finally {
      lender.returned();
    }
  }

  private void deliver() {
    try {
      outcome = lender.deliver(sender, address);
    } finally {
      STATE.setRelease(this, State.SENT);
    }
  }

  @Override
  public String toString() {
    return "a loan of " + lender + " byteSize=" + byteSize;
  }
}
