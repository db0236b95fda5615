package dev.segue.iceoryx2;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.iceoryx2.IceoryxException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages written into its shared memory, without a copy.
 *
 * <pre>
 *   Loan loan = publisher.loan(byteSize);
 *   camera.readInto(loan.segment());          // fill
 *   Delivery delivery = publisher.send(loan); // readers have it; the loan has ended
 * </pre>
 *
 * <p>As a {@link dev.segue.bytes.LoanPool} it gives out loans of up to {@link
 * PublisherOptions#maxByteSize()} bytes, {@link PublisherOptions#loanCount()} at a time. A loan
 * that is sent is sent whole, so ask for the exact size.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()};
 * outstanding loans then keep its memory, but can't be sent. Sent messages stay with subscribers
 * that have polled since it was created. Threads: any; a virtual one that waits for room keeps its
 * carrier meanwhile.
 */
public final class Publisher extends Lender implements Child {
  private static final CopyLedger.Site COPIES =
      CopyLedger.site("iceoryx2.sendCopy", "bytes that lie elsewhere are to be in shared memory");
  private static final CopyLedger.Site HEADERS =
      CopyLedger.site("iceoryx2.userHeader", "a user header lies beside the message");

  private final Children siblings;
  private final String name;
  private final PublisherOptions options;
  private final Handle handle;
  private final @Nullable UserHeader header;

  Publisher(
      Children siblings,
      String name,
      PublisherOptions options,
      @Nullable UserHeader header,
      long address) {
    super(options.maxByteSize(), options.loanCount());
    this.header = header;
    this.siblings = siblings;
    this.name = name;
    this.options = options;
    this.handle = new Handle("the publisher of " + name, address, NativePublisher::free);
  }

  /** Returns the options that it was made with. */
  public PublisherOptions options() {
    return options;
  }

  @Override
  long enter() {
    return handle.enter();
  }

  @Override
  void leave() {
    handle.release();
  }

  @Override
  long newLoan(long publisher, long byteSize) {
    return NativePublisher.loan(publisher, byteSize);
  }

  @Override
  long deliver(long publisher, long loan) {
    return NativePublisher.send(publisher, loan);
  }

  @Override
  void freeLoan(long loan) {
    NativePublisher.freeLoan(loan);
  }

  /**
   * Gives a whole loan of this publisher to all subscribers, and ends it: after that each access to
   * its bytes is an {@link IllegalStateException}. Nothing is copied.
   *
   * @throws IllegalArgumentException if the loan is of another pool
   * @throws IllegalStateException if the loan is closed, was sent, or was handed over in part; if
   *     its bytes are lent to somebody else; if the publisher is closed. It was not sent then
   * @throws WrongThreadException if another thread called {@link Loan#segment()}
   * @throws IceoryxException if the core fails; the loan has ended, and some may have got it
   */
  public Delivery send(Loan loan) throws IceoryxException {
    long publisher = handle.enter();
    try {
      return send(loan, memoryOf(loan), publisher);
    } finally {
      handle.release();
    }
  }

  private Delivery send(Loan loan, LoanedMemory memory, long publisher) throws IceoryxException {
    long outcome = memory.send(loan, publisher);
    if (outcome < 0) {
      throw Native.failure(
          Kind.SEND, "send of byteSize=" + memory.byteSize() + " to " + name, outcome);
    }
    return Delivery.of(outcome);
  }

  /**
   * As {@link #send}, with a user header, which is copied beside the payload; without this the
   * header of a message is all zeros. The ledger counts it as {@code iceoryx2.userHeader}.
   *
   * @param userHeader exactly as many bytes as the service's {@link UserHeader} has
   * @throws IllegalArgumentException also if the service has no such header; then the loan is still
   *     open
   */
  public Delivery sendWithHeaderCopy(Loan loan, SegmentedBytes userHeader) throws IceoryxException {
    if (header == null || userHeader.byteSize() != header.byteSize()) {
      throw new IllegalArgumentException(
          "send with a user header of byteSize="
              + userHeader.byteSize()
              + " to "
              + name
              + ": its messages have "
              + (header == null ? "none" : "one of byteSize=" + header.byteSize()));
    }
    long publisher = handle.enter();
    try {
      LoanedMemory memory = memoryOf(loan);
      memory.checkNotLent(); // before its header changes
      memory.acquire();
      try {
        Lend.copyTo(
            HEADERS, userHeader, 0, memory.userHeader(header.byteSize()), 0, header.byteSize());
      } catch (RuntimeException | Error e) {
        memory.userHeader(header.byteSize()).fill((byte) 0); // the loan may be sent without one
        throw e;
      } finally {
        memory.release();
      }
      return send(loan, memory, publisher);
    } finally {
      handle.release();
    }
  }

  /**
   * Copies bytes into a loan and sends it; the ledger counts them as {@code iceoryx2.sendCopy}.
   *
   * @throws IllegalArgumentException if there are none, or more than {@link
   *     PublisherOptions#maxByteSize()}
   * @throws PoolExhaustedException if the maximum number of loans is outstanding
   * @throws IllegalStateException if the publisher is closed
   */
  public Delivery sendCopy(SegmentedBytes bytes) throws IceoryxException {
    try (Loan loan = loan(bytes.byteSize())) {
      Lend.copyTo(COPIES, bytes, 0, loan.segment(), 0, bytes.byteSize());
      return send(loan);
    }
  }

  /**
   * Connects to subscribers that came since the last send and gives them the history. Each send
   * does that as well.
   */
  public void updateConnections() throws IceoryxException {
    long publisher = handle.enter();
    try {
      NativePublisher.update(publisher, name);
    } finally {
      handle.release();
    }
  }

  /**
   * Closes it: a send that waits for room gives up, and this waits for it, at most 10 s.
   * Idempotent.
   */
  @Override
  public void close() {
    handle.close(NativePublisher::close);
    handle.awaitFreed();
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Publisher[" + name + "]";
  }
}
