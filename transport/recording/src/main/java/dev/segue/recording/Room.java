package dev.segue.recording;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for room in a pool for as long as it takes to play what is in it. */
final class Room {
  private static final long LOOK_AGAIN_MILLIS = 1;

  private Room() {}

  static void await(LoanPool pool, long byteSize) throws InterruptedIOException {
    boolean _ = await(pool, byteSize, () -> false);
  }

  /** Returns whether there is room; gives up when the caller says so. */
  static boolean await(LoanPool pool, long byteSize, BooleanSupplier givesUp)
      throws InterruptedIOException {
    while (true) {
      Optional<Loan> probe = pool.tryLoan(byteSize);
      if (probe.isPresent()) {
        probe.get().close();
        return true;
      }
      if (givesUp.getAsBoolean()) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted = new InterruptedIOException("replay: interrupted");
        interrupted.initCause(e);
        throw interrupted;
      }
    }
  }
}
