package dev.segue.objectstore.internal;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/**
 * Memory of a pool that several threads fill.
 *
 * <p>A {@link Loan} may be filled by the thread that took it alone, but ranges arrive on threads of
 * the HTTP client, so the loan is handed over first and filled through an alias that this class
 * keeps to itself. The slot is given back only when no thread is inside.
 */
public final class Slot implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Loan loan;
  private final SegmentedBytes bytes;
  private final MemorySegment writable;

  private Slot(Loan loan) {
    this.loan = loan;
    this.bytes = loan.handOver();
    this.writable = alias(Lend.segment(bytes, 0));
  }

  /** Takes memory if there is room now. */
  public static Optional<Slot> tryTake(LoanPool pool, long byteSize) {
    return pool.tryLoan(byteSize).map(Slot::new);
  }

  /** Looks whether memory is still wanted; throws if it is not. */
  public interface Wanted {
    void check() throws IOException;
  }

  /** Takes memory, waiting for it; says which pool was full otherwise. */
  public static Slot take(LoanPool pool, long byteSize, Attempt what) throws ObjectStoreException {
    checkFits(pool, byteSize, what);
    return pool.tryLoan(byteSize, TIMEOUT)
        .map(Slot::new)
        .orElseThrow(() -> none(pool, byteSize, what));
  }

  /** The same, until nobody wants it any more: a pool knows nothing of stores that are closed. */
  public static Slot take(LoanPool pool, long byteSize, Attempt what, Wanted wanted)
      throws IOException {
    checkFits(pool, byteSize, what);
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      wanted.check();
      Optional<Loan> loan = pool.tryLoan(byteSize, LOOK);
      if (loan.isPresent()) {
        return new Slot(loan.get());
      }
      if (Thread.currentThread().isInterrupted() || System.nanoTime() - deadline > 0) {
        throw none(pool, byteSize, what);
      }
    }
  }

  private static void checkFits(LoanPool pool, long byteSize, Attempt what)
      throws ObjectStoreException {
    if (byteSize > pool.capacityByteSize()) {
      throw what.failure(
          ObjectStoreException.Reason.RANGE,
          "byteSize="
              + byteSize
              + " is beyond the pool's capacityByteSize="
              + pool.capacityByteSize());
    }
  }

  private static ObjectStoreException none(LoanPool pool, long byteSize, Attempt what) {
    return new ObjectStoreException(
        Thread.currentThread().isInterrupted()
            ? ObjectStoreException.Reason.CANCELLED
            : ObjectStoreException.Reason.OTHER,
        what
            + ": no memory of byteSize="
            + byteSize
            + " in timeoutMillis="
            + TIMEOUT.toMillis()
            + ", the pool has availableByteSize="
            + pool.availableByteSize());
  }

  /** Reads bytes of an object into memory. */
  public interface Filling {
    ObjectInfo into(MemorySegment region) throws ObjectStoreException;
  }

  /** Takes memory and fills it; it is given back if that fails. */
  public static ObjectBytes filled(
      LoanPool pool, long byteOffset, long byteSize, Attempt what, Filling filling)
      throws ObjectStoreException {
    Slot slot = take(pool, Math.max(1, byteSize), what);
    try {
      ObjectInfo info = filling.into(slot.writable.asSlice(0, byteSize));
      return new ObjectBytes(info, byteOffset, slot.bytes.slice(0, byteSize), slot::close);
    } catch (ObjectStoreException | RuntimeException e) {
      slot.close();
      throw e;
    }
  }

  /**
   * A view of native memory that any thread may access, for as long as the caller guarantees that
   * the memory stays.
   */
  @SuppressWarnings("restricted") // the callers keep the memory until no thread is inside
  public static MemorySegment alias(MemorySegment memory) {
    return MemorySegment.ofAddress(memory.address())
        .reinterpret(memory.byteSize(), Arena.global(), null);
  }

  /** The memory to fill. */
  public MemorySegment writable() {
    return writable;
  }

  /** The memory, read-only. */
  public SegmentedBytes bytes() {
    return bytes;
  }

  @Override
  public void close() {
    loan.close();
  }
}
