package dev.segue.capnproto;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.capnproto.BuilderArena;
import org.capnproto.Data;
import org.capnproto.FromPointerBuilder;
import org.capnproto.ListBuilder;
import org.capnproto.MessageBuilder;
import org.capnproto.SegmentBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A Cap'n Proto message that is built in loans of a pool and handed over without a copy.
 *
 * <pre>{@code
 * try (CapturedData pixels = CapturedData.of(pool, frameByteSize);
 *     LoanMessage message = LoanMessage.of(pool)) {
 *   camera.readInto(pixels.segment());
 *   var frame = message.initRoot(Frames.CameraFrame.factory);
 *   frame.setSequence(sequence);
 *   message.embed(pixels, frameByteSize, frame::initPixels);
 *   publisher.put(message.handOver());
 * }                                     // back to the pool when the last lease ends
 * }</pre>
 *
 * <p>Each segment is a loan of its own and is handed over from the loan's first byte on, with the
 * size it used: what shared memory can describe without a copy. The segment table of up to three
 * segments lies in the first loan, before the first segment:
 *
 * <pre>
 *   first loan   [ table, 16 B ][ segment 0 … used ] rest stays in the pool
 *   second loan  [ segment 1: landing pad, captured frame, zeros to a word ]
 * </pre>
 *
 * <p>A message of one segment names a second, empty one, to fill its table; of four and more, the
 * table begins in a few bytes before the first loan.
 *
 * <p>Owner: the caller; the loans' pool behind it. Lifetime: what was handed over is valid while
 * the message is open or it is lent. The builder, and all that it gave out, throws {@link
 * IllegalStateException} after {@link #handOver()} and {@link #close()}. Threads: the one that made
 * it; after {@link #handOver()}, {@link #close()} and the bytes belong to any.
 */
public final class LoanMessage implements AutoCloseable {
  /** The first loan that {@link #of(LoanPool)} takes: segment table and first segment. */
  public static final int DEFAULT_HEAD_BYTE_SIZE = 4096;

  // The table of two or three segments, so that a message with one large field needs nothing more.
  static final int TABLE_BYTE_SIZE = 16;
  private static final int FEWEST_SEGMENTS = 2;
  private static final int SMALLEST_HEAD_BYTE_SIZE = 64;

  private final LoanAllocator allocator;
  private final LoanPool pool;
  private final MessageBuilder builder;
  private final BuilderArena arena;
  private @Nullable SegmentedBytes handedOver;
  private boolean closed;

  private LoanMessage(LoanPool pool, LoanPool headPool, int headByteSize) {
    this.pool = pool;
    this.allocator = new LoanAllocator(pool);
    try {
      this.builder =
          new MessageBuilder(
              allocator,
              allocator.first(
                  headPool, TABLE_BYTE_SIZE, (int) CapturedData.roundedUpToWords(headByteSize)));
      this.arena = ArenaProbe.arenaOf(builder);
    } catch (RuntimeException | Error e) {
      allocator.close();
      throw e;
    }
  }

  /**
   * A message whose memory comes from {@code pool}.
   *
   * @throws PoolExhaustedException if the pool has no room now; so does the builder later
   * @throws IllegalStateException if the pool is closed
   */
  public static LoanMessage of(LoanPool pool) {
    return of(pool, pool, DEFAULT_HEAD_BYTE_SIZE);
  }

  /**
   * A message whose segment table and first segment come from {@code headPool}, all others from
   * {@code pool}. With a head off-heap and captured data in shared memory, a publisher sends one
   * descriptor and a few bytes, not two descriptors.
   *
   * @param headByteSize the first loan, table included, rounded up to words; small objects beyond
   *     it come from loans of {@code pool} that double in size
   * @throws IllegalArgumentException if {@code headByteSize} is below 64, above 2^30 or beyond the
   *     pool's capacity
   * @throws PoolExhaustedException if {@code headPool} has no room now
   * @throws IllegalStateException if {@code headPool} is closed
   */
  public static LoanMessage of(LoanPool pool, LoanPool headPool, int headByteSize) {
    if (headByteSize < SMALLEST_HEAD_BYTE_SIZE || headByteSize > 1 << 30) {
      throw new IllegalArgumentException(
          "message with headByteSize="
              + headByteSize
              + ": at least "
              + SMALLEST_HEAD_BYTE_SIZE
              + ", at most "
              + (1 << 30));
    }
    return new LoanMessage(pool, headPool, headByteSize);
  }

  /**
   * The builder, for all that generated classes do.
   *
   * @throws IllegalStateException if the message was handed over or closed
   */
  public MessageBuilder builder() {
    checkFilling("use of the builder of ");
    return builder;
  }

  /** {@link MessageBuilder#initRoot} of {@link #builder()}. */
  public <T> T initRoot(FromPointerBuilder<T> factory) {
    return builder().initRoot(factory);
  }

  /**
   * Makes a {@code Data} field point at captured bytes, without a copy.
   *
   * <p>The message takes the captured memory over. Don't initialize, set or clear the field again:
   * Cap'n Proto would zero what was captured.
   *
   * @param byteSize how many of the captured bytes the field has; zero leaves it empty
   * @param field the initializer of the field, called once with {@code byteSize}: {@code
   *     frame::initPixels}
   * @throws IndexOutOfBoundsException if {@code byteSize} is not within the captured memory
   * @throws IllegalStateException if {@code field} does not initialize exactly one field with the
   *     size given to it, if {@code data} is part of a message or closed, or if this message was
   *     handed over or closed
   * @throws WrongThreadException if another thread took the captured memory
   */
  public void embed(CapturedData data, long byteSize, IntFunction<Data.Builder> field) {
    checkFilling("embedding in ");
    Objects.checkFromIndexSize(0, byteSize, data.segment().byteSize());
    if (byteSize == 0) {
      var _ = field.apply(0);
      return;
    }
    offer(data.take(byteSize), (int) byteSize, field);
  }

  /**
   * Gives a {@code Data} field memory that is not zeroed before, unlike the field's own
   * initializer: for a large one that is overwritten whole. Bytes that are not overwritten are
   * published as they are, with what an earlier user of the pool left there.
   *
   * @param byteSize the size of the field
   * @param field the initializer of the field, as in {@link #embed}
   * @return the field's bytes, exactly, to be written until {@link #handOver()}
   * @throws IllegalArgumentException if {@code byteSize} is not positive, above {@link
   *     CapturedData#LARGEST_BYTE_SIZE}, or beyond the pool's capacity
   * @throws PoolExhaustedException if the pool has no room now
   * @throws IllegalStateException as {@link #embed}
   */
  public MemorySegment initUnzeroed(long byteSize, IntFunction<Data.Builder> field) {
    checkFilling("allocation in ");
    try (CapturedData data = CapturedData.of(pool, byteSize)) {
      embed(data, byteSize, field);
      return data.segment();
    }
  }

  /**
   * The bytes of a {@code Data} field of this message as memory to be written, without a copy.
   *
   * @return the field's bytes, exactly, to be written until {@link #handOver()}
   * @throws IllegalArgumentException if the field is of another message
   * @throws IllegalStateException if this message was handed over or closed
   */
  public MemorySegment segmentOf(Data.Builder data) {
    return segmentOf("data field", data.buffer, data.offset, data.size);
  }

  /**
   * The elements of a list of numbers, of {@code Bool} (eight in a byte, the lowest bit first) or
   * of an enum (16 bits each) as memory to be written, little-endian and without a copy.
   *
   * @return the elements, exactly, to be written until {@link #handOver()}
   * @throws IllegalArgumentException if it is a list of something else or of another message
   * @throws IllegalStateException if this message was handed over or closed
   */
  public MemorySegment segmentOf(ListBuilder list) {
    ListMemory memory = ListMemory.of(list);
    return segmentOf("list", memory.buffer(), memory.byteOffset(), memory.byteSize());
  }

  @SuppressWarnings("ReferenceEquality") // equals would compare the bytes
  private MemorySegment segmentOf(String what, ByteBuffer buffer, long byteOffset, long byteSize) {
    checkFilling("view of a " + what + " of ");
    if (byteSize == 0) {
      return MemorySegment.ofArray(new byte[0]);
    }
    for (SegmentBuilder segment : arena.segments) {
      if (segment.buffer == buffer) {
        return MemorySegment.ofBuffer(buffer.duplicate().clear()).asSlice(byteOffset, byteSize);
      }
    }
    throw new IllegalArgumentException(
        "view of a " + what + " of byteSize=" + byteSize + ": it is not of " + this);
  }

  private void offer(Loan loan, int byteSize, IntFunction<Data.Builder> field) {
    ArrayList<SegmentBuilder> segments = arena.segments;
    int before = segments.size();
    int[] positions;
    boolean isFull = false;
    try {
      positions = fillUp(segments);
      isFull = true;
    } finally {
      if (!isFull) {
        loan.close();
      }
    }
    allocator.offer(loan, (int) CapturedData.loanByteSize(byteSize));
    boolean taken = false;
    try {
      Data.Builder made = field.apply(byteSize);
      taken = segments.size() == before + 1 && isWhole(made, byteSize, segments.getLast());
    } finally {
      if (allocator.withdraw()) {
        loan.close();
      }
      for (int i = 0; i < before; i++) {
        segments.get(i).pos = positions[i];
      }
    }
    if (!taken) {
      throw new IllegalStateException(
          "embedding of captured data of byteSize="
              + byteSize
              + ": the field's initializer must initialize that one field, with that size, and"
              + " return what it got");
    }
  }

  @SuppressWarnings("ReferenceEquality") // equals would compare the frame with itself
  private static boolean isWhole(Data.Builder field, int byteSize, SegmentBuilder segment) {
    return field.buffer == segment.buffer
        && field.offset == CapturedData.PAD_BYTE_SIZE
        && field.size == byteSize;
  }

  /**
   * Makes every segment look full, so that the field's data can go nowhere but into a new one. Its
   * pointer, which exists already, stays where it is.
   */
  private static int[] fillUp(List<SegmentBuilder> segments) {
    int[] positions = new int[segments.size()];
    for (int i = 0; i < positions.length; i++) {
      SegmentBuilder segment = segments.get(i);
      positions[i] = segment.pos;
      segment.pos = segment.buffer.capacity() / Long.BYTES;
    }
    return positions;
  }

  /**
   * Ends the building and gives the message in the stream framing, read-only and without a copy.
   *
   * @throws IllegalStateException if the message is closed, or has more than 511 segments, or a
   *     list, text or data of more than 2^29 - 1 elements, or within the initializer of an embedded
   *     field
   * @throws WrongThreadException if another thread made the message
   */
  public SegmentedBytes handOver() {
    SegmentedBytes known = handedOver;
    if (known != null && !closed) {
      return known;
    }
    checkFilling("hand-over of ");
    List<SegmentBuilder> segments = arena.segments;
    int count = segments.size();
    SegmentTable.checkWritable(count);
    allocator.checkCounts();
    long[] wordCounts = new long[Math.max(FEWEST_SEGMENTS, count)];
    for (int i = 0; i < count; i++) {
      wordCounts[i] = segments.get(i).currentSize();
    }
    List<SegmentedBytes> parts = new ArrayList<>(count + 1);
    writeTable(wordCounts, parts);
    allocator.end();
    for (int i = 0; i < count; i++) {
      long used = wordCounts[i] * Long.BYTES;
      parts.add(allocator.handOver(i, i == 0 ? TABLE_BYTE_SIZE + used : used));
    }
    SegmentedBytes bytes = SegmentedBytes.concat(parts);
    handedOver = bytes;
    return bytes;
  }

  private void writeTable(long[] wordCounts, List<SegmentedBytes> parts) {
    long byteSize = SegmentTable.byteSize(wordCounts.length);
    MemorySegment head = allocator.head();
    if (byteSize == TABLE_BYTE_SIZE) {
      SegmentTable.write(wordCounts, head);
      return;
    }
    // The table ends in the head room; what does not fit there comes before, in memory of its own.
    MemorySegment table = TableMemory.allocate(byteSize);
    SegmentTable.write(wordCounts, table);
    long before = byteSize - TABLE_BYTE_SIZE;
    MemorySegment.copy(table, before, head, 0, TABLE_BYTE_SIZE);
    parts.add(Lend.ofOwned(table.asSlice(0, before).asReadOnly(), null));
  }

  private void checkFilling(String what) {
    if (allocator.isOffering()) {
      throw new IllegalStateException(
          what + this + ": the initializer of an embedded field is still running");
    }
    if (closed || handedOver != null) {
      throw new IllegalStateException(
          what + this + ": it is " + (closed ? "closed" : "handed over"));
    }
  }

  /**
   * Releases all loans; they return to their pools at once, or when the last lease ends.
   * Idempotent.
   *
   * @throws WrongThreadException if another thread made the message and it was not handed over
   */
  @Override
  public void close() {
    allocator.close();
    closed = true;
  }

  @Override
  public String toString() {
    return "LoanMessage[segmentCount=" + arena.segments.size() + "]";
  }
}
