package dev.segue.mcap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a file holds so far: all that its summary will say. */
final class Inventory {
  /** Where an attachment is. */
  record AttachmentIndex(
      long byteOffset,
      long byteSize,
      long logTimeNanos,
      long createTimeNanos,
      long dataByteSize,
      String name,
      String mediaType) {}

  /** Where metadata is. */
  record MetadataIndex(long byteOffset, long byteSize, String name) {}

  final Map<Integer, McapSchema> schemas = new TreeMap<>();
  final Map<Integer, McapChannel> channels = new TreeMap<>();
  final List<McapChunkIndex> chunks = new ArrayList<>();
  final List<AttachmentIndex> attachments = new ArrayList<>();
  final List<MetadataIndex> metadata = new ArrayList<>();
  private final Map<Integer, long[]> counts = new TreeMap<>();
  private long messageCount;
  private long definitionByteSize;
  private long firstNanos;
  private long lastNanos;

  void count(int channelId, long logTimeNanos) {
    counts.computeIfAbsent(channelId, id -> new long[1])[0]++;
    firstNanos = messageCount == 0 ? logTimeNanos : Math.min(firstNanos, logTimeNanos);
    lastNanos = messageCount == 0 ? logTimeNanos : Math.max(lastNanos, logTimeNanos);
    messageCount++;
  }

  long messageCount() {
    return messageCount;
  }

  /** What the records of schemas and channels have in all. */
  long definitionByteSize() {
    return definitionByteSize;
  }

  void countDefinition(long byteSize) {
    definitionByteSize += byteSize;
  }

  McapStatistics statistics() {
    Map<Integer, Long> byChannel = new TreeMap<>();
    channels.keySet().forEach(id -> byChannel.put(id, 0L));
    counts.forEach((id, count) -> byChannel.put(id, count[0]));
    return new McapStatistics(
        messageCount,
        schemas.size(),
        channels.size(),
        attachments.size(),
        metadata.size(),
        chunks.size(),
        firstNanos,
        lastNanos,
        byChannel);
  }
}
