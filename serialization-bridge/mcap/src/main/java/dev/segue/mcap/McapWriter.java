package dev.segue.mcap;

import dev.segue.bytes.BytesSink;
import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Writes a recording: each large message's data goes to the sink where it lies.
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
 * <p>Without chunks ({@link McapWriterOptions#plain()}) records follow each other as they are
 * written. With chunks, messages of less than {@value McapWriterOptions#LARGE_MESSAGE_BYTE_SIZE} B
 * gather in a chunk (ledger: {@code mcap.chunk}), larger ones have a chunk of their own in which
 * they are borrowed; each chunk has its checksum, and the summary an index by time. The data has
 * one checksum at the end, which covers what lies between the chunks as well.
 *
 * <p>Memory: 256 KiB for the heads of records, as many of them as the sink holds, a chunk, the
 * channels and schemas, and {@link #indexByteSize()}: about 100 B for each chunk, and 10 B more for
 * each of the channels that have a message in it. A file that has more than 8,388,608 of these gets
 * no index of its chunks, and is read from its beginning; one whose attachments and metadata would
 * take more than 64 MiB of an index (half a million) gets none of these. Data of at most {@value
 * #COPIED_BYTE_SIZE} B is copied beside its head (ledger: {@code mcap.small}), which is cheaper
 * than a region of its own.
 *
 * <p>A write that fails ends the file: what follows, {@link #finish()} as well, is an IOException,
 * and {@link McapRepair} keeps what is whole.
 *
 * <p>Owner: the caller, who also ends the sink. Lifetime: until {@link #finish()} or {@link
 * #close()}. Threads: one at a time.
 *
 * @see <a href="https://mcap.dev/spec">the format</a>
 */
public final class McapWriter implements AutoCloseable {
  /** The largest data that is copied rather than borrowed. */
  public static final int COPIED_BYTE_SIZE = 512;

  /** The largest number of channels in a file. */
  public static final int CHANNEL_COUNT_LIMIT = 1 << 16;

  private static final int LARGEST_ID = 0xFFFF;

  /** Half of what a player keeps of them until their messages come. */
  private static final int PRIVATE_COUNT_LIMIT = 50_000;

  private static final CopyLedger.Site COPY =
      CopyLedger.site(
          "mcap.small", "a few bytes beside their record's head cost less than another region");

  private final RecordBlock out;
  private final McapWriterOptions options;
  private final Inventory inventory;
  private final RecordBuffer buffer = new RecordBuffer();
  private final RecordBuffer chunkHead = new RecordBuffer();
  private final ChunkBuilder chunk;
  private final boolean knowsDataCrc;

  /** Of private records before the chunk that is being filled: readers keep them until it comes. */
  private long privateByteSize;

  private int privateCount;

  /** Whether something is being written, or was when it failed. */
  private boolean isWriting;

  private boolean closed;

  private McapWriter(RecordBlock out, McapWriterOptions options, Inventory inventory) {
    this.out = out;
    this.options = options;
    this.inventory = inventory;
    this.chunk = new ChunkBuilder(options.chunkByteSize());
    this.knowsDataCrc = out.byteOffset() == 0;
    if (!knowsDataCrc) {
      out.stopCrc();
    }
  }

  /**
   * Begins a file without chunks.
   *
   * @param profile what the file promises beyond the format, such as {@code ros2}; empty for
   *     nothing
   * @param library the program that writes it
   */
  public static McapWriter to(BytesSink sink, String profile, String library) throws IOException {
    return to(sink, profile, library, McapWriterOptions.plain());
  }

  /**
   * Begins a file that is laid out as the options say.
   *
   * @throws IllegalStateException if the library of its compression is missing
   */
  public static McapWriter to(
      BytesSink sink, String profile, String library, McapWriterOptions options)
      throws IOException {
    return to(sink, profile, library, options, new Inventory());
  }

  /** With an inventory of the caller's, for tests. */
  static McapWriter to(
      BytesSink sink,
      String profile,
      String library,
      McapWriterOptions options,
      Inventory inventory)
      throws IOException {
    options.compression().check();
    McapWriter writer = new McapWriter(new RecordBlock(sink), options, inventory);
    boolean begun = false;
    try {
      writer.out.copyFrom(writer.buffer.empty().uint64(Opcode.MAGIC).written());
      writer.out.copyFrom(writer.buffer.begin(Opcode.HEADER).string(profile).string(library).end());
      begun = true;
      return writer;
    } finally {
      if (!begun) {
        writer.close();
      }
    }
  }

  /** Goes on with a file of which there are so many bytes, which hold what the inventory says. */
  static McapWriter resume(BytesSink sink, long byteOffset, Inventory inventory) {
    return new McapWriter(new RecordBlock(sink, byteOffset), McapWriterOptions.plain(), inventory);
  }

  /** Returns the file's size so far in bytes, including an unfinished chunk. */
  public long byteSize() {
    return out.byteOffset() + chunk.records().byteSize();
  }

  /**
   * Returns how many messages the sink has completely. The others are in this writer's memory, in
   * the chunk that is being filled or after it, and are lost if the sink fails.
   */
  public long handedOverCount() {
    return out.handedOverCount();
  }

  /**
   * Returns the size of the file's chunk index so far. It is in memory until the file ends, and a
   * reader that seeks reads it whole. 0 once it would have more than 8,388,608 entries (chunks, and
   * channels in them): then the file gets no index.
   */
  public long indexByteSize() {
    return inventory.chunkIndexByteSize();
  }

  /** Returns the number of channels added. */
  public int channelCount() {
    return inventory.channels.size();
  }

  /**
   * Adds a schema.
   *
   * @return its id
   * @throws IllegalStateException if there are 65,535 of them, if schemas and channels have more
   *     than 128 MiB, which readers refuse, or if the writer is finished or closed
   */
  public int addSchema(String name, String encoding, SegmentedBytes data) throws IOException {
    checkOpen();
    int id = inventory.schemas.size() + 1;
    checkId(id, "schema name=" + name);
    McapSchema schema =
        new McapSchema(id, name, encoding, SegmentedBytes.copyOf(data.copyToByteArray()));
    define(buffer.schema(schema).end(), 0, "schema name=" + name);
    inventory.schemas.put(id, schema);
    return id;
  }

  /**
   * Adds a channel.
   *
   * @param schemaId 0 for none
   * @param messageEncoding one of the format's well-known names, or anything else
   * @return its id
   * @throws IllegalArgumentException if there is no such schema
   * @throws IllegalStateException if there are 65,536 of them, if schemas and channels have more
   *     than 128 MiB or 1,048,576 entries of metadata, one channel more than 262,144 of these,
   *     which readers refuse, or if the writer is finished or closed
   */
  public int addChannel(
      int schemaId, String topic, String messageEncoding, Map<String, String> metadata)
      throws IOException {
    checkOpen();
    if (schemaId < 0 || schemaId > inventory.schemas.size()) {
      throw new IllegalArgumentException(
          "channel topic=" + topic + " schemaId=" + schemaId + ": no such schema");
    }
    int id = inventory.channels.size();
    checkId(id, "channel topic=" + topic);
    McapChannel channel = new McapChannel(id, schemaId, topic, messageEncoding, metadata);
    define(buffer.channel(channel).end(), channel.metadata().size(), "channel topic=" + topic);
    inventory.channels.put(id, channel);
    return id;
  }

  /** A file with more of them would be one that nobody reads, and no repair saves. */
  private void define(MemorySegment record, int entryCount, String what) throws IOException {
    long content = record.byteSize() - Opcode.RECORD_HEAD_BYTE_SIZE;
    if (content > RecordInput.LARGEST_DESCRIPTION
        || content > Definitions.LARGEST_TOTAL - inventory.definitionByteSize()) {
      throw new IllegalStateException(
          what
              + ": byteSize="
              + content
              + " beside those of byteSize="
              + inventory.definitionByteSize()
              + "; one has at most "
              + RecordInput.LARGEST_DESCRIPTION
              + ", all of a file at most "
              + Definitions.LARGEST_TOTAL);
    }
    if (entryCount > Fields.MAP_LIMIT
        || entryCount > Definitions.LARGEST_ENTRY_COUNT - inventory.definitionEntryCount()) {
      throw new IllegalStateException(
          what
              + ": metadata with entryCount="
              + entryCount
              + " beside others with entryCount="
              + inventory.definitionEntryCount()
              + "; one channel has at most "
              + Fields.MAP_LIMIT
              + ", all of a file at most "
              + Definitions.LARGEST_ENTRY_COUNT);
    }
    beginWriting();
    out.copyFrom(record);
    isWriting = false;
    inventory.countDefinition(content, entryCount);
  }

  private static void checkId(int id, String what) {
    if (id > LARGEST_ID) {
      throw new IllegalStateException(what + ": a file has ids up to " + LARGEST_ID);
    }
  }

  /**
   * Writes a message. Its data is borrowed: it must stay alive and unchanged until {@link
   * SegmentedBytes#released()}.
   *
   * @param sequence of the channel, unsigned 32 bits
   * @param logTimeNanos when it was recorded, since the Unix epoch
   * @param publishTimeNanos when it was published; the log time if that is unknown
   * @throws IllegalArgumentException if there is no such channel, or the data has more than 4 GiB,
   *     which readers refuse
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void write(
      int channelId, long sequence, long logTimeNanos, long publishTimeNanos, SegmentedBytes data)
      throws IOException {
    checkOpen();
    if (channelId < 0 || channelId >= inventory.channels.size()) {
      throw new IllegalArgumentException("message of channelId=" + channelId + ": no such channel");
    }
    checkByteSize(data.byteSize(), RecordInput.LARGEST_DATA, "message of channelId=" + channelId);
    boolean isLone =
        options.hasChunks() && data.byteSize() >= McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE;
    if (isLone) {
      endChunk();
    }
    buffer
        .begin(Opcode.MESSAGE)
        .uint16(channelId)
        .uint32(sequence)
        .uint64(logTimeNanos)
        .uint64(publishTimeNanos);
    MemorySegment head = buffer.end(data.byteSize());
    if (!options.hasChunks()) {
      beginWriting();
      out.copyFrom(head);
      write(data);
      inventory.count(channelId, logTimeNanos);
      out.note(inventory.messageCount());
      isWriting = false;
    } else if (!isLone) {
      chunk.add(channelId, logTimeNanos, head, data);
      inventory.count(channelId, logTimeNanos);
      if (chunk.isFull()
          || privateByteSize >= options.chunkByteSize()
          || privateCount >= PRIVATE_COUNT_LIMIT) {
        endChunk();
      }
    } else {
      CRC32 ofData = new CRC32();
      Lend.update(ofData, data);
      RunningCrc crc = new RunningCrc();
      crc.update(head.asByteBuffer());
      crc.add(ofData.getValue(), data.byteSize());
      long byteSize = head.byteSize() + data.byteSize();
      beginWriting();
      chunk.mark(channelId, logTimeNanos);
      long from = beginChunk(byteSize, crc.value(), McapCompression.NONE, byteSize);
      out.copyFrom(head);
      out.borrow(data, ofData.getValue());
      inventory.count(channelId, logTimeNanos);
      out.note(inventory.messageCount());
      endChunk(from, McapCompression.NONE, byteSize, byteSize);
      isWriting = false;
    }
  }

  private static void checkByteSize(long byteSize, long largest, String what) {
    if (byteSize > largest) {
      throw new IllegalArgumentException(
          what + ": byteSize=" + byteSize + ", readers take at most " + largest);
    }
  }

  private static void checkEntryCount(int count, String what) {
    if (count > Fields.MAP_LIMIT) {
      throw new IllegalArgumentException(
          what + ": entryCount=" + count + ", readers take at most " + Fields.MAP_LIMIT);
    }
  }

  /**
   * Hands all that was written to the sink, the chunk of small messages that is being filled as
   * well, so that a crash loses none of it.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void flush() throws IOException {
    endChunk();
    beginWriting();
    out.seal();
    isWriting = false;
  }

  /**
   * Ends the chunk of small messages that is being filled; the next one begins behind what is
   * written from here on. No effect without chunks.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void endChunk() throws IOException {
    checkOpen();
    privateByteSize = 0;
    privateCount = 0;
    if (chunk.isEmpty()) {
      return;
    }
    MemorySegment records = chunk.records();
    CRC32 crc = new CRC32();
    crc.update(records.asByteBuffer());
    try (Arena arena = Arena.ofConfined()) {
      McapCompression compression = options.compression();
      MemorySegment stored = records;
      if (compression != McapCompression.NONE) {
        MemorySegment whole = arena.allocate(records.byteSize(), Long.BYTES);
        whole.copyFrom(records);
        stored = compression.compress(whole, arena);
        if (stored.byteSize() >= records.byteSize()) {
          stored = records;
          compression = McapCompression.NONE;
        }
      }
      beginWriting();
      long from = beginChunk(records.byteSize(), crc.getValue(), compression, stored.byteSize());
      out.copyFrom(stored);
      endChunk(from, compression, stored.byteSize(), records.byteSize());
      isWriting = false;
    }
  }

  private long beginChunk(
      long uncompressedByteSize, long crc, McapCompression compression, long byteSize)
      throws IOException {
    long from = out.byteOffset();
    chunkHead
        .begin(Opcode.CHUNK)
        .uint64(chunk.firstNanos())
        .uint64(chunk.lastNanos())
        .uint64(uncompressedByteSize)
        .uint32(crc)
        .string(compression.format())
        .uint64(byteSize);
    out.copyFrom(chunkHead.end(byteSize));
    return from;
  }

  private void endChunk(
      long from, McapCompression compression, long byteSize, long uncompressedByteSize)
      throws IOException {
    long end = out.byteOffset();
    Map<Integer, Long> offsets = new TreeMap<>();
    for (Map.Entry<Integer, List<ChunkBuilder.Mark>> marks : chunk.marks().entrySet()) {
      offsets.put(marks.getKey(), out.byteOffset());
      buffer
          .begin(Opcode.MESSAGE_INDEX)
          .uint16(marks.getKey())
          .uint32(2L * Long.BYTES * marks.getValue().size());
      for (ChunkBuilder.Mark mark : marks.getValue()) {
        buffer.uint64(mark.logTimeNanos()).uint64(mark.byteOffset());
      }
      out.copyFrom(buffer.end());
    }
    inventory.addChunk(
        new McapChunkIndex(
            chunk.firstNanos(),
            chunk.lastNanos(),
            from,
            end - from,
            offsets,
            out.byteOffset() - end,
            compression.format(),
            byteSize,
            uncompressedByteSize));
    chunk.clear();
    out.note(inventory.messageCount());
  }

  /**
   * Writes an application-specific record, which other readers skip. It is placed before the chunk
   * that is being filled.
   *
   * @param opcode 0x80 to 0xFF
   * @param head its first bytes, copied
   * @param content the rest, borrowed as a message's data is
   * @throws IllegalArgumentException if the opcode is none of these, or both have more than 4 GiB,
   *     which readers refuse
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writePrivate(int opcode, MemorySegment head, SegmentedBytes content)
      throws IOException {
    checkOpen();
    if (opcode < Opcode.FIRST_PRIVATE || opcode > 0xFF) {
      throw new IllegalArgumentException(
          "private record of opcode=" + opcode + ": from 128 to 255 are the application's");
    }
    long byteSize = head.byteSize() + content.byteSize();
    checkByteSize(byteSize, RecordInput.LARGEST_RECORD, "private record of opcode=" + opcode);
    beginWriting();
    out.copyFrom(buffer.begin(opcode).end(byteSize));
    out.copyFrom(head);
    write(content);
    isWriting = false;
    privateByteSize += byteSize;
    privateCount++;
  }

  private void write(SegmentedBytes content) throws IOException {
    if (content.byteSize() <= COPIED_BYTE_SIZE) {
      out.copyFrom(content, COPY);
    } else {
      out.borrow(content);
    }
  }

  /**
   * Writes a file that belongs to the recording. Its data is borrowed as a message's is.
   *
   * @throws IllegalArgumentException if it has more than 4 GiB, which readers refuse
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeAttachment(
      String name, String mediaType, long logTimeNanos, long createTimeNanos, SegmentedBytes data)
      throws IOException {
    checkOpen();
    long from = out.byteOffset();
    buffer
        .begin(Opcode.ATTACHMENT)
        .uint64(logTimeNanos)
        .uint64(createTimeNanos)
        .string(name)
        .string(mediaType)
        .uint64(data.byteSize());
    MemorySegment head = buffer.end(data.byteSize() + Integer.BYTES);
    checkByteSize(
        head.byteSize() + data.byteSize(), RecordInput.LARGEST_RECORD, "attachment name=" + name);
    CRC32 crc = new CRC32();
    crc.update(head.asSlice(Opcode.RECORD_HEAD_BYTE_SIZE).asByteBuffer());
    Lend.update(crc, data);
    beginWriting();
    out.copyFrom(head);
    write(data);
    out.copyFrom(buffer.empty().uint32(crc.getValue()).written());
    isWriting = false;
    inventory.addAttachment(
        new Inventory.AttachmentIndex(
            from,
            out.byteOffset() - from,
            logTimeNanos,
            createTimeNanos,
            data.byteSize(),
            name,
            mediaType));
  }

  /**
   * Writes what belongs to the file as a whole.
   *
   * @throws IllegalArgumentException if it has more than 64 MiB or 262,144 entries, which readers
   *     refuse
   * @throws IllegalStateException if the writer is finished or closed
   */
  public void writeMetadata(String name, Map<String, String> metadata) throws IOException {
    checkOpen();
    long from = out.byteOffset();
    String what = "metadata name=" + name;
    checkEntryCount(metadata.size(), what);
    MemorySegment record = buffer.begin(Opcode.METADATA).string(name).stringMap(metadata).end();
    checkByteSize(record.byteSize(), RecordInput.LARGEST_DESCRIPTION, what);
    beginWriting();
    out.copyFrom(record);
    isWriting = false;
    inventory.addMetadata(new Inventory.MetadataIndex(from, out.byteOffset() - from, name));
  }

  /**
   * Ends the file: the checksum of the data, the summary, the footer. The sink is not ended.
   *
   * @throws IllegalStateException if the writer is finished or closed
   */
  public McapStatistics finish() throws IOException {
    endChunk();
    beginWriting();
    new SummaryWriter(out, buffer).write(inventory, knowsDataCrc ? out.crc() : 0);
    close();
    return inventory.statistics();
  }

  /** Returns what the file holds so far. */
  public McapStatistics statistics() {
    return inventory.statistics();
  }

  /** An end behind half a record would make the file look whole. */
  private void beginWriting() throws IOException {
    if (isWriting) {
      throw new IOException(
          "write to an McapWriter: it failed within what it wrote before, so the file can't be gone"
              + " on with");
    }
    isWriting = true;
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
