package dev.segue.bytes;

import dev.segue.bytes.spi.MemoryOwner;
import dev.segue.bytes.spi.ScopeOwners;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Takes segments of callers: wraps those that may be borrowed, or copies them. */
final class Borrowing {
  private static final CopyLedger.Site COPY_IN =
      CopyLedger.site("bytes.fromSegments", "the caller asked for copy = true");

  private Borrowing() {}

  /** Wraps segments; the array becomes the result's own. */
  static SegmentedBytes borrowed(MemorySegment[] segments) {
    int kept = 0;
    @Nullable MemoryOwner[] owners = null;
    MemorySegment.Scope lastScope = null;
    MemoryOwner lastOwner = null;
    for (int i = 0; i < segments.length; i++) {
      MemorySegment segment = segments[i];
      if (segment.byteSize() == 0) {
        continue;
      }
      checkBorrowable(segment, i);
      MemorySegment.Scope scope = segment.scope();
      if (!scope.equals(lastScope)) {
        lastScope = scope;
        lastOwner = ScopeOwners.ownerOf(scope, i);
      }
      if (lastOwner != null) {
        if (owners == null) {
          owners = new MemoryOwner[segments.length];
        }
        owners[kept] = lastOwner.ownerOf(segment);
      }
      segments[kept++] = segment;
    }
    return SegmentedBytes.of(
        kept == segments.length ? segments : Arrays.copyOf(segments, kept),
        owners == null || owners.length == kept ? owners : Arrays.copyOf(owners, kept));
  }

  @SuppressForbidden("an explicit copy, whose end is nobody's to tell")
  static SegmentedBytes copied(MemorySegment[] segments) {
    long byteSize = 0;
    for (MemorySegment segment : segments) {
      byteSize = Math.addExact(byteSize, segment.byteSize());
    }
    if (byteSize == 0) {
      return SegmentedBytes.empty();
    }
    MemorySegment own = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    long at = 0;
    for (MemorySegment segment : segments) {
      MemorySegment.copy(segment, 0, own, at, segment.byteSize());
      at += segment.byteSize();
    }
    COPY_IN.record(byteSize);
    return SegmentedBytes.of(own.asReadOnly(), null);
  }

  static void checkBorrowable(MemorySegment segment, int index) {
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
}
