package dev.segue.iceoryx2;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.PolledLoans;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Gives out loans in shared memory of its own, and sends them. */
abstract sealed class Lender implements LoanPool permits Publisher, Client, ActiveRequest {
  private final long maxByteSize;
  private final int loanCount;
  private final AtomicInteger loansOut = new AtomicInteger();

  Lender(long maxByteSize, int loanCount) {
    this.maxByteSize = maxByteSize;
    this.loanCount = loanCount;
  }

  /** Begins a call; the address of the native object, which is alive until {@link #leave()}. */
  abstract long enter();

  abstract void leave();

  /** The address of a new loan, whose first field is where it begins; 0 if there is none now. */
  abstract long newLoan(long lender, long byteSize);

  /** Sends a loan, which ends in any case; a failure is below zero. */
  abstract long deliver(long lender, long loan);

  abstract void freeLoan(long loan);

  /**
   * Takes a loan of that size if there is room now.
   *
   * @return empty if as many are out as there may be
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond the largest
   *     message
   * @throws IllegalStateException if this is closed
   */
  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    return PolledLoans.tryLoan(this::take, byteSize);
  }

  /** Checks every millisecond whether a loan came back, because the core has no signal for it. */
  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    return PolledLoans.tryLoan(this::take, byteSize, timeout);
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
    if (byteSize <= 0 || byteSize > maxByteSize) {
      throw new IllegalArgumentException(
          "loan of byteSize=" + byteSize + ": positive, at most maxByteSize=" + maxByteSize);
    }
    long lender = enter();
    try {
      long loan = newLoan(lender, byteSize);
      if (loan == 0) {
        return null;
      }
      loansOut.incrementAndGet();
      return owned(loan, byteSize);
    } finally {
      leave();
    }
  }

  /** The loan, which goes back where the heap has no room for it. */
  private Loan owned(long address, long byteSize) {
    boolean isOwned = false;
    try {
      Loan loan = Lend.loanOf(new LoanedMemory(this, address, byteSize));
      isOwned = true;
      return loan;
    } finally {
      if (!isOwned) {
        freeLoan(address);
        returned();
      }
    }
  }

  /** A loan is not out any more. */
  void returned() {
    loansOut.decrementAndGet();
  }

  /** The memory of a whole loan, which is handed over by this. */
  LoanedMemory memoryOf(Loan loan) {
    if (Lend.handOver(loan) instanceof LoanedMemory memory && memory.isOf(this)) {
      return memory;
    }
    throw new IllegalArgumentException(
        "send of " + loan + " by " + this + ": not a loan of this one");
  }

  @Override
  public long capacityByteSize() {
    return Math.multiplyExact(maxByteSize, loanCount);
  }

  @Override
  public long availableByteSize() {
    return maxByteSize * Math.max(0, loanCount - loansOut.get());
  }
}
