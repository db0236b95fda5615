package dev.segue.capnproto;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.capnproto.Allocator;
import org.jspecify.annotations.Nullable;

/**
 * Gives each segment of a message a loan of its own, from its first byte on.
 *
 * <p>A segment that is asked for is zeroed whole, as Cap'n Proto needs; one that was captured
 * before is given out as it is. Segments for small objects double in size, so that a message of
 * many has few; a large object gets exactly what it needs.
 */
final class LoanAllocator implements Allocator {
  private static final int LARGEST_GROWTH_BYTE_SIZE = 1 << 22;

  /** A list that has more elements than a pointer can count has more bytes, even of bits. */
  private static final int LARGEST_COUNTED_BYTE_SIZE = 1 << 26;

  private static final int LIST = 1;
  private static final int COMPOSITE = 7;
  private static final int[] ELEMENT_BITS = {0, 1, 8, 16, 32, 64, 64};
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final LoanPool pool;
  private final List<Loan> loans = new ArrayList<>(4);
  private int nextByteSize;
  private boolean ended;
  private @Nullable Loan offered;
  private int offeredByteSize;
  private @Nullable List<Large> large;

  /** A segment that was asked for with room for one large object behind its landing pad. */
  private record Large(Loan loan, int byteSize) {
    private long objectWordCount() {
      return byteSize / Long.BYTES - 1L;
    }
  }

  LoanAllocator(LoanPool pool) {
    this.pool = pool;
  }

  /** The first segment, behind {@code headByteSize} bytes that stay free for the segment table. */
  ByteBuffer first(LoanPool headPool, int headByteSize, int loanByteSize) {
    Loan loan = kept(headPool.loan(loanByteSize));
    nextByteSize = loanByteSize;
    return zeroed(loan.segment().asSlice(headByteSize));
  }

  /** The next segment that is asked for is this loan's first {@code byteSize} bytes. */
  void offer(Loan loan, int byteSize) {
    offered = loan;
    offeredByteSize = byteSize;
  }

  /** Returns whether the initializer of a field that is being embedded is running. */
  boolean isOffering() {
    return offered != null;
  }

  /** Takes an offer back, and returns whether it was still there. */
  boolean withdraw() {
    boolean open = offered != null;
    offered = null;
    return open;
  }

  @Override
  public ByteBuffer allocateSegment(int minimumByteSize) {
    if (ended) {
      throw new IllegalStateException(
          "segment of byteSize=" + minimumByteSize + ": the message was handed over or closed");
    }
    Loan captured = offered;
    if (captured != null) {
      if (minimumByteSize != offeredByteSize) {
        throw new IllegalStateException(
            "embedding of captured data: the field was initialized with another size, segment"
                + " byteSize="
                + minimumByteSize
                + ", expected byteSize="
                + offeredByteSize);
      }
      loans.add(captured);
      offered = null;
      return captured.segment().asSlice(0, minimumByteSize).asByteBuffer();
    }
    Loan loan = kept(loan(minimumByteSize));
    if (minimumByteSize > LARGEST_COUNTED_BYTE_SIZE) {
      List<Large> known = large == null ? new ArrayList<>() : large;
      known.add(new Large(loan, minimumByteSize));
      large = known;
    }
    return zeroed(loan.segment());
  }

  /**
   * Checks that large lists are as long as their pointers say: the runtime takes any length, and
   * cuts off what the 29 bits of a pointer can't count.
   *
   * @throws IllegalStateException if one isn't
   */
  void checkCounts() {
    List<Large> known = large;
    if (known == null) {
      return;
    }
    for (Large each : known) {
      long pad = each.loan.segment().get(WORD, 0);
      long count = pad >>> 35;
      // A field that was cleared since then has none.
      if ((pad & 3) == LIST && wordCount((int) (pad >>> 32) & 7, count) < each.objectWordCount()) {
        throw new IllegalStateException(
            "hand-over of a message with a list of byteSize="
                + each.objectWordCount() * Long.BYTES
                + ": a list, text or data has at most 2^29 - 1 elements, and this one would be"
                + " read with count="
                + count);
      }
    }
  }

  private static long wordCount(int elementSize, long count) {
    return elementSize == COMPOSITE
        ? count + 1
        : (count * ELEMENT_BITS[elementSize] + Long.SIZE - 1) / Long.SIZE;
  }

  /** The loan, which goes back where the heap has no room to note it. */
  private Loan kept(Loan loan) {
    boolean isKept = false;
    try {
      loans.add(loan);
      isKept = true;
      return loan;
    } finally {
      if (!isKept) {
        loan.close();
      }
    }
  }

  private Loan loan(int minimumByteSize) {
    if (minimumByteSize >= nextByteSize) {
      return pool.loan(minimumByteSize);
    }
    int wanted = nextByteSize;
    nextByteSize = Math.clamp(2L * wanted, wanted, Math.max(wanted, LARGEST_GROWTH_BYTE_SIZE));
    if (wanted <= pool.capacityByteSize()) {
      Loan loan = pool.tryLoan(wanted).orElse(null);
      if (loan != null) {
        return loan;
      }
    }
    return pool.loan(minimumByteSize);
  }

  private static ByteBuffer zeroed(MemorySegment segment) {
    return segment.fill((byte) 0).asByteBuffer();
  }

  MemorySegment head() {
    return loans.getFirst().segment();
  }

  /** Ends the filling of the segment at {@code index} and gives its first bytes. */
  SegmentedBytes handOver(int index, long byteSize) {
    return loans.get(index).handOver(byteSize);
  }

  void end() {
    ended = true;
  }

  void close() {
    // First: a thread that may not close the loans changes nothing. Without an iterator, for which
    // a
    // full heap may have no room.
    for (int i = 0; i < loans.size(); i++) {
      loans.get(i).close();
    }
    ended = true;
  }
}
