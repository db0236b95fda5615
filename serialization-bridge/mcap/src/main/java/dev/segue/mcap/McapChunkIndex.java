package dev.segue.mcap;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a chunk is, and what is in it.
 *
 * @param messageStartTimeNanos the earliest log time in it
 * @param messageEndTimeNanos the latest
 * @param byteOffset of its record
 * @param byteSize of its record, head included
 * @param messageIndexByteOffsets of the index records behind it, by channel id
 * @param messageIndexByteSize of all these
 * @param compression the format's name for it; empty for none
 * @param compressedByteSize of its records as they are stored
 * @param uncompressedByteSize of its records
 */
public record McapChunkIndex(
    long messageStartTimeNanos,
    long messageEndTimeNanos,
    long byteOffset,
    long byteSize,
    Map<Integer, Long> messageIndexByteOffsets,
    long messageIndexByteSize,
    String compression,
    long compressedByteSize,
    long uncompressedByteSize) {
  /** Of offsets that are copied, so that they stay as they are. */
  public McapChunkIndex {
    messageIndexByteOffsets = Collections.unmodifiableMap(new TreeMap<>(messageIndexByteOffsets));
  }

  /** Returns the offset behind the chunk and its index. */
  public long endByteOffset() {
    return byteOffset + byteSize + messageIndexByteSize;
  }
}
