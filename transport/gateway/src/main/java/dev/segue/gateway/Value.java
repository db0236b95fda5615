package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.Sample;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A sample that was kept, with its payload where the core put it; a small payload is a copy, since
 * to keep a sample and to let it go costs more.
 *
 * <p>Owner: all that acquired it; it starts with one. Lifetime: until the last of them releases it.
 * Threads: any.
 */
final class Value {
  /** Up to here a payload is copied. */
  static final int SMALL_BYTE_SIZE = 1024;

  private static final CopyLedger.Site SMALL =
      CopyLedger.site("gateway.smallPayloads", "to keep a small sample costs more than its copy");

  private static final AtomicLong HELD = new AtomicLong();
  private static final AtomicLong NEXT_ID = new AtomicLong();

  private final long id = NEXT_ID.incrementAndGet();
  private final Metadata metadata;
  private final @Nullable Sample sample;
  private final @Nullable Loan loan;
  private final SegmentedBytes small;
  private final AtomicInteger holders = new AtomicInteger(1);

  private Value(
      Metadata metadata, @Nullable Sample sample, @Nullable Loan loan, SegmentedBytes small) {
    this.metadata = metadata;
    this.sample = sample;
    this.loan = loan;
    this.small = small;
    long _ = HELD.incrementAndGet();
  }

  /** Keeps a handler's sample, whose thread this must be. */
  static Value keep(Sample sample, Metadata metadata, LoanPool pool) {
    long byteSize = metadata.payloadByteSize();
    if (byteSize == 0) {
      return new Value(metadata, null, null, SegmentedBytes.empty());
    }
    Loan loan = byteSize > SMALL_BYTE_SIZE ? null : pool.tryLoan(byteSize).orElse(null);
    if (loan == null) {
      return new Value(metadata, sample.retain(), null, SegmentedBytes.empty());
    }
    Lend.copyTo(SMALL, sample.payload(), 0, loan.segment(), 0, byteSize);
    return new Value(metadata, null, loan, loan.handOver());
  }

  /** How many there are in this process that somebody holds. */
  static long heldCount() {
    return HELD.get();
  }

  /** Of this value alone, in this process. */
  long id() {
    return id;
  }

  Metadata metadata() {
    return metadata;
  }

  /** The payload; valid as long as the caller holds the value, for any thread. */
  SegmentedBytes payload() {
    return sample == null ? small : sample.payload();
  }

  /** One more holds it. False when the last one has let go of it. */
  boolean tryAcquire() {
    int before;
    do {
      before = holders.get();
      if (before == 0) {
        return false;
      }
    } while (!holders.compareAndSet(before, before + 1));
    return true;
  }

  void acquire() {
    if (!tryAcquire()) {
      throw new IllegalStateException("acquire of a value of " + metadata.key() + ": it has ended");
    }
  }

  void release() {
    int left = holders.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException(
          "release of a value of " + metadata.key() + ": nobody has it");
    }
    if (left == 0) {
      long _ = HELD.decrementAndGet();
      if (sample != null) {
        sample.close();
      }
      if (loan != null) {
        loan.close();
      }
    }
  }

  @Override
  public String toString() {
    return "Value[" + metadata.key() + ", sequence=" + metadata.sequence() + "]";
  }
}
