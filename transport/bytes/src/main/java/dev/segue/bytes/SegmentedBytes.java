package dev.segue.bytes;

import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.Pending;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An immutable run of bytes that lie in one or more read-only off-heap segments, never joined.
 *
 * <p>Worked example: a Cap'n Proto message of 40 B of header and an 11.25 MiB frame is two
 * segments; the directory of their ends makes {@code slice} and {@code byteAt} a binary search.
 *
 * <pre>
 *   segments  [ 40 B ][ 11,796,480 B                         ]
 *   ends          40                                 11,796,520
 *   slice(36, 8)  [4 B][4 B]            a view: two segments, no byte moved
 * </pre>
 *
 * <p>Owner: whoever owns the memory behind the segments; a {@link Loan} or a {@link LendingArena}
 * stays allocated for as long as this object is lent, memory of any other arena is the caller's to
 * keep open until {@link #released()} completes. Lifetime: a view, valid while that memory is;
 * after that every access, by this object or by any view of it, throws {@link
 * IllegalStateException}. Threads: any, as far as the memory's own arena allows.
 *
 * <p>Equality and hash are by content. Only {@link #segments()} shows how the bytes are laid out.
 */
public final class SegmentedBytes extends LeaseCount {
  private static final SegmentedBytes EMPTY =
      new SegmentedBytes(MemorySegment.NULL, null, new Layout(new MemorySegment[0], null));
  private static final CopyLedger.Site COPY_OUT =
      CopyLedger.site("bytes.copyTo", "the caller asked for its own copy of the bytes");

  static {
    Lend.grant(new LendAccess());
  }

  // A payload of one segment, the usual one, has no layout: 40 B and its segment are all it costs.
  private final MemorySegment first;
  private final @Nullable MemoryOwner firstOwner;
  private final @Nullable Layout layout;
  private int hash;

  /**
   * The end of {@link #released()}: on a thread of its own, as soon as the heap has room for it.
   */
  private static final class Completion extends Pending {
    private final Runnable complete;

    Completion(CompletableFuture<Void> future) {
      this.complete = () -> future.complete(null);
    }

    @Override
    protected boolean attempt() {
      Thread.ofVirtual().name("segue-released").start(complete);
      return true;
    }
  }

  /** Other than one segment, and whose they are if any is owned. */
  private static final class Layout {
    final MemorySegment[] segments;
    final @Nullable MemoryOwner @Nullable [] owners;

    /** The end of each of them; null for two, a header and a frame, which need no directory. */
    private final long @Nullable [] ends;

    Layout(MemorySegment[] segments, @Nullable MemoryOwner @Nullable [] owners) {
      this.segments = segments;
      this.owners = owners;
      this.ends = endsOf(segments);
    }

    private static long @Nullable [] endsOf(MemorySegment[] segments) {
      if (segments.length == 2) {
        Math.addExact(segments[0].byteSize(), segments[1].byteSize());
        return null;
      }
      long[] ends = new long[segments.length];
      long end = 0;
      for (int i = 0; i < segments.length; i++) {
        end = Math.addExact(end, segments[i].byteSize());
        ends[i] = end;
      }
      return ends;
    }

    long byteSize() {
      return segments.length == 0 ? 0 : endOf(segments.length - 1);
    }

    long endOf(int index) {
      if (ends != null) {
        return ends[index];
      }
      return segments[0].byteSize() + (index == 0 ? 0 : segments[1].byteSize());
    }

    int indexOf(long byteOffset) {
      if (byteOffset < segments[0].byteSize()) {
        return 0;
      }
      if (ends == null) {
        return 1;
      }
      int found = Arrays.binarySearch(ends, byteOffset);
      return found >= 0 ? found + 1 : -found - 1;
    }
  }

  private SegmentedBytes(
      MemorySegment first, @Nullable MemoryOwner firstOwner, @Nullable Layout layout) {
    this.first = first;
    this.firstOwner = firstOwner;
    this.layout = layout;
  }

  /** Of segments that are known to be non-empty, read-only and native. */
  static SegmentedBytes of(MemorySegment[] segments, @Nullable MemoryOwner @Nullable [] owners) {
    return switch (segments.length) {
      case 0 -> EMPTY;
      case 1 -> of(segments[0], owners == null ? null : owners[0]);
      default -> new SegmentedBytes(segments[0], null, new Layout(segments, owners));
    };
  }

  static SegmentedBytes of(MemorySegment segment, @Nullable MemoryOwner owner) {
    return new SegmentedBytes(segment, owner, null);
  }

  /** No bytes at all. */
  public static SegmentedBytes empty() {
    return EMPTY;
  }

  /**
   * Wraps or copies segments, in their order; empty ones are dropped.
   *
   * @param copy {@code false} to borrow: each segment must be native (or mapped) and read-only, and
   *     its bytes must stay alive and unchanged while this object is in use; the cost grows with
   *     the number of segments alone. {@code true} to copy any segment, once, into memory of its
   *     own.
   * @throws IllegalArgumentException if {@code copy} is {@code false} and a segment is on the heap
   *     or writable; the message names its index and what to do
   * @throws ArithmeticException if the sizes add up to more than {@link Long#MAX_VALUE}
   */
  public static SegmentedBytes fromSegments(List<? extends MemorySegment> segments, boolean copy) {
    MemorySegment[] given = segments.toArray(new MemorySegment[segments.size()]);
    return copy ? Borrowing.copied(given) : Borrowing.borrowed(given);
  }

  /**
   * Borrows segments, in their order: {@link #fromSegments(List, boolean)} without a copy.
   *
   * @throws IllegalArgumentException if a segment is on the heap or writable
   */
  public static SegmentedBytes borrow(MemorySegment... segments) {
    return Borrowing.borrowed(segments.clone());
  }

  /** Copies segments, in their order: {@link #fromSegments(List, boolean)} with a copy. */
  public static SegmentedBytes copyOf(MemorySegment... segments) {
    return Borrowing.copied(segments);
  }

  /** {@link #fromSegments(List, boolean)} of an array. */
  public static SegmentedBytes fromSegments(MemorySegment[] segments, boolean copy) {
    return copy ? Borrowing.copied(segments) : Borrowing.borrowed(segments.clone());
  }

  /**
   * {@link #fromSegments(List, boolean)} of NIO buffers, each from its position to its limit; the
   * positions stay as they are.
   */
  public static SegmentedBytes fromBuffers(List<? extends ByteBuffer> buffers, boolean copy) {
    MemorySegment[] given = new MemorySegment[buffers.size()];
    for (int i = 0; i < given.length; i++) {
      given[i] = MemorySegment.ofBuffer(buffers.get(i));
    }
    return copy ? Borrowing.copied(given) : Borrowing.borrowed(given);
  }

  /** A copy of an array, in memory that the garbage collector frees. */
  public static SegmentedBytes copyOf(byte[] bytes) {
    return Borrowing.copied(new MemorySegment[] {MemorySegment.ofArray(bytes)});
  }

  /** A copy of a text in UTF-8, in memory that the garbage collector frees. */
  public static SegmentedBytes copyOfUtf8(String text) {
    return copyOf(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes of all parts in their order: a list of their segments, nothing joined. */
  public static SegmentedBytes concat(List<SegmentedBytes> parts) {
    int count = 0;
    boolean owned = false;
    for (SegmentedBytes part : parts) {
      count += part.segmentCount();
      owned |= part.isOwned();
    }
    MemorySegment[] all = new MemorySegment[count];
    @Nullable MemoryOwner[] allOwners = owned ? new MemoryOwner[count] : null;
    int at = 0;
    for (SegmentedBytes part : parts) {
      for (int i = 0; i < part.segmentCount(); i++, at++) {
        all[at] = part.segmentAt(i);
        if (allOwners != null) {
          allOwners[at] = part.ownerAt(i);
        }
      }
    }
    return of(all, allOwners);
  }

  /** Of one read-only native segment and what owns its memory, if anything of ours does. */
  static SegmentedBytes ofOwned(MemorySegment segment, @Nullable MemoryOwner owner) {
    Borrowing.checkBorrowable(segment, 0);
    return segment.byteSize() == 0 ? EMPTY : of(segment, owner);
  }

  /** Returns the number of bytes. */
  public long byteSize() {
    return layout == null ? first.byteSize() : layout.byteSize();
  }

  /** Returns whether the byte size is 0. */
  public boolean isEmpty() {
    return byteSize() == 0;
  }

  /** Returns the number of segments; none of them is empty. */
  public int segmentCount() {
    return layout == null ? 1 : layout.segments.length;
  }

  /**
   * The read-only segment at an index of the layout: a view that ends with the memory.
   *
   * @throws IndexOutOfBoundsException if {@code index} is not below {@link #segmentCount()}
   * @throws IllegalStateException if the memory was a loan's and has gone back
   */
  public MemorySegment segment(int index) {
    Objects.checkIndex(index, segmentCount());
    MemoryOwner owner = ownerAt(index);
    return owner == null ? segmentAt(index) : owner.view(segmentAt(index));
  }

  /**
   * The read-only segments in their order: views that end with the memory.
   *
   * <p>Of memory of a {@link Loan}, the first call makes an arena, whose end costs a handshake with
   * all threads when the memory goes back. Reading through this object, and lending it, does not.
   *
   * @throws IllegalStateException if the memory was a loan's and has gone back
   */
  public List<MemorySegment> segments() {
    MemorySegment[] views = new MemorySegment[segmentCount()];
    for (int i = 0; i < views.length; i++) {
      views[i] = segment(i);
    }
    return List.of(views);
  }

  /**
   * A view of a part: only the list of segments is new.
   *
   * @throws IndexOutOfBoundsException if the range is not within {@link #byteSize()}
   */
  public SegmentedBytes slice(long byteOffset, long byteSize) {
    Objects.checkFromIndexSize(byteOffset, byteSize, byteSize());
    if (byteSize == 0) {
      return EMPTY;
    }
    if (byteSize == byteSize()) {
      return this;
    }
    int from = indexOf(byteOffset);
    int last = indexOf(byteOffset + byteSize - 1);
    if (from == last) {
      return of(segmentAt(from).asSlice(byteOffset - startOf(from), byteSize), ownerAt(from));
    }
    MemorySegment[] part = new MemorySegment[last - from + 1];
    @Nullable MemoryOwner[] partOwners = isOwned() ? new MemoryOwner[part.length] : null;
    for (int i = 0; i < part.length; i++) {
      part[i] = segmentAt(from + i);
      if (partOwners != null) {
        partOwners[i] = ownerAt(from + i);
      }
    }
    part[0] = part[0].asSlice(byteOffset - startOf(from));
    part[part.length - 1] = part[part.length - 1].asSlice(0, byteOffset + byteSize - startOf(last));
    return of(part, partOwners);
  }

  /** {@link #slice(long, long)} from an offset to the end. */
  public SegmentedBytes slice(long byteOffset) {
    Objects.checkFromToIndex(byteOffset, byteSize(), byteSize());
    return slice(byteOffset, byteSize() - byteOffset);
  }

  /**
   * One byte.
   *
   * @throws IndexOutOfBoundsException if {@code byteOffset} is not below {@link #byteSize()}
   */
  public byte byteAt(long byteOffset) {
    Objects.checkIndex(byteOffset, byteSize());
    int index = indexOf(byteOffset);
    return Access.byteAt(this, index, byteOffset - startOf(index));
  }

  /** A new reader at the first byte. */
  public BytesReader reader() {
    return new BytesReader(this);
  }

  /**
   * Copies a range into a segment.
   *
   * @throws IndexOutOfBoundsException if either range is out of bounds
   */
  public void copyTo(long byteOffset, MemorySegment target, long targetByteOffset, long byteSize) {
    copyTo(COPY_OUT, byteOffset, target, targetByteOffset, byteSize);
  }

  /** Copies all bytes to the start of a segment that is at least as large. */
  public void copyTo(MemorySegment target) {
    copyTo(0, target, 0, byteSize());
  }

  /**
   * Copies all bytes into a new array.
   *
   * @throws OutOfMemoryError if there are more than an array can hold
   */
  public byte[] copyToByteArray() {
    if (byteSize() > Integer.MAX_VALUE - 8) {
      throw new OutOfMemoryError("byteSize=" + byteSize() + " does not fit into a byte[]");
    }
    byte[] array = new byte[(int) byteSize()];
    copyTo(MemorySegment.ofArray(array));
    return array;
  }

  /** The bytes decoded as UTF-8; malformed input becomes U+FFFD. */
  public String copyToUtf8String() {
    return new String(copyToByteArray(), StandardCharsets.UTF_8);
  }

  /** Copies a range into a segment on behalf of a place, which counts the bytes. */
  void copyTo(
      CopyLedger.Site site,
      long byteOffset,
      MemorySegment target,
      long targetByteOffset,
      long byteSize) {
    Objects.checkFromIndexSize(byteOffset, byteSize, byteSize());
    Objects.checkFromIndexSize(targetByteOffset, byteSize, target.byteSize());
    Access.copy(this, byteOffset, target, targetByteOffset, byteSize);
    site.record(byteSize);
  }

  /**
   * Read-only views as NIO buffers in big-endian order, as {@link ByteBuffer} has it by default; a
   * segment of more than 1 GiB becomes several. They end as {@link #segments()} do.
   *
   * @throws IllegalStateException if the memory was a loan's and has gone back
   */
  public List<ByteBuffer> asByteBuffers() {
    List<ByteBuffer> views = new ArrayList<>(segmentCount());
    for (MemorySegment segment : segments()) {
      Access.addBuffers(segment, views);
    }
    return views;
  }

  /** The bytes as a stream; closing it does nothing. One thread at a time. */
  public InputStream asInputStream() {
    return new BytesInputStream(reader());
  }

  /**
   * Returns whether a part of the library (the Zenoh core, a socket, an upload) still reads the
   * bytes.
   *
   * <p>A slice and what it was cut from are lent each on its own, unless the slice is all of it.
   */
  public boolean isLent() {
    return hasLeases();
  }

  /**
   * Completes when nobody that these bytes were lent to holds them any more: then memory of a
   * foreign arena may be closed or changed, and memory of this library whose loan or arena is
   * closed has gone back. Complete already when nothing is lent.
   *
   * <p>What depends on it may block: it runs on a thread that does nothing else.
   */
  public CompletionStage<Void> released() {
    CompletableFuture<Void> future = new CompletableFuture<>();
    if (hasLeases()) {
      whenUnlent(new Completion(future)::settle);
    } else {
      future.complete(null);
    }
    return future.minimalCompletionStage();
  }

  /**
   * Waits until nobody that these bytes were lent to holds them any more.
   *
   * @return whether that is so; false after {@code timeout}
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean awaitReleased(Duration timeout) throws InterruptedException {
    return awaitUnlent(Nanos.of(timeout));
  }

  /** Returns whether memory of this library is among it. */
  boolean isOwned() {
    return firstOwner != null || (layout != null && layout.owners != null);
  }

  @Nullable MemoryOwner ownerAt(int index) {
    if (layout == null) {
      return firstOwner;
    }
    @Nullable MemoryOwner[] owners = layout.owners;
    return owners == null ? null : owners[index];
  }

  MemorySegment segmentAt(int index) {
    return layout == null ? first : layout.segments[index];
  }

  long startOf(int index) {
    return layout == null || index == 0 ? 0 : layout.endOf(index - 1);
  }

  /** The index of the segment that holds the byte at {@code byteOffset}, which must exist. */
  int indexOf(long byteOffset) {
    return layout == null ? 0 : layout.indexOf(byteOffset);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    return other instanceof SegmentedBytes that
        && byteSize() == that.byteSize()
        && Access.sameContent(this, that);
  }

  /** The CRC32C of the content: the same for every layout, at memory speed, computed once. */
  @Override
  public int hashCode() {
    int known = hash;
    if (known == 0) {
      CRC32C crc = new CRC32C();
      Access.update(crc, this);
      known = (int) crc.getValue();
      hash = known;
    }
    return known;
  }

  @Override
  public String toString() {
    return "SegmentedBytes[byteSize=" + byteSize() + ", segmentCount=" + segmentCount() + "]";
  }
}
