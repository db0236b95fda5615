package dev.segue.bytes;

import java.time.Duration;
import java.util.Optional;

/**
 * A bounded stock of off-heap memory that is given out as {@link Loan}s.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; memory that is still lent then is freed
 * when the last lease ends. Threads: any.
 */
public interface LoanPool extends AutoCloseable {
  /**
   * Takes a loan of that size if there is room now.
   *
   * @return empty if there is no room now
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond {@link
   *     #capacityByteSize()}
   * @throws IllegalStateException if the pool is closed
   */
  Optional<Loan> tryLoan(long byteSize);

  /**
   * Takes a loan of that size, waiting for room.
   *
   * @return empty if there was no room within {@code timeout}, or the thread was interrupted (its
   *     interrupt status stays set)
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond {@link
   *     #capacityByteSize()}
   * @throws IllegalStateException if the pool is closed, before or during the call
   */
  Optional<Loan> tryLoan(long byteSize, Duration timeout);

  /**
   * Takes a loan of that size, or throws an error with the numbers.
   *
   * @throws PoolExhaustedException if there is no room now
   * @throws IllegalArgumentException if {@code byteSize} is not positive or beyond {@link
   *     #capacityByteSize()}
   * @throws IllegalStateException if the pool is closed
   */
  default Loan loan(long byteSize) {
    Optional<Loan> loan = tryLoan(byteSize);
    if (loan.isEmpty()) {
      throw new PoolExhaustedException(byteSize, availableByteSize(), capacityByteSize());
    }
    return loan.get();
  }

  /** Returns the most bytes that the pool can lend at a time. */
  long capacityByteSize();

  /** About how many bytes are free now; a loan can still fail when they are scattered. */
  long availableByteSize();

  /** Closes the pool: no more loans; lent memory is freed when the last lease ends. Idempotent. */
  @Override
  void close();
}
