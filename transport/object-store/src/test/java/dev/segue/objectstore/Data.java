package dev.segue.objectstore;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Bytes that differ everywhere. */
public final class Data {
  private Data() {}

  public static MemorySegment random(Arena arena, long byteSize) {
    MemorySegment data = arena.allocate(Math.max(8, byteSize + 8), 8);
    SplittableRandom random = new SplittableRandom(byteSize);
    for (long at = 0; at + 8 <= data.byteSize(); at += 8) {
      data.set(ValueLayout.JAVA_LONG, at, random.nextLong());
    }
    return data.asSlice(0, byteSize);
  }

  /** The same bytes as regions of a few sizes. */
  public static SegmentedBytes regions(MemorySegment data, long regionByteSize) {
    List<MemorySegment> regions = new ArrayList<>();
    for (long at = 0; at < data.byteSize(); at += regionByteSize) {
      regions.add(data.asSlice(at, Math.min(regionByteSize, data.byteSize() - at)).asReadOnly());
    }
    return SegmentedBytes.fromSegments(regions, false);
  }

  public static boolean same(MemorySegment a, MemorySegment b) {
    return a.byteSize() == b.byteSize() && a.mismatch(b) < 0;
  }

  public static boolean same(SegmentedBytes a, MemorySegment b) {
    return a.equals(SegmentedBytes.fromSegments(List.of(b.asReadOnly()), false));
  }
}
