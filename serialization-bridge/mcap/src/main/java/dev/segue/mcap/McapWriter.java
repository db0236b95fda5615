package dev.segue.mcap;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a recording, without chunks: each message's data goes to the sink where it lies.
 *
 * <pre>{@code
 * try (ObjectWriter object = store.write("drive.mcap");
 *     McapWriter mcap = McapWriter.to(object, "", "my recorder")) {
 *   int camera = mcap.addChannel(0, "robot/camera", "capnp", Map.of());
 *   mcap.write(camera, 1, nowNanos, nowNanos, frame);      // lent until its part is stored
 *   mcap.finish();
 *   object.finish();
 * }
 * }</pre>
 *
 * <p>Memory: 256 KiB for the heads of records, as many of them as the sink holds, and a few bytes
 * per channel and schema, whatever the recording's size. Data of at most {@value #COPIED_BYTE_SIZE}
 * B is copied beside its head (ledger: {@code mcap.small}), which is cheaper than a region of its
 * own.
 *
 * <p>Owner: the caller, who also ends the sink. Lifetime: until {@link #finish()} or {@link
 * #close()}. Threads: one at a time.
 *
 * @see <a href="https://mcap.dev/spec">the format</a>
 */
public final class McapWriter implements AutoCloseable {
  /** The largest data that is copied rather than borrowed. */
  public static final int COPIED_BYTE_SIZE = 512;

  private static final int LARGEST_ID = 0xFFFF;
  private static final CopyLedger.Site COPY =
      CopyLedger.site(
          "mcap.small", "a few bytes beside their record's head cost less than another region");

  private final RecordBlock out;
  private final RecordBuffer buffer = new RecordBuffer();
  private final List<McapSchema> schemas = new ArrayList<>();
  private final List<McapChannel> channels = new ArrayList<>();
  private final List<long[]> counts = new ArrayList<>();
  private final List<MetadataIndex> metadataIndexes = new ArrayList<>();
  private long messageCount;
  private long firstNanos;
  private long lastNanos;
  private boolean closed;

  private record MetadataIndex(long byteOffset, long byteSize, String name) {}

  private record Group(int opcode, long byteOffset, long byteSize) {}

  private McapWriter(BytesSink sink) {
    this.out = new RecordBlock(sink);
  }

  /**
   * Begins a file.
   *
   * @param profile what the file promises beside the format, as {@code ros2}; empty for nothing
   * @param library who writes it
   */
  public static McapWriter to(BytesSink sink, String profile, String library) throws IOException {
    McapWriter writer = new McapWriter(sink);
    writer.out.copyFrom(writer.buffer.empty().uint64(Opcode.MAGIC).written());
    writer.out.copyFrom(writer.buffer.begin(Opcode.HEADER).string(profile).string(library).end());
    return writer;
  }

  /** How many bytes the file has so far. */
  public long byteSize() {
    return out.byteOffset();
  }

  /**
   * Adds a schema.
   *
   * @return its id
   * @throws IllegalStateException if there are 65,535 of them, or the writer is finished or closed
   */
  public int addSchema(String name, String encoding, SegmentedBytes data) throws IOException {
    checkOpen();
    int id = schemas.size() + 1;
    checkId(id, "schema name=" + name);
    McapSchema schema =
        new McapSchema(id, name, encoding, SegmentedBytes.copyOf(data.copyToByteArray()));
    writeSchema(schema);
    schemas.add(schema);
    return id;
  }

  /**
   * Adds a channel.
   *
   * @param schemaId 0 for none
   * @param messageEncoding one of the format's well-known names, or anything else
   * @return its id
   * @throws IllegalArgumentException if there is no such schema
   * @throws IllegalStateException if there are 65,536 of them, or the writer is finished or closed
   */
  public int addChannel(
      int schemaId, String topic, String messageEncoding, Map<String, String> metadata)
      throws IOException {
    checkOpen();
    if (schemaId < 0 || schemaId > schemas.size()) {
      throw new IllegalArgumentException(
          "channel topic=" + topic + " schemaId=" + schemaId + ": there is no such schema");
    }
    int id = channels.size();
    checkId(id, "channel topic=" + topic);
    McapChannel channel = new McapChannel(id, schemaId, topic, messageEncoding, metadata);
    writeChannel(channel);
    channels.add(channel);
    counts.add(new long[1]);
    return id;
  }

  private static void checkId(int id, String what) {
    if (id > LARGEST_ID) {
      throw new IllegalStateException(what + ": a file has ids up to " + LARGEST_ID);
    }
  }

  private void writeSchema(McapSchema schema) throws IOException {
    byte[] data = schema.data().copyToByteArray();
    out.copyFrom(
        buffer
            .begin(Opcode.SCHEMA)
            .uint16(schema.id())
            .string(schema.name())
            .string(schema.encoding())
            .uint32(data.length)
            .bytes(data)
            .end());
  }

  private void writeChannel(McapChannel channel) throws IOException {
    out.copyFrom(
        buffer
            .begin(Opcode.CHANNEL)
            .uint16(channel.id())
            .uint16(channel.schemaId())
            .string(channel.topic())
            .string(channel.messageEncoding())
            .stringMap(channel.metadata())
            .end());
  }

  /**
   * Writes a message. Its data is borrowed: it must stay alive and unchanged until {@link
   * SegmentedBytes#released()}.
   *
   * @param sequence of the channel, unsigned 32 bits
   * @param logTimeNanos when it was recorded, since the Unix epoch
   * @param publishTimeNanos when it was published; the log time if nobody knows
   * @throws IllegalArgumentException if there is no such channel
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void write(
      int channelId, long sequence, long logTimeNanos, long publishTimeNanos, SegmentedBytes data)
      throws IOException {
    checkOpen();
    if (channelId < 0 || channelId >= channels.size()) {
      throw new IllegalArgumentException(
          "message of channelId=" + channelId + ": there is no such channel");
    }
    buffer
        .begin(Opcode.MESSAGE)
        .uint16(channelId)
        .uint32(sequence)
        .uint64(logTimeNanos)
        .uint64(publishTimeNanos);
    out.copyFrom(buffer.end(data.byteSize()));
    write(data);
    counts.get(channelId)[0]++;
    firstNanos = messageCount == 0 ? logTimeNanos : Math.min(firstNanos, logTimeNanos);
    lastNanos = messageCount == 0 ? logTimeNanos : Math.max(lastNanos, logTimeNanos);
    messageCount++;
  }

  /**
   * Writes a record of the application's own, which other readers skip.
   *
   * @param opcode 0x80 to 0xFF
   * @param head what it begins with, copied
   * @param content what follows, borrowed as a message's data is
   * @throws IllegalArgumentException if the opcode is none of these
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writePrivate(int opcode, MemorySegment head, SegmentedBytes content)
      throws IOException {
    checkOpen();
    if (opcode < Opcode.FIRST_PRIVATE || opcode > 0xFF) {
      throw new IllegalArgumentException(
          "private record of opcode=" + opcode + ": from 128 to 255 are the application's");
    }
    out.copyFrom(buffer.begin(opcode).end(head.byteSize() + content.byteSize()));
    out.copyFrom(head);
    write(content);
  }

  private void write(SegmentedBytes content) throws IOException {
    if (content.byteSize() <= COPIED_BYTE_SIZE) {
      out.copyFrom(content);
      COPY.record(content.byteSize());
    } else {
      out.borrow(content);
    }
  }

  /**
   * Writes what belongs to the file as a whole.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeMetadata(String name, Map<String, String> metadata) throws IOException {
    checkOpen();
    long from = out.byteOffset();
    out.copyFrom(buffer.begin(Opcode.METADATA).string(name).stringMap(metadata).end());
    metadataIndexes.add(new MetadataIndex(from, out.byteOffset() - from, name));
  }

  /**
   * Ends the file: the checksum of the data, the summary, the footer. The sink is not ended.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public McapStatistics finish() throws IOException {
    checkOpen();
    int dataCrc = out.crc();
    out.copyFrom(buffer.begin(Opcode.DATA_END).uint32(dataCrc).end());
    out.resetCrc();
    long summaryFrom = out.byteOffset();
    McapStatistics statistics = statistics();
    List<Group> groups = writeSummary(statistics);
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
    int summaryCrc = out.crc();
    out.copyFrom(buffer.empty().uint32(summaryCrc).uint64(Opcode.MAGIC).written());
    out.seal();
    close();
    return statistics;
  }

  private List<Group> writeSummary(McapStatistics statistics) throws IOException {
    List<Group> groups = new ArrayList<>();
    long from = out.byteOffset();
    for (McapSchema schema : schemas) {
      writeSchema(schema);
    }
    from = addGroup(groups, Opcode.SCHEMA, from);
    for (McapChannel channel : channels) {
      writeChannel(channel);
    }
    from = addGroup(groups, Opcode.CHANNEL, from);
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
    from = addGroup(groups, Opcode.STATISTICS, from);
    for (MetadataIndex index : metadataIndexes) {
      out.copyFrom(
          buffer
              .begin(Opcode.METADATA_INDEX)
              .uint64(index.byteOffset())
              .uint64(index.byteSize())
              .string(index.name())
              .end());
    }
    long _ = addGroup(groups, Opcode.METADATA_INDEX, from);
    return groups;
  }

  private long addGroup(List<Group> groups, int opcode, long from) {
    long to = out.byteOffset();
    if (to > from) {
      groups.add(new Group(opcode, from, to - from));
    }
    return to;
  }

  /** What the file holds so far. */
  public McapStatistics statistics() {
    Map<Integer, Long> byChannel = new TreeMap<>();
    for (int id = 0; id < counts.size(); id++) {
      byChannel.put(id, counts.get(id)[0]);
    }
    return new McapStatistics(
        messageCount,
        schemas.size(),
        channels.size(),
        0,
        metadataIndexes.size(),
        0,
        firstNanos,
        lastNanos,
        byChannel);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("write to an McapWriter: it is finished or closed");
    }
  }

  /** Lets go of its memory; without {@link #finish()} the file has no end. Idempotent. */
  @Override
  public void close() {
    closed = true;
    out.close();
  }
}
