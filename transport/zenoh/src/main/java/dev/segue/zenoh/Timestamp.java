package dev.segue.zenoh;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * A time of a hybrid logical clock: unique in the network, and ordered.
 *
 * @param ntp64 seconds since the Unix epoch as unsigned 32.32 fixed point, as RFC 5905 has its
 *     timestamps (Zenoh counts from 1970)
 * @param id the node whose clock it is
 */
public record Timestamp(long ntp64, ZenohId id) implements Comparable<Timestamp> {
  static final int BYTE_SIZE = 24;

  static Timestamp read(MemorySegment segment, long byteOffset) {
    return new Timestamp(
        segment.get(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset),
        ZenohId.read(segment, byteOffset + Long.BYTES));
  }

  void write(MemorySegment segment, long byteOffset) {
    segment.set(ValueLayout.JAVA_LONG_UNALIGNED, byteOffset, ntp64);
    id.write(segment, byteOffset + Long.BYTES);
  }

  /** The wall-clock time of it, to about 4 ns. */
  public Instant toInstant() {
    long nanos = ((ntp64 & 0xFFFFFFFFL) * 1_000_000_000L) >>> 32;
    return Instant.ofEpochSecond(ntp64 >>> 32, nanos);
  }

  @Override
  public int compareTo(Timestamp other) {
    int byTime = Long.compareUnsigned(ntp64, other.ntp64);
    if (byTime != 0) {
      return byTime;
    }
    int byHigh = Long.compareUnsigned(id.high(), other.id.high());
    return byHigh != 0 ? byHigh : Long.compareUnsigned(id.low(), other.id.low());
  }
}
