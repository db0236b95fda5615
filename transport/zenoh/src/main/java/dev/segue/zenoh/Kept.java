package dev.segue.zenoh;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Samples that a cache of the core may keep beyond the put: memory that this library holds for as
 * long. Any other is its owner's to change or close when the put has returned, so it is copied.
 */
final class Kept {
  private static final CopyLedger.Site SITE =
      CopyLedger.site(
          "zenoh.cache", "a publisher's cache keeps memory that its owner may change or close");

  private Kept() {}

  /** Returns whether some memory of it is this library's. */
  static boolean hasOwner(SegmentedBytes bytes) {
    for (int i = 0; i < bytes.segmentCount(); i++) {
      if (Lend.owner(bytes, i) != null) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether some memory of it is not. */
  static boolean hasForeign(SegmentedBytes bytes) {
    for (int i = 0; i < bytes.segmentCount(); i++) {
      if (Lend.owner(bytes, i) == null) {
        return true;
      }
    }
    return false;
  }

  /** The same bytes, those of foreign memory copied. */
  static SegmentedBytes of(SegmentedBytes bytes) {
    List<SegmentedBytes> parts = new ArrayList<>(bytes.segmentCount());
    long at = 0;
    for (int i = 0; i < bytes.segmentCount(); i++) {
      long byteSize = Lend.segment(bytes, i).byteSize();
      SegmentedBytes part = bytes.slice(at, byteSize);
      parts.add(Lend.owner(bytes, i) == null ? copy(part) : part);
      at += byteSize;
    }
    return SegmentedBytes.concat(parts);
  }

  private static SegmentedBytes copy(SegmentedBytes part) {
    MemorySegment own = Arena.ofAuto().allocate(part.byteSize(), Long.BYTES);
    Lend.copyTo(SITE, part, 0, own, 0, part.byteSize());
    return Lend.ofOwned(own.asReadOnly(), null);
  }
}
