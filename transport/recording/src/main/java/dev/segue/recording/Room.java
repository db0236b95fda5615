package dev.segue.recording;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.objectstore.ObjectBytes;
import dev.segue.objectstore.ObjectReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Waits for room in a pool for as long as it takes to play what is in it. */
final class Room {
  private static final long LOOK_AGAIN_MILLIS = 1;

  private Room() {}

  /** Returns the room, which nobody else gets then; empty when the caller gives up. */
  static Optional<Loan> await(LoanPool pool, long byteSize, BooleanSupplier givesUp)
      throws InterruptedIOException {
    while (true) {
      Optional<Loan> room = pool.tryLoan(byteSize);
      if (room.isPresent() || givesUp.getAsBoolean()) {
        return room;
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

  /** Reads a range into room that there is, or else into memory of its own. */
  static ObjectBytes read(ObjectReader reader, long byteOffset, long byteSize, Optional<Loan> room)
      throws IOException {
    if (room.isPresent()) {
      try (Taken taken = new Taken(room.get())) {
        return reader.range(byteOffset, byteSize, taken);
      }
    }
    try (OffHeapPool own = new OffHeapPool(Math.max(4096, byteSize))) {
      return reader.range(byteOffset, byteSize, own);
    }
  }

  /** A loan that there is already, for who takes it first; it is given back if nobody does. */
  private static final class Taken implements LoanPool {
    private final long byteSize;
    private @Nullable Loan loan;

    Taken(Loan loan) {
      this.byteSize = loan.byteSize();
      this.loan = loan;
    }

    @Override
    public Optional<Loan> tryLoan(long wanted) {
      Loan there = loan;
      loan = null;
      return Optional.ofNullable(there);
    }

    @Override
    public Optional<Loan> tryLoan(long wanted, Duration timeout) {
      return tryLoan(wanted);
    }

    @Override
    public long capacityByteSize() {
      return byteSize;
    }

    @Override
    public long availableByteSize() {
      return loan == null ? 0 : byteSize;
    }

    @Override
    public void close() {
      Loan left = loan;
      loan = null;
      if (left != null) {
        left.close();
      }
    }
  }
}
