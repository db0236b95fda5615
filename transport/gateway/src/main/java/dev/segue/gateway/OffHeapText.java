package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Off-heap memory for what is written around payloads: a pool's, so that it goes back as soon as it
 * was sent, and only when that is used up the garbage collector's.
 */
final class OffHeapText {
  private static final CopyLedger.Site HEADS =
      CopyLedger.site("gateway.heads", "what is told of a sample is made on the heap");

  private OffHeapText() {}

  /** Bytes and what is to be closed as soon as they are lent. */
  record Lent(SegmentedBytes bytes, List<Loan> owners) {}

  static Lent copyOfUtf8(String text, LoanPool pool) {
    return copyOf(text.getBytes(StandardCharsets.UTF_8), pool);
  }

  static Lent copyOf(byte[] bytes, LoanPool pool) {
    Optional<Loan> taken =
        bytes.length == 0 || bytes.length > pool.capacityByteSize()
            ? Optional.empty()
            : pool.tryLoan(bytes.length);
    if (taken.isEmpty()) {
      return new Lent(SegmentedBytes.copyOf(bytes), List.of());
    }
    Loan loan = taken.get();
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, loan.segment(), 0, bytes.length);
    HEADS.record(bytes.length);
    return new Lent(loan.handOver(), List.of(loan));
  }
}
