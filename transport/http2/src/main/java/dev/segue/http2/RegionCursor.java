package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A place in a lent region that moves forward, piece by piece of its segments. */
final class RegionCursor {
  private static final long MAX_VIEW_BYTE_SIZE = 1 << 30;

  private final LentRegion lease;
  private final SegmentedBytes bytes;
  private final List<ByteBuffer> views = new ArrayList<>(0);
  private int index;
  private long within;
  private long left;
  private long viewStart;
  private int nextView;

  RegionCursor(LentRegion lease) {
    this.lease = lease;
    this.bytes = lease.bytes();
    this.left = bytes.byteSize();
  }

  LentRegion lease() {
    return lease;
  }

  long remainingByteSize() {
    return left;
  }

  MemorySegment segment() {
    return Lend.segment(bytes, index);
  }

  long byteOffset() {
    return within;
  }

  /** Returns how many of the next {@code limit} bytes lie in this segment. */
  int pieceByteSize(int limit) {
    return (int) Math.min(limit, segment().byteSize() - within);
  }

  /**
   * The next bytes of this segment. The buffers are made once for up to a GiB of it and used in
   * turn: each stays as it is until {@link TlsBatch#MAX_REGION_COUNT} more were asked for.
   */
  ByteBuffer view(int byteSize) {
    if (views.isEmpty() || within - viewStart + byteSize > views.getFirst().capacity()) {
      views.clear();
      viewStart = within;
      nextView = 0;
      long length = Math.min(MAX_VIEW_BYTE_SIZE, segment().byteSize() - within);
      views.add(segment().asSlice(within, length).asByteBuffer());
    } else if (nextView == views.size()) {
      views.add(views.getFirst().duplicate());
    }
    ByteBuffer view = views.get(nextView);
    nextView = (nextView + 1) % TlsBatch.MAX_REGION_COUNT;
    int position = (int) (within - viewStart);
    return view.limit(position + byteSize).position(position);
  }

  void advance(int byteSize) {
    within += byteSize;
    left -= byteSize;
    if (within == segment().byteSize()) {
      index++;
      within = 0;
      views.clear();
    }
  }
}
