package dev.segue.cli.demo;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.LoanMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/**
 * A part of a loan as a pool that gives it out once, whole: several parts of a message then lie one
 * behind the other in one loan. The loan must outlive what is done with it. Threads: one.
 */
final class LoanPart implements LoanPool {
  private final MemorySegment memory;
  private boolean out;

  /** Memory of the loan around it. */
  private static final class Part extends LoanMemory {
    private final MemorySegment memory;

    Part(MemorySegment memory) {
      this.memory = memory;
    }

    @Override
    public long byteSize() {
      return memory.byteSize();
    }

    @Override
    public MemorySegment memory() {
      return memory;
    }

    @Override
    protected void free() {
      // The loan around it has it.
    }
  }

  LoanPart(MemorySegment memory) {
    this.memory = memory;
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize) {
    if (byteSize <= 0 || byteSize > memory.byteSize()) {
      throw new IllegalArgumentException(
          "loan of byteSize=" + byteSize + ": at most " + memory.byteSize());
    }
    if (out) {
      return Optional.empty();
    }
    out = true;
    return Optional.of(Lend.loanOf(new Part(memory.asSlice(0, byteSize))));
  }

  @Override
  public Optional<Loan> tryLoan(long byteSize, Duration timeout) {
    return tryLoan(byteSize);
  }

  @Override
  public Loan loan(long byteSize) {
    return tryLoan(byteSize)
        .orElseThrow(() -> new PoolExhaustedException(byteSize, 0, capacityByteSize()));
  }

  @Override
  public long capacityByteSize() {
    return memory.byteSize();
  }

  @Override
  public long availableByteSize() {
    return out ? 0 : memory.byteSize();
  }

  @Override
  public void close() {
    // It owns nothing.
  }
}
