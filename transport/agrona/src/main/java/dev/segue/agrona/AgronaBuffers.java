package dev.segue.agrona;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;

/**
 * Agrona's {@link DirectBuffer}s as {@link SegmentedBytes} and back, where they lie.
 *
 * <p>Nothing here uses Agrona's {@code UnsafeApi}, so no {@code --add-opens} is needed; an {@code
 * UnsafeBuffer} that a caller passes in needs what it always needs.
 *
 * <p>Owner: whoever owns the memory behind the buffers. Lifetime: a view keeps the {@link
 * ByteBuffer} behind a buffer reachable, but can't detect that it is unmapped (by Agrona's {@code
 * IoUtil.unmap}, or by Aeron when it closes an image): memory that is lent must stay mapped and
 * unchanged until {@link SegmentedBytes#released()}. Threads: any.
 */
public final class AgronaBuffers {
  private static final CopyLedger.Site COPY_OF =
      CopyLedger.site("agrona.copyOf", "the caller asked for a copy of an Agrona buffer");
  private static final long LARGEST_BUFFER = 1L << 30;

  private AgronaBuffers() {}

  /**
   * Wraps or copies buffers, each from 0 to its capacity, in their order; empty ones are dropped.
   *
   * @param copy {@code false} to borrow: each buffer must lie in a direct {@link ByteBuffer} that
   *     is read-only, or be one of {@link #asDirectBuffers}. {@code true} to copy any buffer, once,
   *     into memory that the garbage collector frees.
   * @throws IllegalArgumentException if {@code copy} is {@code false} and a buffer is writable, on
   *     the heap, or known by its address alone; the message names its index and what to do
   */
  public static SegmentedBytes fromBuffers(List<? extends DirectBuffer> buffers, boolean copy) {
    List<SegmentedBytes> parts = new ArrayList<>(buffers.size());
    for (DirectBuffer buffer : buffers) {
      parts.add(copy ? copyOf(buffer, 0, buffer.capacity()) : borrowed(buffer, parts.size()));
    }
    return parts.size() == 1 ? parts.getFirst() : SegmentedBytes.concat(parts);
  }

  private static SegmentedBytes borrowed(DirectBuffer buffer, int index) {
    if (buffer.capacity() == 0) {
      return SegmentedBytes.empty();
    }
    String what = "borrow of buffer index=" + index + " byteSize=" + buffer.capacity();
    if (buffer instanceof SegmentDirectBuffer ours && ours.owner() != null) {
      return Lend.ofOwned(ours.segment(), ours.owner());
    }
    MemorySegment segment = segmentOf(buffer, 0, buffer.capacity(), what);
    if (!segment.isReadOnly()) {
      throw new IllegalArgumentException(
          what
              + ": it is writable, and lent bytes must not change; pass asReadOnlySegment(buffer,"
              + " byteOffset, byteSize) to SegmentedBytes.fromSegments and leave it unchanged until"
              + " released(), or pass copy = true");
    }
    return SegmentedBytes.fromSegments(List.of(segment), false);
  }

  /**
   * A read-only view of a part of a buffer, for which the caller guarantees that nobody writes to
   * that part while the view is in use: a committed frame in one of Aeron's term buffers, for
   * instance.
   *
   * <p>A buffer that grows, such as {@code ExpandableDirectByteBuffer}, leaves the view behind in
   * its old memory. A buffer that was wrapped around a plain address is refused, since its lifetime
   * is unknown: a caller that knows it creates the segment with {@link
   * MemorySegment#reinterpret(long, Arena, java.util.function.Consumer)}, in an arena that ends in
   * time.
   *
   * @throws IllegalArgumentException if the buffer is on the heap, or known by its address alone
   * @throws IndexOutOfBoundsException if the range is not within the buffer's capacity
   */
  public static MemorySegment asReadOnlySegment(DirectBuffer buffer, int byteOffset, int byteSize) {
    Objects.checkFromIndexSize(byteOffset, byteSize, buffer.capacity());
    String what = "view of byteOffset=" + byteOffset + " byteSize=" + byteSize + " of a buffer";
    return segmentOf(buffer, byteOffset, byteSize, what).asReadOnly();
  }

  /**
   * A direct buffer's memory; its adjustment is from the start of the ByteBuffer, not its position.
   */
  private static MemorySegment segmentOf(
      DirectBuffer buffer, int byteOffset, int byteSize, String what) {
    if (buffer instanceof SegmentDirectBuffer ours) {
      return ours.segment().asSlice(byteOffset, byteSize);
    }
    ByteBuffer known = buffer.byteBuffer();
    if (buffer.byteArray() != null || (known != null && !known.isDirect())) {
      throw new IllegalArgumentException(
          what
              + ": it lies on the Java heap, which native code can't borrow; wrap a direct"
              + " ByteBuffer, or copy it");
    }
    if (known == null) {
      throw new IllegalArgumentException(
          what
              + ": it has no ByteBuffer, only an address, and nothing says how long that memory"
              + " lives; make a segment of it with MemorySegment.reinterpret in an arena that does,"
              + " or copy it");
    }
    return MemorySegment.ofBuffer(known.duplicate().clear())
        .asSlice((long) buffer.wrapAdjustment() + byteOffset, byteSize);
  }

  /**
   * A copy of a part of any buffer, in memory that the garbage collector frees.
   *
   * @throws IndexOutOfBoundsException if the range is not within the buffer's capacity
   */
  @SuppressForbidden("an explicit copy, whose end is nobody's to tell")
  public static SegmentedBytes copyOf(DirectBuffer buffer, int byteOffset, int byteSize) {
    Objects.checkFromIndexSize(byteOffset, byteSize, buffer.capacity());
    if (byteSize == 0) {
      return SegmentedBytes.empty();
    }
    MemorySegment own = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    if (buffer instanceof SegmentDirectBuffer ours) {
      MemorySegment.copy(ours.segment(), byteOffset, own, 0, byteSize);
    } else {
      buffer.getBytes(byteOffset, own.asByteBuffer(), 0, byteSize);
    }
    COPY_OF.record(byteSize);
    return SegmentedBytes.fromSegments(List.of(own.asReadOnly()), false);
  }

  /**
   * A read-only buffer over a segment.
   *
   * <p>Its own reads check the bounds and the lifetime. Agrona's {@code UnsafeBuffer} takes its
   * {@link DirectBuffer#addressOffset()} and checks neither: keep the memory open, or lent, for as
   * long as that is in use.
   *
   * @throws IllegalArgumentException if the segment is on the heap, or larger than an {@code int}
   *     can express
   */
  public static DirectBuffer asDirectBuffer(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "buffer over a segment of byteSize="
              + segment.byteSize()
              + ": it lies on the Java heap; wrap the array itself");
    }
    if (segment.byteSize() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "buffer over a segment of byteSize="
              + segment.byteSize()
              + ": a DirectBuffer holds at most "
              + Integer.MAX_VALUE
              + "; pass slices, or use asDirectBuffers");
    }
    return new SegmentDirectBuffer(segment.asReadOnly(), null);
  }

  /**
   * A read-only buffer per segment, in their order; a segment of more than 1 GiB becomes several.
   *
   * <p>The lifetime is that of the bytes. {@link #fromBuffers} takes them back with their owner.
   */
  public static List<DirectBuffer> asDirectBuffers(SegmentedBytes bytes) {
    List<DirectBuffer> views = new ArrayList<>(bytes.segmentCount());
    for (int i = 0; i < bytes.segmentCount(); i++) {
      MemorySegment segment = bytes.segment(i);
      for (long at = 0; at < segment.byteSize(); at += LARGEST_BUFFER) {
        long run = Math.min(LARGEST_BUFFER, segment.byteSize() - at);
        views.add(new SegmentDirectBuffer(segment.asSlice(at, run), Lend.owner(bytes, i)));
      }
    }
    return views;
  }
}
