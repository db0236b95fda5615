package dev.segue.bytes.spi;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;

/** Checks that native code, or another thread, can use memory. */
public final class SegmentCheck {
  /** Never started: only to ask whether other threads may access memory. */
  private static final Thread OTHER = Thread.ofPlatform().unstarted(() -> {});

  private SegmentCheck() {}

  /** Returns whether any thread may access it, as long as it is open. */
  public static boolean isShared(MemorySegment segment) {
    return segment.isAccessibleBy(OTHER);
  }

  /**
   * Checks that a region can be filled, by any thread and by native code.
   *
   * @param what what is attempted: {@code "get of s3://bucket/key"}
   * @throws IllegalArgumentException if it is on the heap, read-only or confined to one thread
   */
  public static void checkFillable(String what, MemorySegment region) {
    checkWritable(what, region);
    if (!isShared(region)) {
      throw unfillable(what, region, "is confined to one thread, and others fill it");
    }
  }

  /**
   * Checks that native code can fill a region, on a thread that may access it.
   *
   * @param what what is attempted: {@code "get of s3://bucket/key"}
   * @throws IllegalArgumentException if it is on the heap or read-only
   */
  public static void checkWritable(Object what, MemorySegment region) {
    if (!region.isNative()) {
      throw unfillable(what, region, "is on the Java heap, which native code can't fill");
    }
    if (region.isReadOnly()) {
      throw unfillable(what, region, "is read-only");
    }
  }

  private static IllegalArgumentException unfillable(
      Object what, MemorySegment region, String fault) {
    return new IllegalArgumentException(
        what
            + ": region byteSize="
            + region.byteSize()
            + " "
            + fault
            + "; allocate it from a LendingArena or Arena.ofShared(), or pass"
            + " Loan.sharedSegment()");
  }

  /**
   * Checks that any thread may read the bytes, as long as they are lent.
   *
   * @param what what is attempted: {@code "put of s3://bucket/key"}
   * @throws IllegalArgumentException if a segment is confined to one thread
   */
  public static void checkShared(String what, SegmentedBytes bytes) {
    for (int i = 0; i < bytes.segmentCount(); i++) {
      MemorySegment segment = Lend.segment(bytes, i);
      if (!isShared(segment)) {
        throw new IllegalArgumentException(
            what
                + ": segment index="
                + i
                + " byteSize="
                + segment.byteSize()
                + " is confined to one thread, and others read it; take it from a LoanPool, a"
                + " LendingArena or Arena.ofShared()");
      }
    }
  }
}
