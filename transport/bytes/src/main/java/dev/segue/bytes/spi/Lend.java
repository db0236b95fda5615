package dev.segue.bytes.spi;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Lends bytes to the transports of this library and gives them the raw memory for that time.
 *
 * <pre>
 *   Lend.begin(bytes)                      the memory can't go back from here on
 *     Lend.segment(bytes, i), Lend.byteBuffers(bytes)      raw: no arena is made, nothing checks
 *   Lend.end(bytes)                        on any thread
 * </pre>
 *
 * <p>What {@code SegmentedBytes.segments()} gives is safe for ever and costs an arena per loan;
 * what this class gives costs nothing and must not be touched after {@link #end}.
 */
public final class Lend {
  private static volatile @Nullable Access access;

  /** The access that the package of the public API grants to this class. */
  public abstract static class Access {
    /** For that package alone. */
    protected Access() {}

    /** See {@link Lend#begin}. */
    protected abstract void begin(SegmentedBytes bytes);

    /** See {@link Lend#end}. */
    protected abstract void end(SegmentedBytes bytes);

    /** See {@link Lend#whenReleased}. */
    protected abstract void whenReleased(SegmentedBytes bytes, Runnable action);

    /** See {@link Lend#segment}. */
    protected abstract MemorySegment segment(SegmentedBytes bytes, int index);

    /** See {@link Lend#byteBuffers}. */
    protected abstract List<ByteBuffer> byteBuffers(SegmentedBytes bytes);

    /** See {@link Lend#owner}. */
    protected abstract @Nullable MemoryOwner owner(SegmentedBytes bytes, int index);

    /** See {@link Lend#ofOwned}. */
    protected abstract SegmentedBytes ofOwned(MemorySegment memory, @Nullable MemoryOwner owner);

    /** See {@link Lend#copyTo}. */
    protected abstract void copyTo(
        CopyLedger.Site site,
        SegmentedBytes bytes,
        long byteOffset,
        MemorySegment target,
        long targetByteOffset,
        long byteSize);

    /** See {@link Lend#update}. */
    protected abstract void update(Checksum checksum, SegmentedBytes bytes);

    /** See {@link Lend#loanOf}. */
    protected abstract Loan loanOf(LoanMemory memory);

    /** See {@link Lend#handOver}. */
    protected abstract LoanMemory handOver(Loan loan);
  }

  private Lend() {}

  /** For the package of the public API alone. */
  public static void grant(Access granted) {
    if (access != null) {
      throw new IllegalStateException("grant of access: it was granted before");
    }
    access = granted;
  }

  /** Holds it in a class of its own, so that a call is a constant for the compiler. */
  private static final class Granted {
    static final Access ACCESS = granted();

    private static Access granted() {
      SegmentedBytes.empty(); // its class grants
      return Objects.requireNonNull(access);
    }
  }

  /**
   * Begins to lend: memory of this library stays until the matching {@link #end}. No bytes at all
   * are never lent: the one empty value is everybody's.
   *
   * @throws IllegalStateException if the memory has been given back or freed
   */
  public static void begin(SegmentedBytes bytes) {
    Granted.ACCESS.begin(bytes);
  }

  /**
   * Ends one {@link #begin}, from any thread. Never runs code of a user's.
   *
   * @throws IllegalStateException if nothing is lent
   */
  public static void end(SegmentedBytes bytes) {
    Granted.ACCESS.end(bytes);
  }

  /**
   * Runs {@code action} when nothing is lent any more and the memory has gone back if it was to: at
   * once, or on the thread that ends the last lease. So it must neither block nor throw; {@link
   * SegmentedBytes#released()} is for code that may.
   */
  public static void whenReleased(SegmentedBytes bytes, Runnable action) {
    Granted.ACCESS.whenReleased(bytes, action);
  }

  /**
   * The raw read-only memory of a segment, for the code that lends the bytes at that time.
   *
   * @throws IndexOutOfBoundsException if {@code index} is not below the count of segments
   */
  public static MemorySegment segment(SegmentedBytes bytes, int index) {
    return Granted.ACCESS.segment(bytes, index);
  }

  /**
   * The raw memory as NIO buffers of at most 1 GiB, for the code that lends the bytes at that time.
   */
  public static List<ByteBuffer> byteBuffers(SegmentedBytes bytes) {
    return Granted.ACCESS.byteBuffers(bytes);
  }

  /** The owner of a segment's memory, or null where its arena alone decides. */
  public static @Nullable MemoryOwner owner(SegmentedBytes bytes, int index) {
    return Granted.ACCESS.owner(bytes, index);
  }

  /**
   * Wraps one read-only native segment together with what owns its memory (none when the segment's
   * arena alone decides).
   *
   * @throws IllegalArgumentException if the segment is on the heap or writable
   */
  public static SegmentedBytes ofOwned(MemorySegment memory, @Nullable MemoryOwner owner) {
    return Granted.ACCESS.ofOwned(memory, owner);
  }

  /**
   * Copies a range into a segment on behalf of {@code site}, which counts the bytes.
   *
   * @throws IndexOutOfBoundsException if either range is out of bounds
   */
  public static void copyTo(
      CopyLedger.Site site,
      SegmentedBytes bytes,
      long byteOffset,
      MemorySegment target,
      long targetByteOffset,
      long byteSize) {
    Granted.ACCESS.copyTo(site, bytes, byteOffset, target, targetByteOffset, byteSize);
  }

  /** Adds all bytes to a checksum, where they lie. */
  public static void update(Checksum checksum, SegmentedBytes bytes) {
    Granted.ACCESS.update(checksum, bytes);
  }

  /** The loan that a pool gives out of memory of its own. */
  public static Loan loanOf(LoanMemory memory) {
    return Granted.ACCESS.loanOf(memory);
  }

  /**
   * Like {@link Loan#handOver()}, but returns the memory itself instead of making bytes of it.
   *
   * @throws IllegalStateException as {@link Loan#handOver()}
   * @throws WrongThreadException as {@link Loan#handOver()}
   */
  public static LoanMemory handOver(Loan loan) {
    return Granted.ACCESS.handOver(loan);
  }
}
