package dev.segue.bytes;

import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
 * after it every access throws {@link IllegalStateException}. Threads: any, as far as the memory's
 * own arena allows.
 *
 * <p>Equality and hash are by content. How the bytes lie is seen through {@link #segments()} alone.
 */
public final class SegmentedBytes {
  private static final SegmentedBytes EMPTY =
      new SegmentedBytes(MemorySegment.NULL, new MemorySegment[0], new long[0], null, null);
  private static final CopyLedger.Site COPY_IN =
      CopyLedger.site("bytes.fromSegments", "the caller asked for copy = true");
  private static final CopyLedger.Site COPY_OUT =
      CopyLedger.site("bytes.copyTo", "the caller asked for its own copy of the bytes");

  // Below what the JDK takes, which is no power of two, so that the parts stay aligned.
  private static final long LARGEST_BUFFER = 1L << 30;

  private static final VarHandle LENDING;

  static {
    try {
      LENDING =
          MethodHandles.lookup().findVarHandle(SegmentedBytes.class, "lending", Lending.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // A payload of one segment, the usual one, has no arrays: 48 B and its segment are all it costs.
  private final MemorySegment first;
  private final MemorySegment @Nullable [] segments;
  private final long @Nullable [] ends;
  private final @Nullable MemoryOwner firstOwner;
  private final @Nullable MemoryOwner @Nullable [] owners;
  private final long byteSize;
  private volatile @Nullable Lending lending;
  private int hash;

  private SegmentedBytes(
      MemorySegment first,
      MemorySegment @Nullable [] segments,
      long @Nullable [] ends,
      @Nullable MemoryOwner firstOwner,
      @Nullable MemoryOwner @Nullable [] owners) {
    this.first = first;
    this.segments = segments;
    this.ends = ends;
    this.firstOwner = firstOwner;
    this.owners = owners;
    this.byteSize = ends == null ? first.byteSize() : ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  /** Of segments that are known to be non-empty, read-only and native. */
  private static SegmentedBytes of(
      MemorySegment[] segments, @Nullable MemoryOwner @Nullable [] owners) {
    return switch (segments.length) {
      case 0 -> EMPTY;
      case 1 -> of(segments[0], owners == null ? null : owners[0]);
      default -> new SegmentedBytes(segments[0], segments, endsOf(segments), null, owners);
    };
  }

  private static SegmentedBytes of(MemorySegment segment, @Nullable MemoryOwner owner) {
    return new SegmentedBytes(segment, null, null, owner, null);
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
    MemorySegment[] given = segments.toArray(MemorySegment[]::new);
    return copy ? copied(given) : borrowed(given);
  }

  /** {@link #fromSegments(List, boolean)} of an array. */
  public static SegmentedBytes fromSegments(MemorySegment[] segments, boolean copy) {
    return copy ? copied(segments) : borrowed(segments.clone());
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
    return copy ? copied(given) : borrowed(given);
  }

  /** A copy of an array, in memory that the garbage collector frees. */
  public static SegmentedBytes copyOf(byte[] bytes) {
    return copied(new MemorySegment[] {MemorySegment.ofArray(bytes)});
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
      owned |= part.firstOwner != null || part.owners != null;
    }
    MemorySegment[] all = new MemorySegment[count];
    @Nullable MemoryOwner[] allOwners = owned ? new MemoryOwner[count] : null;
    int at = 0;
    for (SegmentedBytes part : parts) {
      for (int i = 0; i < part.segmentCount(); i++, at++) {
        all[at] = part.segmentAt(i);
        if (allOwners != null) {
          allOwners[at] = part.owner(i);
        }
      }
    }
    return of(all, allOwners);
  }

  /**
   * Wraps one read-only native segment of a module of this library, together with what owns its
   * memory (none when the segment's arena alone decides).
   *
   * @throws IllegalArgumentException if the segment is on the heap or writable
   */
  public static SegmentedBytes ofOwned(MemorySegment segment, @Nullable MemoryOwner owner) {
    checkBorrowable(segment, 0);
    return segment.byteSize() == 0 ? EMPTY : of(segment, owner);
  }

  private static SegmentedBytes borrowed(MemorySegment[] segments) {
    int kept = 0;
    @Nullable MemoryOwner[] owners = null;
    for (int i = 0; i < segments.length; i++) {
      MemorySegment segment = segments[i];
      checkBorrowable(segment, i);
      if (segment.byteSize() == 0) {
        continue;
      }
      MemoryOwner owner = LendingArena.ownerOf(segment);
      if (owner != null) {
        if (owners == null) {
          owners = new MemoryOwner[segments.length];
        }
        owners[kept] = owner;
      }
      segments[kept++] = segment;
    }
    return of(
        kept == segments.length ? segments : Arrays.copyOf(segments, kept),
        owners == null || owners.length == kept ? owners : Arrays.copyOf(owners, kept));
  }

  @SuppressForbidden("an explicit copy, whose end is nobody's to tell")
  private static SegmentedBytes copied(MemorySegment[] segments) {
    long byteSize = 0;
    for (MemorySegment segment : segments) {
      byteSize = Math.addExact(byteSize, segment.byteSize());
    }
    if (byteSize == 0) {
      return EMPTY;
    }
    MemorySegment own = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    long at = 0;
    for (MemorySegment segment : segments) {
      MemorySegment.copy(segment, 0, own, at, segment.byteSize());
      at += segment.byteSize();
    }
    COPY_IN.record(byteSize);
    return of(own.asReadOnly(), null);
  }

  private static void checkBorrowable(MemorySegment segment, int index) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "borrow of segment index="
              + index
              + " byteSize="
              + segment.byteSize()
              + ": it lies on the Java heap, which native code can't borrow; allocate it from an"
              + " Arena or a LoanPool, or pass copy = true");
    }
    if (!segment.isReadOnly()) {
      throw new IllegalArgumentException(
          "borrow of segment index="
              + index
              + " byteSize="
              + segment.byteSize()
              + ": it is writable, and lent bytes must not change; pass asReadOnly()"
              + " (MemorySegment) or asReadOnlyBuffer() (ByteBuffer) and leave it unchanged until"
              + " released(), or pass copy = true");
    }
  }

  private static long[] endsOf(MemorySegment[] segments) {
    long[] ends = new long[segments.length];
    long end = 0;
    for (int i = 0; i < segments.length; i++) {
      end = Math.addExact(end, segments[i].byteSize());
      ends[i] = end;
    }
    return ends;
  }

  /** How many bytes there are. */
  public long byteSize() {
    return byteSize;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return byteSize == 0;
  }

  /** How many segments the bytes lie in; none of them is empty. */
  public int segmentCount() {
    return segments == null ? 1 : segments.length;
  }

  /**
   * The read-only segment at an index of the layout.
   *
   * @throws IndexOutOfBoundsException if {@code index} is not below {@link #segmentCount()}
   */
  public MemorySegment segment(int index) {
    return segmentAt(Objects.checkIndex(index, segmentCount()));
  }

  /** The owner of a segment's memory, or null where its arena alone decides. */
  public @Nullable MemoryOwner owner(int index) {
    return ownerAt(Objects.checkIndex(index, segmentCount()));
  }

  /** The read-only segments in their order. */
  public List<MemorySegment> segments() {
    return segments == null ? List.of(first) : List.of(segments);
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
    if (byteSize == this.byteSize) {
      return this;
    }
    int from = indexOf(byteOffset);
    int last = indexOf(byteOffset + byteSize - 1);
    if (from == last) {
      return of(segmentAt(from).asSlice(byteOffset - startOf(from), byteSize), owner(from));
    }
    MemorySegment[] part = new MemorySegment[last - from + 1];
    @Nullable MemoryOwner[] partOwners =
        owners == null ? null : Arrays.copyOfRange(owners, from, last + 1);
    for (int i = 0; i < part.length; i++) {
      part[i] = segmentAt(from + i);
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
    return segmentAt(index).get(ValueLayout.JAVA_BYTE, byteOffset - startOf(index));
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
    Objects.checkFromIndexSize(byteOffset, byteSize, byteSize());
    Objects.checkFromIndexSize(targetByteOffset, byteSize, target.byteSize());
    moveTo(byteOffset, target, targetByteOffset, byteSize);
    COPY_OUT.record(byteSize);
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

  /** Moves bytes for a caller of this library that counts the copy under its own name. */
  void moveTo(long byteOffset, MemorySegment target, long targetByteOffset, long byteSize) {
    if (byteSize == 0) {
      return;
    }
    int index = indexOf(byteOffset);
    long within = byteOffset - startOf(index);
    long at = targetByteOffset;
    long left = byteSize;
    while (left > 0) {
      MemorySegment segment = segmentAt(index);
      long run = Math.min(left, segment.byteSize() - within);
      MemorySegment.copy(segment, within, target, at, run);
      at += run;
      left -= run;
      within = 0;
      index++;
    }
  }

  /**
   * Copies a range into a segment on behalf of {@code site}, which counts the bytes.
   *
   * @throws IndexOutOfBoundsException if either range is out of bounds
   */
  public void copyTo(
      CopyLedger.Site site,
      long byteOffset,
      MemorySegment target,
      long targetByteOffset,
      long byteSize) {
    Objects.checkFromIndexSize(byteOffset, byteSize, byteSize());
    Objects.checkFromIndexSize(targetByteOffset, byteSize, target.byteSize());
    moveTo(byteOffset, target, targetByteOffset, byteSize);
    site.record(byteSize);
  }

  /**
   * Read-only views as NIO buffers in big-endian order, as {@link ByteBuffer} has it by default; a
   * segment of more than 1 GiB becomes several.
   */
  public List<ByteBuffer> asByteBuffers() {
    List<ByteBuffer> views = new ArrayList<>(segmentCount());
    for (MemorySegment segment : segments()) {
      for (long at = 0; at < segment.byteSize(); at += LARGEST_BUFFER) {
        long run = Math.min(LARGEST_BUFFER, segment.byteSize() - at);
        views.add(segment.asSlice(at, run).asByteBuffer());
      }
    }
    return views;
  }

  /** The bytes as a stream; closing it does nothing. One thread at a time. */
  public InputStream asInputStream() {
    return new BytesInputStream(reader());
  }

  /**
   * Whether a part of the library (the Zenoh core, a socket, an upload) still reads the bytes.
   *
   * <p>A slice and what it was cut from are lent each on its own, unless the slice is all of it.
   */
  public boolean isLent() {
    Lending known = lending;
    return known != null && known.count() != 0;
  }

  /**
   * Completes as soon as nobody that these bytes were lent to holds them any more: then memory of a
   * foreign arena may be closed or changed, and memory of this library whose loan or arena is
   * closed has gone back. Complete already when nothing is lent.
   */
  public CompletionStage<Void> released() {
    CompletableFuture<Void> future = new CompletableFuture<>();
    lending().whenZero(() -> future.complete(null));
    return future.minimalCompletionStage();
  }

  /**
   * Begins to lend: memory of this library stays allocated until the matching {@link #endLend()}.
   * For the transports of this library; a caller that only publishes has no need of it.
   *
   * <p>No bytes at all are never lent: the one empty value is everybody's.
   *
   * @throws IllegalStateException if the memory has been given back or freed
   */
  public void beginLend() {
    if (byteSize == 0) {
      return;
    }
    acquireOwners();
    lending().begin();
  }

  /**
   * Ends one {@link #beginLend()}, from any thread.
   *
   * @throws IllegalStateException if nothing is lent
   */
  public void endLend() {
    if (byteSize == 0) {
      return;
    }
    Lending known = lending();
    known.end();
    releaseOwners(segmentCount());
    known.runWaitersIfZero();
  }

  private Lending lending() {
    Lending known = lending;
    if (known == null) {
      Lending made = new Lending();
      Lending other = (Lending) LENDING.compareAndExchange(this, (Lending) null, made);
      known = other == null ? made : other;
    }
    return known;
  }

  private void acquireOwners() {
    int acquired = 0;
    try {
      for (; acquired < segmentCount(); acquired++) {
        MemoryOwner owner = ownerAt(acquired);
        if (owner != null) {
          owner.acquire();
        } else if (!segmentAt(acquired).scope().isAlive()) {
          throw new IllegalStateException("lend of " + this + ": its memory has been freed");
        }
      }
    } finally {
      if (acquired < segmentCount()) {
        releaseOwners(acquired);
      }
    }
  }

  private void releaseOwners(int count) {
    for (int i = 0; i < count; i++) {
      MemoryOwner owner = ownerAt(i);
      if (owner != null) {
        owner.release();
      }
    }
  }

  private @Nullable MemoryOwner ownerAt(int index) {
    return owners == null ? firstOwner : owners[index];
  }

  private MemorySegment segmentAt(int index) {
    return segments == null ? first : segments[index];
  }

  long startOf(int index) {
    return ends == null || index == 0 ? 0 : ends[index - 1];
  }

  /** The index of the segment that holds the byte at {@code byteOffset}, which must exist. */
  int indexOf(long byteOffset) {
    if (ends == null || byteOffset < ends[0]) {
      return 0;
    }
    int found = Arrays.binarySearch(ends, byteOffset);
    return found >= 0 ? found + 1 : -found - 1;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    return other instanceof SegmentedBytes that
        && byteSize() == that.byteSize()
        && sameContent(that);
  }

  private boolean sameContent(SegmentedBytes that) {
    if (byteSize == 0) {
      return true;
    }
    int mine = 0;
    int theirs = 0;
    long mineAt = 0;
    long theirsAt = 0;
    while (mine < segmentCount()) {
      MemorySegment a = segmentAt(mine);
      MemorySegment b = that.segmentAt(theirs);
      long run = Math.min(a.byteSize() - mineAt, b.byteSize() - theirsAt);
      if (MemorySegment.mismatch(a, mineAt, mineAt + run, b, theirsAt, theirsAt + run) >= 0) {
        return false;
      }
      mineAt += run;
      theirsAt += run;
      if (mineAt == a.byteSize()) {
        mine++;
        mineAt = 0;
      }
      if (theirsAt == b.byteSize()) {
        theirs++;
        theirsAt = 0;
      }
    }
    return true;
  }

  /** The CRC32C of the content: the same for every layout, at memory speed, computed once. */
  @Override
  public int hashCode() {
    int known = hash;
    if (known == 0) {
      CRC32C crc = new CRC32C();
      for (ByteBuffer view : asByteBuffers()) {
        crc.update(view);
      }
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
