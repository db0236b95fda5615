package dev.segue.mcap;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Writes a file's end: the checksum of the data, the summary, the footer. */
final class SummaryWriter {
  private record Group(int opcode, long byteOffset, long byteSize) {}

  private final RecordBlock out;
  private final RecordBuffer buffer;
  private final List<Group> groups = new ArrayList<>();
  private long groupFrom;

  SummaryWriter(RecordBlock out, RecordBuffer buffer) {
    this.out = out;
    this.buffer = buffer;
  }

  /**
   * Ends the file.
   *
   * @param dataCrc 0 if nobody knows
   */
  void write(Inventory inventory, long dataCrc) throws IOException {
    out.copyFrom(buffer.begin(Opcode.DATA_END).uint32(dataCrc).end());
    out.resetCrc();
    long summaryFrom = out.byteOffset();
    groupFrom = summaryFrom;
    writeDefinitions(inventory);
    writeStatistics(inventory.statistics());
    endGroup(Opcode.STATISTICS);
    for (byte[] index : inventory.chunkIndexes()) {
      out.copyFrom(MemorySegment.ofArray(index));
    }
    endGroup(Opcode.CHUNK_INDEX);
    writeOthers(inventory);
    long offsetsFrom = out.byteOffset();
    for (Group group : groups) {
      out.copyFrom(
          buffer
              .begin(Opcode.SUMMARY_OFFSET)
              .uint8(group.opcode())
              .uint64(group.byteOffset())
              .uint64(group.byteSize())
              .end());
    }
    // The checksum of the summary takes in the footer up to itself.
    buffer.begin(Opcode.FOOTER).uint64(summaryFrom).uint64(offsetsFrom);
    out.copyFrom(buffer.end(Integer.BYTES));
    long summaryCrc = out.crc();
    out.copyFrom(buffer.empty().uint32(summaryCrc).uint64(Opcode.MAGIC).written());
    out.seal();
  }

  private void writeDefinitions(Inventory inventory) throws IOException {
    for (McapSchema schema : inventory.schemas.values()) {
      out.copyFrom(buffer.schema(schema).end());
    }
    endGroup(Opcode.SCHEMA);
    for (McapChannel channel : inventory.channels.values()) {
      out.copyFrom(buffer.channel(channel).end());
    }
    endGroup(Opcode.CHANNEL);
  }

  private void writeStatistics(McapStatistics statistics) throws IOException {
    out.copyFrom(
        buffer
            .begin(Opcode.STATISTICS)
            .uint64(statistics.messageCount())
            .uint16(statistics.schemaCount())
            .uint32(statistics.channelCount())
            .uint32(statistics.attachmentCount())
            .uint32(statistics.metadataCount())
            .uint32(statistics.chunkCount())
            .uint64(statistics.messageStartTimeNanos())
            .uint64(statistics.messageEndTimeNanos())
            .countMap(statistics.channelMessageCounts())
            .end());
  }

  private void writeOthers(Inventory inventory) throws IOException {
    for (Inventory.AttachmentIndex index : inventory.attachments()) {
      out.copyFrom(
          buffer
              .begin(Opcode.ATTACHMENT_INDEX)
              .uint64(index.byteOffset())
              .uint64(index.byteSize())
              .uint64(index.logTimeNanos())
              .uint64(index.createTimeNanos())
              .uint64(index.dataByteSize())
              .string(index.name())
              .string(index.mediaType())
              .end());
    }
    endGroup(Opcode.ATTACHMENT_INDEX);
    for (Inventory.MetadataIndex index : inventory.metadata()) {
      out.copyFrom(
          buffer
              .begin(Opcode.METADATA_INDEX)
              .uint64(index.byteOffset())
              .uint64(index.byteSize())
              .string(index.name())
              .end());
    }
    endGroup(Opcode.METADATA_INDEX);
  }

  private void endGroup(int opcode) {
    long to = out.byteOffset();
    if (to > groupFrom) {
      groups.add(new Group(opcode, groupFrom, to - groupFrom));
    }
    groupFrom = to;
  }
}
