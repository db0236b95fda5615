package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A place in a lent region that moves forward, piece by piece of its segments. */
final class RegionCursor {
  private static final long MAX_VIEW_BYTE_SIZE = 1 << 30;

  private final Lease lease;
  private final SegmentedBytes bytes;
  private int index;
  private long within;
  private long left;
  private @Nullable ByteBuffer view;
  private long viewStart;

  RegionCursor(Lease lease) {
    this.lease = lease;
    this.bytes = lease.bytes();
    this.left = bytes.byteSize();
  }

  Lease lease() {
    return lease;
  }

  long remainingByteSize() {
    return left;
  }

  MemorySegment segment() {
    return bytes.segment(index);
  }

  long byteOffset() {
    return within;
  }

  /** How many of the next {@code limit} bytes lie in this segment. */
  int pieceByteSize(int limit) {
    return (int) Math.min(limit, segment().byteSize() - within);
  }

  /** The next bytes of this segment, in a buffer that is made once for up to a GiB of it. */
  ByteBuffer view(int byteSize) {
    ByteBuffer current = view;
    if (current == null || within - viewStart + byteSize > current.capacity()) {
      long length = Math.min(MAX_VIEW_BYTE_SIZE, segment().byteSize() - within);
      current = segment().asSlice(within, length).asByteBuffer();
      view = current;
      viewStart = within;
    }
    int position = (int) (within - viewStart);
    return current.limit(position + byteSize).position(position);
  }

  void advance(int byteSize) {
    within += byteSize;
    left -= byteSize;
    if (within == segment().byteSize()) {
      index++;
      within = 0;
      view = null;
    }
  }
}
