package dev.segue.gateway;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import java.time.Duration;
import java.util.Optional;

/** A pool that has no memory at all, as a JVM without any: an Error, which is no Exception. */
final class BrokenPool implements LoanPool {
  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    throw new OutOfMemoryError("for the test");
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    throw new OutOfMemoryError("for the test");
  }

  @Override
  public long capacityByteSize() {
    return 1L << 30;
  }

  @Override
  public long availableByteSize() {
    return 1L << 30;
  }

  @Override
  public void close() {}
}
