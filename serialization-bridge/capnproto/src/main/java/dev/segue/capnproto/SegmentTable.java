package dev.segue.capnproto;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The places of a message's segments in the stream framing.
 *
 * <pre>
 *   u32 segmentCount - 1 | u32 words of segment 0 | … | u32 0, if needed to end at a word | segments
 * </pre>
 *
 * <p>All little-endian; see <a
 * href="https://capnproto.org/encoding.html#serialization-over-a-stream">the encoding</a>.
 */
final class SegmentTable {
  /** C++ takes fewer than 512 segments, capnproto-java up to 512: what all of them take. */
  static final int MAX_WRITTEN_SEGMENT_COUNT = 511;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long UNSIGNED = 0xFFFF_FFFFL;

  // The start of each segment in the message, and the end of the last.
  private final long[] bounds;

  private SegmentTable(long[] bounds) {
    this.bounds = bounds;
  }

  /** Returns how large the table of so many segments is; always whole words. */
  static long byteSize(int segmentCount) {
    return ((long) segmentCount + 2) / 2 * Long.BYTES;
  }

  static void checkWritable(int segmentCount) {
    if (segmentCount > MAX_WRITTEN_SEGMENT_COUNT) {
      throw new IllegalStateException(
          "framing of a message of segmentCount="
              + segmentCount
              + ": readers take at most "
              + MAX_WRITTEN_SEGMENT_COUNT
              + "; make its segments larger");
    }
  }

  static void write(long[] wordCounts, MemorySegment table) {
    table.set(INT, 0, wordCounts.length - 1);
    for (int i = 0; i < wordCounts.length; i++) {
      table.set(INT, (i + 1L) * Integer.BYTES, (int) wordCounts[i]);
    }
    if (wordCounts.length % 2 == 0) {
      table.set(INT, (wordCounts.length + 1L) * Integer.BYTES, 0);
    }
  }

  static SegmentTable parse(SegmentedBytes bytes, ReadLimits limits) throws CapnProtoException {
    long byteSize = bytes.byteSize();
    if (byteSize < Long.BYTES) {
      throw truncated("segment table", Long.BYTES, bytes);
    }
    BytesReader in = bytes.reader();
    long segmentCount = (in.readInt() & UNSIGNED) + 1;
    if (segmentCount > limits.maxSegmentCount()) {
      throw exceeded("segmentCount", segmentCount, "maxSegmentCount", limits.maxSegmentCount());
    }
    long tableByteSize = byteSize((int) segmentCount);
    if (tableByteSize > byteSize) {
      throw truncated("segment table", tableByteSize, bytes);
    }
    long[] bounds = new long[(int) segmentCount + 1];
    bounds[0] = tableByteSize;
    for (int i = 0; i < segmentCount; i++) {
      long segmentByteSize = (in.readInt() & UNSIGNED) * Long.BYTES;
      if (segmentByteSize > limits.maxSegmentByteSize()) {
        throw exceeded(
            "segment index=" + i + " byteSize",
            segmentByteSize,
            "maxSegmentByteSize",
            limits.maxSegmentByteSize());
      }
      bounds[i + 1] = bounds[i] + segmentByteSize;
      if (bounds[i + 1] > limits.maxMessageByteSize()) {
        throw exceeded(
            "byteSize up to segment index=" + i,
            bounds[i + 1],
            "maxMessageByteSize",
            limits.maxMessageByteSize());
      }
    }
    if (bounds[(int) segmentCount] > byteSize) {
      throw truncated("message", bounds[(int) segmentCount], bytes);
    }
    return new SegmentTable(bounds);
  }

  int segmentCount() {
    return bounds.length - 1;
  }

  long startOf(int index) {
    return bounds[index];
  }

  long byteSizeOf(int index) {
    return bounds[index + 1] - bounds[index];
  }

  long messageByteSize() {
    return bounds[bounds.length - 1];
  }

  private static CapnProtoException truncated(String what, long byteSize, SegmentedBytes bytes) {
    return new CapnProtoException(
        "read of a Cap'n Proto message: its "
            + what
            + " of byteSize="
            + byteSize
            + " is cut off by the end of "
            + bytes);
  }

  private static CapnProtoException exceeded(String what, long value, String limit, long most) {
    return new CapnProtoException(
        "read of a Cap'n Proto message: " + what + "=" + value + " exceeds " + limit + "=" + most);
  }
}
