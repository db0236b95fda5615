package dev.segue.capnproto;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import org.capnproto.MessageBuilder;
import org.capnproto.SegmentBuilder;

/**
 * A message of any {@link MessageBuilder} in the stream framing: segment table and segments.
 *
 * <p>{@link LoanMessage} is the way for messages whose memory comes from a pool; here the memory is
 * the caller's.
 *
 * <p>Threads: the builder belongs to one thread at a time.
 *
 * @see <a href="https://capnproto.org/encoding.html#serialization-over-a-stream">the encoding</a>
 */
public final class Framing {
  private Framing() {}

  /**
   * Borrows the builder's segments as they lie, without a copy, after a new segment table.
   *
   * <p>Owner: the builder's memory stays the caller's. Lifetime: the builder must not be written
   * to, nor its memory reused, until {@link SegmentedBytes#released()} completes; nothing can keep
   * it from that here, as {@link LoanMessage} does.
   *
   * @throws IllegalArgumentException if a segment is on the Java heap, as those of {@code new
   *     MessageBuilder()} are
   * @throws IllegalStateException if there are more than 511 segments
   */
  public static SegmentedBytes borrow(MessageBuilder builder) {
    MemorySegment[] parts = partsOf(builder);
    for (int i = 1; i < parts.length; i++) {
      if (!parts[i].isNative()) {
        throw new IllegalArgumentException(
            "borrow of message segment index="
                + (i - 1)
                + " byteSize="
                + parts[i].byteSize()
                + ": it lies on the Java heap; build in a LoanMessage, or with a DefaultAllocator"
                + " of ByteBufferAllocationStyle.DIRECT, or use copyOf");
      }
    }
    return SegmentedBytes.fromSegments(parts, false);
  }

  /**
   * Copies the message into memory that the garbage collector frees.
   *
   * @throws IllegalStateException if there are more than 511 segments
   */
  public static SegmentedBytes copyOf(MessageBuilder builder) {
    return SegmentedBytes.fromSegments(partsOf(builder), true);
  }

  private static MemorySegment[] partsOf(MessageBuilder builder) {
    ArrayList<SegmentBuilder> segments = ArenaProbe.arenaOf(builder).segments;
    int count = segments.size();
    SegmentTable.checkWritable(count);
    MemorySegment[] parts = new MemorySegment[count + 1];
    long[] wordCounts = new long[count];
    for (int i = 0; i < count; i++) {
      SegmentBuilder segment = segments.get(i);
      ByteBuffer all = segment.buffer.duplicate().clear();
      wordCounts[i] = segment.currentSize();
      parts[i + 1] =
          MemorySegment.ofBuffer(all).asSlice(0, wordCounts[i] * Long.BYTES).asReadOnly();
    }
    MemorySegment table = TableMemory.allocate(SegmentTable.byteSize(count));
    SegmentTable.write(wordCounts, table);
    parts[0] = table.asReadOnly();
    return parts;
  }
}
