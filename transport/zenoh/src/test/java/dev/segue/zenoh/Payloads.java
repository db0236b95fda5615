package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** Bytes to publish. */
final class Payloads {
  static final long FRAME = 1920L * 1536 * 4;

  private Payloads() {}

  /** Pseudo-random bytes in one segment that the garbage collector frees. */
  static SegmentedBytes random(long byteSize, long seed) {
    return byteSize == 0 ? SegmentedBytes.empty() : borrow(List.of(segment(byteSize, seed)));
  }

  static MemorySegment segment(long byteSize, long seed) {
    MemorySegment segment = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    fill(segment, seed);
    return segment.asReadOnly();
  }

  static void fill(MemorySegment segment, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long at = 0;
    for (; at + Long.BYTES <= segment.byteSize(); at += Long.BYTES) {
      segment.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong());
    }
    for (; at < segment.byteSize(); at++) {
      segment.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
    }
  }

  static SegmentedBytes borrow(List<MemorySegment> segments) {
    return SegmentedBytes.fromSegments(segments, false);
  }

  /** Many segments, each of another length, the first of one byte. */
  static SegmentedBytes scattered(int segmentCount, long seed) {
    List<MemorySegment> segments = new ArrayList<>();
    for (int i = 0; i < segmentCount; i++) {
      segments.add(segment(1 + i % 97, seed + i));
    }
    return borrow(segments);
  }

  /** One segment again and again: large without much memory. */
  static SegmentedBytes repeated(long byteSize, int times) {
    return borrow(Collections.nCopies(times, segment(byteSize, times)));
  }

  static SegmentedBytes number(long value) {
    MemorySegment segment = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    segment.set(ValueLayout.JAVA_LONG, 0, value);
    return borrow(List.of(segment.asReadOnly()));
  }

  static long numberOf(Sample sample) {
    return sample.payload().reader().readLong();
  }
}
