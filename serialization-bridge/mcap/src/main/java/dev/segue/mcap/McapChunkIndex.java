package dev.segue.mcap;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The place of a chunk and its content.
 *
 * @param messageStartTimeNanos the earliest log time in it
 * @param messageEndTimeNanos the latest
 * @param byteOffset of its record
 * @param byteSize of its record, head included
 * @param messageIndexByteOffsets of the index records behind it, by channel id; some writers have
 *     one of every channel of the file, see {@link #channelIds}
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
  /** A record's head, a channel's number, and the length of what follows. */
  private static final long EMPTY_INDEX_BYTE_SIZE =
      Opcode.RECORD_HEAD_BYTE_SIZE + Short.BYTES + Integer.BYTES;

  /** Of offsets that are copied, so that they stay as they are. */
  public McapChunkIndex {
    messageIndexByteOffsets = Collections.unmodifiableMap(new TreeMap<>(messageIndexByteOffsets));
  }

  /**
   * Returns the channels that have messages in it, according to the summary: an index that has room
   * for its own head alone is of a channel without any.
   */
  public Set<Integer> channelIds() {
    List<Map.Entry<Integer, Long>> byOffset = new ArrayList<>(messageIndexByteOffsets.entrySet());
    byOffset.sort(Map.Entry.comparingByValue());
    Set<Integer> ids = new TreeSet<>();
    long end = endByteOffset();
    for (Map.Entry<Integer, Long> index : byOffset.reversed()) {
      if (end - index.getValue() != EMPTY_INDEX_BYTE_SIZE) {
        ids.add(index.getKey());
      }
      end = index.getValue();
    }
    return Collections.unmodifiableSet(ids);
  }

  /** Returns the offset behind the chunk and its index. */
  public long endByteOffset() {
    return byteOffset + byteSize + messageIndexByteSize;
  }
}
