package dev.segue.capnproto;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.capnproto.Data;
import org.capnproto.FromPointerReader;
import org.capnproto.ListReader;
import org.capnproto.MessageReader;
import org.capnproto.ReaderOptions;
import org.jspecify.annotations.Nullable;

/**
 * A Cap'n Proto message in the stream framing, read where it lies.
 *
 * <pre>{@code
 * try (MessageView view = MessageView.of(payload, pool)) {
 *   long sequence = view.read(Frames.CameraFrame.factory, frame -> frame.getSequence());
 * }
 * }</pre>
 *
 * <p>A segment of the message that lies in one piece is read in place, whatever its alignment. One
 * that straddles pieces, as a large one received over a network link does, is gathered into a loan
 * first, and counted in the {@link CopyLedger} as {@code capnproto.gather}.
 *
 * <p>Owner: the caller; the payload keeps its owner. Lifetime: a view, valid while the payload is
 * and until {@link #close()}, which frees gathered memory. Threads: the payload's own; {@link
 * #read} may run in several at once, {@link #reader()} in one at a time.
 */
public final class MessageView implements AutoCloseable {
  private static final CopyLedger.Site GATHER =
      CopyLedger.site(
          "capnproto.gather", "a segment of a message must lie in one piece to be read");
  private static final ByteBuffer NO_BYTES =
      ByteBuffer.allocateDirect(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  private static final MemorySegment NO_MEMORY = MemorySegment.ofArray(new byte[0]).asReadOnly();

  private final SegmentedBytes[] segments;
  private final ByteBuffer[] buffers;
  private final ReaderOptions options;
  private final ReadLimits limits;
  private final long byteSize;
  private final long copiedByteSize;
  private final @Nullable Loan gathered;
  private @Nullable MessageReader reader;
  private volatile boolean closed;

  /**
   * Reads the root of a message.
   *
   * @param <T> the root's reader
   * @param <R> the result
   * @param <X> what it throws of its own
   */
  @FunctionalInterface
  public interface Body<T, R extends @Nullable Object, X extends Exception> {
    /** Reads from the root; neither it nor what it leads to may be used after the view's end. */
    R apply(T root) throws X;
  }

  /**
   * {@link Body} without a result.
   *
   * @param <T> the root's reader
   * @param <X> what it throws of its own
   */
  @FunctionalInterface
  public interface Visitor<T, X extends Exception> {
    /** Reads from the root; neither it nor what it leads to may be used after the view's end. */
    void visit(T root) throws X;
  }

  private MessageView(SegmentedBytes bytes, ReadLimits limits, LoanPool gatherPool)
      throws CapnProtoException {
    SegmentTable table = SegmentTable.parse(bytes, limits);
    byteSize = table.messageByteSize();
    this.limits = limits;
    options = new ReaderOptions(limits.traversalLimitWordCountFor(byteSize), limits.nestingLimit());
    segments = new SegmentedBytes[table.segmentCount()];
    buffers = new ByteBuffer[segments.length];
    long straddling = 0;
    for (int i = 0; i < segments.length; i++) {
      segments[i] = bytes.slice(table.startOf(i), table.byteSizeOf(i));
      straddling += segments[i].segmentCount() > 1 ? segments[i].byteSize() : 0;
    }
    copiedByteSize = straddling;
    Loan loan = straddling == 0 ? null : gather(straddling, gatherPool);
    gathered = loan;
    try {
      for (int i = 0; i < segments.length; i++) {
        // The order is set last: every slice of a buffer starts out big-endian again.
        buffers[i] =
            segments[i].isEmpty()
                ? NO_BYTES
                : segments[i].segment(0).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      }
    } catch (RuntimeException | Error e) {
      if (loan != null) {
        loan.close();
      }
      throw e;
    }
  }

  /**
   * A view of the message at the start of {@code bytes}, with {@link ReadLimits#defaults()}.
   *
   * @see #of(SegmentedBytes, ReadLimits, LoanPool)
   */
  public static MessageView of(SegmentedBytes bytes, LoanPool gatherPool)
      throws CapnProtoException {
    return of(bytes, ReadLimits.defaults(), gatherPool);
  }

  /**
   * Returns a view of the message at the start of {@code bytes}; {@link #byteSize()} is where it
   * ends.
   *
   * @param gatherPool where a segment that straddles pieces is gathered; untouched if none does
   * @throws CapnProtoException if the segment table or the message is cut off, exceeds a limit, or
   *     needs gathering beyond the pool's capacity
   * @throws PoolExhaustedException if a segment must be gathered and the pool has no room now
   * @throws IllegalStateException if the bytes' memory has ended, or the pool is closed
   */
  public static MessageView of(SegmentedBytes bytes, ReadLimits limits, LoanPool gatherPool)
      throws CapnProtoException {
    return new MessageView(bytes, limits, gatherPool);
  }

  /** Puts the straddling segments into one loan, and itself in their place. */
  private Loan gather(long straddling, LoanPool pool) throws CapnProtoException {
    if (straddling > pool.capacityByteSize()) {
      throw new CapnProtoException(
          "gathering of a Cap'n Proto message: byteSize="
              + straddling
              + " exceeds the pool's capacityByteSize="
              + pool.capacityByteSize());
    }
    Loan loan = pool.loan(straddling);
    try {
      long at = 0;
      for (SegmentedBytes segment : segments) {
        if (segment.segmentCount() > 1) {
          Lend.copyTo(GATHER, segment, 0, loan.segment(), at, segment.byteSize());
          at += segment.byteSize();
        }
      }
      SegmentedBytes whole = loan.handOver();
      at = 0;
      for (int i = 0; i < segments.length; i++) {
        if (segments[i].segmentCount() > 1) {
          segments[i] = whole.slice(at, segments[i].byteSize());
          at += segments[i].byteSize();
        }
      }
      return loan;
    } catch (RuntimeException | Error e) {
      loan.close();
      throw e;
    }
  }

  /**
   * Passes the root to {@code body}. Exceptions that a faulty or hostile message causes are thrown
   * as {@link CapnProtoException}; those of {@code body} itself are thrown unchanged.
   *
   * <p>Resets the traversal limit. A lazy reader must not leave {@code body}: reading from it
   * outside is not guarded.
   *
   * @param factory of the root's struct: {@code Frames.CameraFrame.factory}
   * @throws CapnProtoException if a pointer leaves the message, has another type than the schema
   *     says, or a limit is exceeded
   * @throws IllegalStateException if the view is closed or its memory has ended
   * @throws X if {@code body} does
   */
  public <T, R extends @Nullable Object, X extends Exception> R read(
      FromPointerReader<T> factory, Body<? super T, R, X> body) throws CapnProtoException, X {
    checkOpen();
    try {
      return body.apply(new MessageReader(buffers, options).getRoot(factory));
    } catch (RuntimeException e) {
      throw faultOf(e);
    }
  }

  /**
   * {@link #read} without a result.
   *
   * @throws CapnProtoException as {@link #read}
   * @throws IllegalStateException as {@link #read}
   * @throws X if {@code visitor} does
   */
  public <T, X extends Exception> void visit(
      FromPointerReader<T> factory, Visitor<? super T, X> visitor) throws CapnProtoException, X {
    checkOpen();
    try {
      visitor.visit(new MessageReader(buffers, options).getRoot(factory));
    } catch (RuntimeException e) {
      throw faultOf(e);
    }
  }

  private RuntimeException faultOf(RuntimeException e) throws CapnProtoException {
    if (WireFault.isBehind(e)) {
      throw new CapnProtoException(
          "read of "
              + this
              + " with traversalLimitWordCount="
              + options.traversalLimitInWords
              + " nestingLimit="
              + options.nestingLimit
              + ": "
              + e.getClass().getSimpleName()
              + ": "
              + e.getMessage(),
          e);
    }
    return e;
  }

  /**
   * The reader itself, for messages of a peer that is trusted: what it leads to throws unchecked
   * exceptions of many types when a pointer is wrong, and its traversal limit is used up over time.
   * The same at each call.
   *
   * @throws IllegalStateException if the view is closed
   */
  public MessageReader reader() {
    checkOpen();
    MessageReader known = reader;
    if (known == null) {
      known = new MessageReader(buffers, options);
      reader = known;
    }
    return known;
  }

  /**
   * {@link MessageReader#getRoot} of {@link #reader()}.
   *
   * @throws IllegalStateException if the view is closed
   */
  public <T> T root(FromPointerReader<T> factory) {
    return reader().getRoot(factory);
  }

  /**
   * The bytes of a {@code Data} field of this message, as a view, to be passed on or sliced; empty
   * for a field that is not set.
   *
   * @throws CapnProtoException if they are not within the message
   * @throws IllegalArgumentException if {@code data} is of another message, or a default that the
   *     schema declares
   * @throws IllegalStateException if the view is closed
   */
  public SegmentedBytes bytesOf(Data.Reader data) throws CapnProtoException {
    checkOpen();
    return within("data field", data.buffer, data.offset, data.size);
  }

  /**
   * The elements of a list of numbers, of {@code Bool} (eight in a byte, the lowest bit first) or
   * of an enum (16 bits each), as a view: little-endian, without gaps; empty for a field that is
   * not set.
   *
   * @throws CapnProtoException if they are not within the message, or have other bytes between
   *     them, since a newer schema made structs of them
   * @throws IllegalArgumentException if it is a list of something else, of another message, or a
   *     default that the schema declares
   * @throws IllegalStateException if the view is closed
   */
  public SegmentedBytes bytesOf(ListReader list) throws CapnProtoException {
    checkOpen();
    ListMemory memory = ListMemory.of(list);
    return within("list", memory.buffer(), memory.byteOffset(), memory.byteSize());
  }

  /**
   * {@link #bytesOf(Data.Reader)} as memory: read-only, and without a copy.
   *
   * @throws CapnProtoException as {@link #bytesOf(Data.Reader)}
   * @throws IllegalArgumentException as {@link #bytesOf(Data.Reader)}
   * @throws IllegalStateException if the view is closed
   */
  public MemorySegment segmentOf(Data.Reader data) throws CapnProtoException {
    return segmentOf(bytesOf(data));
  }

  /**
   * {@link #bytesOf(ListReader)} as memory: read-only, and without a copy. It may be unaligned, as
   * the message is: {@code ValueLayout.JAVA_INT_UNALIGNED} reads an element.
   *
   * @throws CapnProtoException as {@link #bytesOf(ListReader)}
   * @throws IllegalArgumentException as {@link #bytesOf(ListReader)}
   * @throws IllegalStateException if the view is closed
   */
  public MemorySegment segmentOf(ListReader list) throws CapnProtoException {
    return segmentOf(bytesOf(list));
  }

  private static MemorySegment segmentOf(SegmentedBytes bytes) {
    return bytes.isEmpty() ? NO_MEMORY : bytes.segment(0);
  }

  private SegmentedBytes within(String what, ByteBuffer buffer, long byteOffset, long size)
      throws CapnProtoException {
    if (size == 0) {
      return SegmentedBytes.empty();
    }
    int index = indexOf(buffer);
    if (index < 0) {
      throw new IllegalArgumentException(
          "view of a " + what + " of byteSize=" + size + ": it is not of " + this);
    }
    SegmentedBytes segment = segments[index];
    if (byteOffset < 0 || size < 0 || size > segment.byteSize() - byteOffset) {
      throw new CapnProtoException(
          "read of a "
              + what
              + " of "
              + this
              + ": byteOffset="
              + byteOffset
              + " byteSize="
              + size
              + " is not within segment index="
              + index
              + " byteSize="
              + segment.byteSize());
    }
    return segment.slice(byteOffset, size);
  }

  @SuppressWarnings("ReferenceEquality") // equals would compare the bytes
  private int indexOf(ByteBuffer buffer) {
    for (int i = 0; i < buffers.length; i++) {
      if (buffers[i] == buffer) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Returns the size of the message, its segment table included: the offset where a next one would
   * begin.
   */
  public long byteSize() {
    return byteSize;
  }

  /** Returns the number of segments, including empty ones. */
  public int segmentCount() {
    return segments.length;
  }

  /**
   * One of the segments as it is read, for readers of their own: read-only, little-endian, from the
   * segment's first byte to its last, and valid as long as the view.
   *
   * @throws IndexOutOfBoundsException if there is no such segment
   * @throws IllegalStateException if the view is closed
   */
  public ByteBuffer segmentBuffer(int index) {
    checkOpen();
    return buffers[index].duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The limits of one {@link #read}: those that the view was made with, and of the traversal what
   * this message allows.
   */
  public ReadLimits limits() {
    return limits.withTraversalLimitWordCount(options.traversalLimitInWords);
  }

  /** Returns whether the whole message is read in place, with nothing gathered. */
  public boolean isInPlace() {
    return copiedByteSize == 0;
  }

  /** Returns the number of bytes that were gathered. */
  public long copiedByteSize() {
    return copiedByteSize;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("read of " + this + ": it is closed");
    }
  }

  /** Ends the view and frees gathered memory. Idempotent. */
  @Override
  public void close() {
    closed = true;
    Loan loan = gathered;
    if (loan != null) {
      loan.close();
    }
  }

  @Override
  public String toString() {
    return "MessageView[byteSize="
        + byteSize
        + ", segmentCount="
        + segments.length
        + ", copiedByteSize="
        + copiedByteSize
        + "]";
  }
}
