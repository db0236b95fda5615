package dev.segue.bytes.spi;

import dev.segue.bytes.Loan;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Loans of a pool that has no signal for room: waiting for one asks each millisecond. Where the
 * heap has no room for what is returned, the loan goes back to its pool.
 *
 * <p>Threads: any.
 */
public final class PolledLoans {
  private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();

  /** Takes loans of a pool. */
  @FunctionalInterface
  public interface Taking {
    /** Takes a loan if there is room for it now. */
    @Nullable Loan take(long byteSize);
  }

  private PolledLoans() {}

  /** Takes a loan if there is room for it now. */
  public static Optional<Loan> tryLoan(Taking pool, long byteSize) {
    return given(pool.take(byteSize));
  }

  /** Takes a loan, and waits for room until the time is over or the thread is interrupted. */
  public static Optional<Loan> tryLoan(Taking pool, long byteSize, Duration timeout) {
    long deadline = Nanos.deadline(timeout);
    Loan loan = pool.take(byteSize);
    while (loan == null
        && System.nanoTime() - deadline < 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(POLL_NANOS);
      loan = pool.take(byteSize);
    }
    return given(loan);
  }

  private static Optional<Loan> given(@Nullable Loan loan) {
    boolean isGiven = false;
    try {
      Optional<Loan> given = Optional.ofNullable(loan);
      isGiven = true;
      return given;
    } finally {
      if (!isGiven && loan != null) {
        loan.close();
      }
    }
  }
}
