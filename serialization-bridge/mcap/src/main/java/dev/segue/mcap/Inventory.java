package dev.segue.mcap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The content of a file so far: all that its summary will say. */
final class Inventory {
  /** The place of an attachment. */
  record AttachmentIndex(
      long byteOffset,
      long byteSize,
      long logTimeNanos,
      long createTimeNanos,
      long dataByteSize,
      String name,
      String mediaType) {}

  /** The place of a metadata record. */
  record MetadataIndex(long byteOffset, long byteSize, String name) {}

  /** The limit on the indexes of attachments and metadata: of half a million of them. */
  private static final long LARGEST_OTHERS = 64L << 20;

  private static final long INDEX_BYTE_SIZE = 128;

  final Map<Integer, McapSchema> schemas = new TreeMap<>();
  final Map<Integer, McapChannel> channels = new TreeMap<>();
  private final List<AttachmentIndex> attachments = new ArrayList<>();
  private final List<MetadataIndex> metadata = new ArrayList<>();
  private final long largestOthers;

  /** The heap that the indexes of attachments and metadata take, kept or not. */
  private long othersByteSize;

  private int attachmentCount;
  private int metadataCount;
  private final Map<Integer, long[]> counts = new TreeMap<>();

  /** As the summary will have them: of a thousand keys in a chunk 10 kB, and not 80. */
  private final List<byte[]> chunkIndexes = new ArrayList<>();

  private final long largestIndex;

  /** Chunks and the channels in each. */
  private long indexed;

  private int chunkCount;

  private final RecordBuffer buffer = new RecordBuffer();
  private long chunkIndexByteSize;
  private long messageCount;
  private long definitionByteSize;
  private long definitionEntryCount;
  private long firstNanos;
  private long lastNanos;

  Inventory() {
    this(McapSummary.LARGEST_INDEX);
  }

  /** With another limit of the chunks' indexes, for tests. */
  Inventory(long largestIndex) {
    this(largestIndex, LARGEST_OTHERS);
  }

  /** With other limits of the indexes, for tests. */
  Inventory(long largestIndex, long largestOthers) {
    this.largestIndex = largestIndex;
    this.largestOthers = largestOthers;
  }

  void count(int channelId, long logTimeNanos) {
    counts.computeIfAbsent(channelId, id -> new long[1])[0]++;
    firstNanos = messageCount == 0 ? logTimeNanos : Math.min(firstNanos, logTimeNanos);
    lastNanos = messageCount == 0 ? logTimeNanos : Math.max(lastNanos, logTimeNanos);
    messageCount++;
  }

  long messageCount() {
    return messageCount;
  }

  /** Returns what the records of schemas and channels have in all. */
  long definitionByteSize() {
    return definitionByteSize;
  }

  /** Returns how many entries the metadata of channels has in all. */
  long definitionEntryCount() {
    return definitionEntryCount;
  }

  void countDefinition(long byteSize, int entryCount) {
    definitionByteSize += byteSize;
    definitionEntryCount += entryCount;
  }

  void addAttachment(AttachmentIndex index) {
    attachmentCount++;
    if (hasRoom(index.name().length() + (long) index.mediaType().length())) {
      attachments.add(index);
    }
  }

  void addMetadata(MetadataIndex index) {
    metadataCount++;
    if (hasRoom(index.name().length())) {
      metadata.add(index);
    }
  }

  /** As with chunks, more of them have no index at all. */
  private boolean hasRoom(long characterCount) {
    othersByteSize += INDEX_BYTE_SIZE + 2 * characterCount;
    if (othersByteSize <= largestOthers) {
      return true;
    }
    attachments.clear();
    metadata.clear();
    return false;
  }

  /** Returns where the attachments are; none if there are too many. */
  List<AttachmentIndex> attachments() {
    return attachments;
  }

  /** Returns where metadata is; none if there is too much. */
  List<MetadataIndex> metadata() {
    return metadata;
  }

  /**
   * Notes a chunk. More of them than a reader takes have no index at all: half of one would make
   * readers that seek miss the rest.
   */
  void addChunk(McapChunkIndex index) {
    chunkCount++;
    indexed += 1 + index.messageIndexByteOffsets().size();
    if (indexed > largestIndex) {
      chunkIndexes.clear();
      chunkIndexByteSize = 0;
      return;
    }
    MemorySegment made = buffer.chunkIndex(index).end();
    byte[] record = new byte[Math.toIntExact(made.byteSize())];
    MemorySegment.copy(made, ValueLayout.JAVA_BYTE, 0, record, 0, record.length);
    chunkIndexes.add(record);
    chunkIndexByteSize += record.length;
  }

  /** The records that tell where the chunks are, in their order; none if they are too many. */
  List<byte[]> chunkIndexes() {
    return chunkIndexes;
  }

  /** Returns what these have in all. */
  long chunkIndexByteSize() {
    return chunkIndexByteSize;
  }

  McapStatistics statistics() {
    Map<Integer, Long> byChannel = new TreeMap<>();
    channels.keySet().forEach(id -> byChannel.put(id, 0L));
    counts.forEach((id, count) -> byChannel.put(id, count[0]));
    return new McapStatistics(
        messageCount,
        schemas.size(),
        channels.size(),
        attachmentCount,
        metadataCount,
        chunkCount,
        firstNanos,
        lastNanos,
        byChannel);
  }
}
