package dev.segue.iceoryx2;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.iceoryx2.IceoryxException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages that were written into its shared memory, without a copy.
 *
 * <pre>
 *   Loan loan = publisher.loan(byteSize);
 *   camera.readInto(loan.segment());          // fill
 *   Delivery delivery = publisher.send(loan); // readers have it; the loan has ended
 * </pre>
 *
 * <p>As a {@link LoanPool} it gives out loans of up to {@link PublisherOptions#maxByteSize()}
 * bytes, {@link PublisherOptions#loanCount()} at a time. A loan that is sent is sent whole, so ask
 * for the exact size.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; loans
 * that are out then keep its memory, but can't be sent. What it sent stays with subscribers that
 * looked since it was made. Threads: any.
 */
public final class Publisher implements LoanPool, Child {
  private static final CopyLedger.Site COPIES =
      CopyLedger.site("iceoryx2.sendCopy", "bytes that lie elsewhere are to be in shared memory");
  private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();

  private final Children siblings;
  private final String name;
  private final PublisherOptions options;
  private final Handle handle;
  private final AtomicInteger loansOut = new AtomicInteger();

  Publisher(Children siblings, String name, PublisherOptions options, long address) {
    this.siblings = siblings;
    this.name = name;
    this.options = options;
    this.handle = new Handle("the publisher of " + name, address, NativePublisher::free);
  }

  /** Returns the options that it was made with. */
  public PublisherOptions options() {
    return options;
  }

  /**
   * A loan of a size, at once or not at all.
   *
   * @return empty if as many are out as there may be
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond {@link
   *     PublisherOptions#maxByteSize()}
   * @throws IllegalStateException if the publisher is closed
   */
  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    return Optional.ofNullable(take(byteSize));
  }

  /** Looks each millisecond whether a loan came back, as the core has no signal for it. */
  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (true) {
      Optional<Loan> loan = tryLoan(byteSize);
      if (loan.isPresent()
          || System.nanoTime() - deadline >= 0
          || Thread.currentThread().isInterrupted()) {
        return loan;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  @Override
  public Loan loan(long byteSize) {
    Loan loan = take(byteSize);
    if (loan == null) {
      throw new PoolExhaustedException(byteSize, availableByteSize(), capacityByteSize());
    }
    return loan;
  }

  private @Nullable Loan take(long byteSize) {
    if (byteSize <= 0 || byteSize > options.maxByteSize()) {
      throw new IllegalArgumentException(
          "loan of byteSize="
              + byteSize
              + ": positive, at most maxByteSize="
              + options.maxByteSize());
    }
    long publisher = handle.enter();
    try {
      long loan = NativePublisher.loan(publisher, byteSize);
      if (loan == 0) {
        return null;
      }
      loansOut.incrementAndGet();
      return Lend.loanOf(new LoanedMemory(this, loan, byteSize));
    } finally {
      handle.release();
    }
  }

  /** A loan is not out any more. */
  void returned() {
    loansOut.decrementAndGet();
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
      LoanedMemory memory = memoryOf(loan);
      long outcome = memory.send(loan, publisher);
      if (outcome < 0) {
        throw Native.failure(
            Kind.SEND, "send of byteSize=" + memory.byteSize() + " to " + name, outcome);
      }
      return Delivery.of(outcome);
    } finally {
      handle.release();
    }
  }

  private LoanedMemory memoryOf(Loan loan) {
    if (Lend.owner(loan.handOver(), 0) instanceof LoanedMemory memory && memory.isOf(this)) {
      return memory;
    }
    throw new IllegalArgumentException(
        "send of " + loan + " by " + this + ": not a loan of this publisher");
  }

  /**
   * Copies bytes into a loan and sends it; the ledger counts them as {@code iceoryx2.sendCopy}.
   *
   * @throws IllegalArgumentException if there are none, or more than {@link
   *     PublisherOptions#maxByteSize()}
   * @throws PoolExhaustedException if as many loans are out as there may be
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

  @Override
  public long capacityByteSize() {
    return Math.multiplyExact(options.maxByteSize(), options.loanCount());
  }

  @Override
  public long availableByteSize() {
    return options.maxByteSize() * Math.max(0, options.loanCount() - loansOut.get());
  }

  /**
   * Ends it: a send that waits for room gives up, and this waits for it, 10 s at most. Idempotent.
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
