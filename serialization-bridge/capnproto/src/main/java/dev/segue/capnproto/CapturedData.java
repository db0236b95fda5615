package dev.segue.capnproto;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import java.lang.foreign.MemorySegment;

/**
 * Memory that a camera, a file or a socket fills first, and that becomes a {@code Data} field of a
 * message afterwards, where it lies.
 *
 * <pre>
 *   loan       [ 8 B: landing pad ][ data, filled by the caller ][ 0 … 7 B: zeros to a word ]
 *   message    ▲ written by embed  ▲ what the Data pointer of the message points at
 * </pre>
 *
 * <p>A far pointer of Cap'n Proto points at a landing pad in another segment, and the pad at the
 * data behind it: one word of head room is all that it takes.
 *
 * <p>Owner: the caller, until {@link LoanMessage#embed} hands it to the message. Lifetime: until
 * {@link #close()}, or until the message is closed and nothing of it is lent. Threads: the one that
 * took the loan.
 */
public final class CapturedData implements AutoCloseable {
  static final long PAD_BYTE_SIZE = Long.BYTES;

  /** The largest count that fits the 29 bits of a list pointer. */
  public static final long LARGEST_BYTE_SIZE = (1L << 29) - 1;

  private final Loan loan;
  private final MemorySegment data;
  private boolean embedded;

  private CapturedData(Loan loan, long byteSize) {
    this.loan = loan;
    this.data = loan.segment().asSlice(PAD_BYTE_SIZE, byteSize);
  }

  /**
   * Room for up to {@code byteSize} bytes of data.
   *
   * @throws IllegalArgumentException if {@code byteSize} is not positive, above {@link
   *     #LARGEST_BYTE_SIZE}, or beyond the pool's capacity
   * @throws PoolExhaustedException if the pool has no room now
   * @throws IllegalStateException if the pool is closed
   */
  public static CapturedData of(LoanPool pool, long byteSize) {
    Loan loan = pool.loan(loanByteSize(byteSize));
    boolean isOwned = false;
    try {
      CapturedData captured = new CapturedData(loan, byteSize);
      isOwned = true;
      return captured;
    } finally {
      if (!isOwned) {
        loan.close();
      }
    }
  }

  /**
   * Takes over a loan, for callers that wait for one: {@code
   * pool.tryLoan(CapturedData.loanByteSize(n), timeout).map(CapturedData::fromLoan)}.
   *
   * @throws IllegalArgumentException if the loan has less than two words
   * @throws IllegalStateException if it was handed over or closed
   */
  public static CapturedData fromLoan(Loan loan) {
    if (loan.byteSize() < 2 * PAD_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "capture into " + loan + ": needs byteSize=" + 2 * PAD_BYTE_SIZE + " at least");
    }
    long words = loan.byteSize() / Long.BYTES * Long.BYTES;
    return new CapturedData(loan, Math.min(words - PAD_BYTE_SIZE, LARGEST_BYTE_SIZE));
  }

  /**
   * Returns the size of the loan for that much data: pad, data, and zeros up to a whole word.
   *
   * @throws IllegalArgumentException if {@code dataByteSize} is not positive or above {@link
   *     #LARGEST_BYTE_SIZE}
   */
  public static long loanByteSize(long dataByteSize) {
    if (dataByteSize <= 0 || dataByteSize > LARGEST_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "captured data of byteSize=" + dataByteSize + ": positive, at most " + LARGEST_BYTE_SIZE);
    }
    return PAD_BYTE_SIZE + roundedUpToWords(dataByteSize);
  }

  static long roundedUpToWords(long byteSize) {
    return (byteSize + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
  }

  /**
   * The memory to fill: as large as was asked for, or as the loan has room. Its content is whatever
   * was there before. It can't be accessed any more after {@link LoanMessage#handOver()} and {@link
   * #close()}.
   */
  public MemorySegment segment() {
    return data;
  }

  /** Zeros the rest of the last word and gives out the loan, once. */
  Loan take(long byteSize) {
    if (embedded) {
      throw new IllegalStateException("embedding of " + this + ": it is part of a message already");
    }
    long end = PAD_BYTE_SIZE + byteSize;
    loan.segment().asSlice(end, PAD_BYTE_SIZE + roundedUpToWords(byteSize) - end).fill((byte) 0);
    embedded = true;
    return loan;
  }

  /** Gives the memory back, unless a message still needs it: then its end does. Idempotent. */
  @Override
  public void close() {
    if (!embedded) {
      loan.close();
    }
  }

  @Override
  public String toString() {
    return "CapturedData[byteSize=" + data.byteSize() + "]";
  }
}
