package dev.segue.zenoh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The time at which a sample was at a point on its way.
 *
 * @param point what happened to it
 * @param timestamp when, by the clock of the node that its id names
 */
public record TimestampStackRecord(InterceptionPoint point, Timestamp timestamp) {
  // struct Stamp of stamps.rs
  private static final long BYTE_SIZE = Long.BYTES + Timestamp.BYTE_SIZE;

  /** The protocol allows no more. */
  private static final int MOST = 255;

  private static final InterceptionPoint[] POINTS = InterceptionPoint.values();

  static List<TimestampStackRecord> read(long batch, long index) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stamps = arena.allocate(MOST * BYTE_SIZE, Long.BYTES);
      long count = Math.min(MOST, NativeSubscriber.stamps(batch, index, stamps, MOST));
      return LongStream.range(0, count).mapToObj(i -> of(stamps, i * BYTE_SIZE)).toList();
    }
  }

  private static TimestampStackRecord of(MemorySegment stamps, long byteOffset) {
    long point = stamps.get(ValueLayout.JAVA_LONG, byteOffset);
    return new TimestampStackRecord(
        POINTS[(int) point], Timestamp.read(stamps, byteOffset + Long.BYTES));
  }
}
