package dev.segue.iceoryx2;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Leaks;
import dev.segue.iceoryx2.IceoryxException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * One request, read where its client wrote it, in a mapping that can't be written, and the way its
 * responses go.
 *
 * <p>As a {@link dev.segue.bytes.LoanPool} it gives out loans for responses of up to {@link
 * ServerOptions#maxByteSize()} bytes, {@link ServerOptions#loanCount()} at a time. A loan is sent
 * whole, so ask for the exact size.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, even if the server is closed; its memory
 * until the last borrower of its payload releases it, and only then does the client see the end.
 * After that every access throws an {@link IllegalStateException}. Threads: any; a virtual one that
 * waits for room keeps its carrier meanwhile.
 */
public final class ActiveRequest extends Lender implements AutoCloseable {
  private final Received memory;
  private final String name;
  private final Leaks.@Nullable Leak leak;

  ActiveRequest(String name, ServerOptions options, Received.Origin origin, long address) {
    super(options.maxByteSize(), options.loanCount());
    this.name = name;
    this.memory = new Received(origin, null, address);
    this.leak = Leaks.ENABLED ? Leaks.track(this, memory.toString()) : null;
  }

  /**
   * The request in place, one segment. It may be lent on while this is open.
   *
   * @throws IllegalStateException if this is closed and this was not called before
   */
  public SegmentedBytes payload() {
    return memory.payload();
  }

  /**
   * A reader of the request in place, as {@link Sample#reader()}.
   *
   * @throws IllegalStateException if this is closed, and nobody borrows its payload any more
   */
  public BytesReader reader() {
    return memory.reader();
  }

  /**
   * Confines it to this thread, as {@link Sample#confine()} does a sample; any thread may go on
   * answering it.
   *
   * @return this
   * @throws IllegalStateException if it is closed
   * @throws WrongThreadException if it is confined to another thread
   */
  public ActiveRequest confine() {
    memory.confine();
    return this;
  }

  @Override
  long enter() {
    memory.acquire();
    if (memory.isClosed()) {
      memory.release();
      throw new IllegalStateException("use of " + this + ": it is closed");
    }
    return memory.address();
  }

  @Override
  void leave() {
    memory.release();
  }

  @Override
  long newLoan(long request, long byteSize) {
    return NativeServer.loan(request, byteSize);
  }

  @Override
  long deliver(long request, long loan) {
    return NativeServer.send(request, loan);
  }

  @Override
  void freeLoan(long loan) {
    NativeServer.freeLoan(loan);
  }

  /**
   * Returns whether its client still waits for responses; if not, responses go nowhere.
   *
   * @throws IllegalStateException if this is closed
   */
  public boolean isConnected() {
    long request = enter();
    try {
      return NativeServer.isConnected(request);
    } finally {
      leave();
    }
  }

  /**
   * Gives a whole loan of this request to its client, and ends it: after that each access to its
   * bytes is an {@link IllegalStateException}. Nothing is copied. There may be further responses.
   *
   * @return whether it is in the client's buffer; false if the client no longer waits, or its
   *     buffer stayed full for the server's patience
   * @throws IllegalArgumentException if the loan is of another pool, or of another request
   * @throws IllegalStateException if the loan is closed, was sent, or was handed over in part; if
   *     its bytes are lent to somebody else; if this is closed. It was not sent then
   * @throws WrongThreadException if another thread called {@link Loan#segment()}
   * @throws IceoryxException if the core fails; the loan has ended
   */
  public boolean send(Loan loan) throws IceoryxException {
    long request = enter();
    try {
      LoanedMemory loaned = memoryOf(loan);
      long outcome = loaned.send(loan, request);
      if (outcome < 0) {
        throw Native.failure(
            Kind.SEND, "response of byteSize=" + loaned.byteSize() + " to " + name, outcome);
      }
      return outcome != 0;
    } finally {
      leave();
    }
  }

  /**
   * Ends the work on it, which its client sees. Idempotent.
   *
   * @throws IllegalStateException if it is {@linkplain #confine() confined}, and native code that
   *     this thread called uses one of its views; it is open then
   * @throws WrongThreadException if it is confined to another thread, which has not ended, and open
   */
  @Override
  public void close() {
    memory.close();
    Leaks.close(leak);
  }

  @Override
  public String toString() {
    return "ActiveRequest[" + memory + "]";
  }
}
