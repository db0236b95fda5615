package dev.segue.tensor;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the memory of several tensors, all or none: who held some and waited for the rest could
 * wait for itself, or for another one who does the same.
 */
final class TensorLoans {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);
  private static final long LOOK_AGAIN_MILLIS = 5;

  /** Somebody may take some between the look at the pool and the try, though not each time. */
  private static final int VAIN_LIMIT = 3;

  private TensorLoans() {}

  /**
   * Waits for room.
   *
   * @param what it is for, for messages
   * @throws ObjectStoreException with reason RANGE if the pool has no room for all of them, also
   *     where nobody else holds any; CANCELLED if the thread is interrupted
   */
  static List<Loan> take(LoanPool pool, List<Long> byteSizes, String what)
      throws ObjectStoreException {
    long total = 0;
    for (long byteSize : byteSizes) {
      total += byteSize;
      if (total < 0 || total > pool.capacityByteSize()) {
        throw beyond(pool, total, what);
      }
    }
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    int vainCount = 0;
    while (true) {
      // What others hold may come back; where nobody holds any, there will never be more.
      boolean isAllFree = pool.availableByteSize() >= pool.capacityByteSize();
      List<Loan> loans = tryTake(pool, byteSizes);
      if (loans.size() == byteSizes.size()) {
        return loans;
      }
      vainCount = isAllFree ? vainCount + 1 : 0;
      if (vainCount == VAIN_LIMIT) {
        throw beyond(pool, total, what);
      }
      if (System.nanoTime() - deadline > 0) {
        throw new ObjectStoreException(
            Reason.OTHER,
            what
                + ": no memory of byteSize="
                + total
                + " in timeoutMillis="
                + TIMEOUT.toMillis()
                + ", the pool has availableByteSize="
                + pool.availableByteSize());
      }
      try {
        Thread.sleep(LOOK_AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        ObjectStoreException cancelled =
            new ObjectStoreException(Reason.CANCELLED, what + ": interrupted");
        cancelled.initCause(e);
        throw cancelled;
      }
    }
  }

  private static ObjectStoreException beyond(LoanPool pool, long byteSize, String what) {
    return new ObjectStoreException(
        Reason.RANGE,
        what
            + ": the pool has no room for byteSize="
            + byteSize
            + " together, capacityByteSize="
            + pool.capacityByteSize());
  }

  /** All of them, or none. */
  private static List<Loan> tryTake(LoanPool pool, List<Long> byteSizes) {
    List<Loan> loans = new ArrayList<>();
    boolean isComplete = false;
    try {
      for (long byteSize : byteSizes) {
        var loan = pool.tryLoan(byteSize);
        if (loan.isEmpty()) {
          return List.of();
        }
        loans.add(loan.get());
      }
      isComplete = true;
      return loans;
    } finally {
      if (!isComplete) {
        loans.forEach(Loan::close);
      }
    }
  }
}
