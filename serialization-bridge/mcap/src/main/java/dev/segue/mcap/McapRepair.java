package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.LendingArena;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Ends a file whose recorder was killed: cuts it behind its last whole record and writes the
 * summary that is missing. Chunks and attachments are checked against their checksums; what follows
 * one that is damaged is cut off as well.
 */
public final class McapRepair {
  private static final int WINDOW = 1 << 20;

  /**
   * The result of a repair.
   *
   * @param statistics of the file as it is now
   * @param cutByteSize how many bytes were cut off at its end
   * @param wasWhole whether it was complete already, so that nothing was done
   */
  public record Repaired(McapStatistics statistics, long cutByteSize, boolean wasWhole) {}

  private final Inventory inventory = new Inventory();
  private final Definitions definitions = new Definitions(true);
  private long wholeByteOffset;
  private boolean ended;
  private @Nullable String damage;

  /** The chunk whose index is being read; its place in the inventory is the last one. */
  private @Nullable McapChunkIndex chunk;

  /** The channels that have messages in it. */
  private final Set<Integer> chunkChannels = new HashSet<>();

  private final Map<Integer, Long> indexByteOffsets = new TreeMap<>();
  private long indexByteSize;

  private final FileChannel file;

  private McapRepair(FileChannel file) {
    this.file = file;
  }

  /**
   * Reads a file as far as it is intact, and changes nothing.
   *
   * @param file open for reading, and for writing if it is to be repaired; nobody else writes it
   * @return empty if it does not even have its header: there is nothing to keep
   */
  public static Optional<McapRepair> scan(FileChannel file) throws IOException {
    McapRepair repair = new McapRepair(file);
    try (RecordInput records = new RecordInput(SourceInput.of(new Windows(file)), 0)) {
      return repair.scan(records) ? Optional.of(repair) : Optional.empty();
    }
  }

  /** {@link #scan}, then {@link #finish}. */
  public static Optional<Repaired> repair(FileChannel file) throws IOException {
    Optional<McapRepair> scanned = scan(file);
    return scanned.isPresent() ? Optional.of(scanned.get().finish()) : Optional.empty();
  }

  /** Returns whether it has its end, so that nothing need be done. */
  public boolean isWhole() {
    return ended;
  }

  /** Returns the number of messages in the intact part. */
  public long messageCount() {
    return inventory.statistics().messageCount();
  }

  /** Returns the size in bytes of the intact part. */
  public long wholeByteSize() {
    return wholeByteOffset;
  }

  /**
   * Returns the damage after that; empty for a file that just ends there, or has only zeros after
   * it, as after a power failure.
   */
  public Optional<String> damage() {
    return Optional.ofNullable(damage);
  }

  private static boolean endsInZeros(FileChannel file, long from) throws IOException {
    ByteBuffer window = ByteBuffer.allocate(64 << 10);
    long at = from;
    for (int count = file.read(window, at); count > 0; count = file.read(window.clear(), at)) {
      at += count;
      ByteBuffer read = window.flip();
      while (read.hasRemaining()) {
        if (read.get() != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns whether it had its end, wherever that is looked for. */
  private static boolean hasMagicAtEnd(FileChannel file) throws IOException {
    ByteBuffer end = ByteBuffer.allocate(Opcode.MAGIC_BYTE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    int count = file.read(end, Math.max(0, file.size() - Opcode.MAGIC_BYTE_SIZE));
    return count == Opcode.MAGIC_BYTE_SIZE && end.getLong(0) == Opcode.MAGIC;
  }

  /** Cuts it and writes its end; its content is forced to the disk. */
  public Repaired finish() throws IOException {
    if (ended) {
      return new Repaired(inventory.statistics(), 0, true);
    }
    long cut = file.size() - wholeByteOffset;
    file.truncate(wholeByteOffset);
    file.position(wholeByteOffset);
    try (McapWriter end =
        McapWriter.resume(piece -> write(file, piece), wholeByteOffset, inventory)) {
      McapStatistics statistics = end.finish();
      file.force(true);
      return new Repaired(statistics, cut, false);
    }
  }

  private static void write(FileChannel file, SegmentedBytes piece) throws IOException {
    for (ByteBuffer buffer : piece.asByteBuffers()) {
      while (buffer.hasRemaining()) {
        file.write(buffer);
      }
    }
  }

  /** Reads as far as the file is right; false if it does not begin as one. */
  private boolean scan(RecordInput records) throws IOException {
    try (BytesSource.Piece magic = records.take(Opcode.MAGIC_BYTE_SIZE, false)) {
      if (magic.bytes().byteSize() < Opcode.MAGIC_BYTE_SIZE
          || magic.bytes().reader().readLong() != Opcode.MAGIC) {
        return false;
      }
    }
    try {
      RecordHead head = records.head();
      if (head == null || head.opcode() != Opcode.HEADER || !header(records, head)) {
        return false;
      }
    } catch (McapFormatException e) {
      return false;
    }
    wholeByteOffset = records.byteOffset();
    try {
      boolean more = true;
      while (more) {
        long from = records.byteOffset();
        long dataCrc = records.crc();
        RecordHead head = records.head();
        more = head != null && record(records, head, from, dataCrc);
        if (more) {
          wholeByteOffset = records.byteOffset();
        }
      }
    } catch (McapFormatException e) {
      // What is damaged, and all behind it, is cut off.
      damage = endsInZeros(file, wholeByteOffset) ? null : String.valueOf(e.getMessage());
    }
    if (damage == null && hasMagicAtEnd(file)) {
      damage = records.truncation();
    }
    cutIndex();
    sealChunk();
    return true;
  }

  /** Notes one record; false where the file ends. */
  private boolean record(RecordInput records, RecordHead head, long from, long dataCrc)
      throws IOException {
    return switch (head.opcode()) {
      case Opcode.HEADER, Opcode.FOOTER ->
          throw new McapFormatException(head + ": it can't be in the data section");
      case Opcode.SCHEMA, Opcode.CHANNEL -> define(records, head);
      case Opcode.MESSAGE -> message(records, head);
      case Opcode.CHUNK -> chunk(records, head, from);
      case Opcode.MESSAGE_INDEX -> messageIndex(records, head, from);
      case Opcode.ATTACHMENT -> attachment(records, head, from);
      case Opcode.METADATA -> metadata(records, head, from);
      case Opcode.DATA_END -> {
        ended = hasEnd(records, head, dataCrc);
        yield false;
      }
      default -> records.pass(head, head.byteSize());
    };
  }

  /** It is read, as a file whose header can't be read is of no use. */
  private static boolean header(RecordInput records, RecordHead head) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return false;
    }
    try (content) {
      Fields fields = new Fields(head.toString(), content.bytes());
      fields.string("profile");
      fields.string("library");
      return true;
    }
  }

  /**
   * Returns whether all that follows the data is there, as readers want it, with statistics;
   * without these it is written again.
   */
  private boolean hasEnd(RecordInput records, RecordHead dataEnd, long dataCrc) throws IOException {
    McapStatistics noted = inventory.statistics();
    FileEnd.Found found =
        new FileEnd.Found(noted.messageCount(), noted.attachmentCount(), noted.metadataCount());
    FileEnd end = FileEnd.begin(records, dataEnd, definitions, dataCrc, found);
    while (end != null && !end.isComplete() && records.truncation() == null) {
      RecordHead head = records.head();
      if (head != null) {
        end.read(head);
      }
    }
    return end != null && end.isComplete() && end.statistics().isPresent();
  }

  private boolean define(RecordInput records, RecordHead head) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return false;
    }
    try (content) {
      define(head, content.bytes());
      return true;
    }
  }

  private void define(RecordHead head, SegmentedBytes content) throws McapFormatException {
    definitions.define(head, content);
    note(new Fields(head.toString(), content), head.opcode());
  }

  private void note(Fields fields, int opcode) throws McapFormatException {
    if (opcode == Opcode.SCHEMA) {
      McapSchema schema = fields.schema();
      inventory.schemas.put(schema.id(), schema);
    } else {
      McapChannel channel = fields.channel();
      inventory.channels.put(channel.id(), channel);
    }
  }

  private boolean message(RecordInput records, RecordHead head) throws IOException {
    head.checkByteSize(Opcode.MESSAGE_HEAD_BYTE_SIZE, RecordInput.LARGEST_RECORD);
    BytesSource.Piece first = records.whole(head, Opcode.MESSAGE_HEAD_BYTE_SIZE, false);
    if (first == null) {
      return false;
    }
    try (first) {
      if (!records.pass(head, head.byteSize() - Opcode.MESSAGE_HEAD_BYTE_SIZE)) {
        return false;
      }
      count(head, first.bytes());
      return true;
    }
  }

  /** Counts a message; returns its channel. */
  private int count(RecordHead head, SegmentedBytes first) throws McapFormatException {
    Fields fields = new Fields(head.toString(), first);
    int channel = channelOf(head, fields).id();
    fields.uint32("sequence");
    inventory.count(channel, fields.uint64("log_time"));
    return channel;
  }

  private McapChannel channelOf(RecordHead head, Fields fields) throws McapFormatException {
    return definitions.channel(head.toString(), fields.uint16("channel_id"));
  }

  private boolean chunk(RecordInput records, RecordHead head, long from) throws IOException {
    ChunkHead chunkHead = records.chunkHead(head);
    if (chunkHead == null) {
      return false;
    }
    BytesSource.Piece stored = records.whole(head, chunkHead.storedByteSize(), false);
    if (stored == null) {
      return false;
    }
    ChunkRecords content = new ChunkRecords(chunkHead, stored, 0);
    try {
      // Nothing of a chunk counts that is cut off, as a record in it is damaged.
      readChunk(head, content, this::check);
      sealChunk();
      content.rewind();
      readChunk(head, content, this::note);
    } finally {
      content.close();
    }
    chunk =
        new McapChunkIndex(
            chunkHead.firstNanos(),
            chunkHead.lastNanos(),
            from,
            records.byteOffset() - from,
            Map.of(),
            0,
            chunkHead.compression(),
            chunkHead.storedByteSize(),
            chunkHead.uncompressedByteSize());
    return true;
  }

  private interface InChunk {
    void take(RecordHead head, SegmentedBytes content) throws McapFormatException;
  }

  private static void readChunk(RecordHead head, ChunkRecords content, InChunk records)
      throws McapFormatException {
    while (!content.isAtEnd()) {
      RecordHead inner;
      try (BytesSource.Piece nine = content.read(Opcode.RECORD_HEAD_BYTE_SIZE)) {
        inner = RecordHead.of("in the chunk " + head.where(), nine.bytes());
      }
      try (BytesSource.Piece record = content.read(inner.byteSize())) {
        records.take(inner, record.bytes());
      }
    }
  }

  private void check(RecordHead inner, SegmentedBytes content) throws McapFormatException {
    inner.checkInChunk();
    if (inner.opcode() == Opcode.MESSAGE) {
      channelOf(inner, new Fields(inner.toString(), content));
    } else if (inner.opcode() == Opcode.SCHEMA || inner.opcode() == Opcode.CHANNEL) {
      definitions.define(inner, content);
    }
  }

  private void note(RecordHead inner, SegmentedBytes content) throws McapFormatException {
    if (inner.opcode() == Opcode.MESSAGE) {
      chunkChannels.add(count(inner, content));
    } else if (inner.opcode() == Opcode.SCHEMA || inner.opcode() == Opcode.CHANNEL) {
      note(new Fields(inner.toString(), content), inner.opcode());
    }
  }

  /** Returns whether the chunk that was read last has an index of all its channels. */
  private boolean isIndexed() {
    return indexByteOffsets.keySet().containsAll(chunkChannels);
  }

  /**
   * Cuts off an index of which only a part was written: readers that seek would take it for all,
   * and miss the other channels' messages in the chunk. The chunk stays, without an index.
   */
  private void cutIndex() {
    McapChunkIndex last = chunk;
    if (last != null
        && !ended
        && !isIndexed()
        && wholeByteOffset == last.endByteOffset() + indexByteSize) {
      wholeByteOffset = last.endByteOffset();
      indexByteSize = 0;
    }
  }

  /** Notes the chunk that was read last, with its index if that is whole. */
  private void sealChunk() {
    McapChunkIndex read = chunk;
    if (read != null) {
      inventory.addChunk(
          new McapChunkIndex(
              read.messageStartTimeNanos(),
              read.messageEndTimeNanos(),
              read.byteOffset(),
              read.byteSize(),
              isIndexed() ? indexByteOffsets : Map.of(),
              indexByteSize,
              read.compression(),
              read.compressedByteSize(),
              read.uncompressedByteSize()));
    }
    chunk = null;
    chunkChannels.clear();
    indexByteOffsets.clear();
    indexByteSize = 0;
  }

  /** Adds it to the chunk before. */
  private boolean messageIndex(RecordInput records, RecordHead head, long from) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return false;
    }
    try (content) {
      int channel = new Fields(head.toString(), content.bytes()).uint16("channel_id");
      if (chunk != null) {
        indexByteOffsets.put(channel, from);
        indexByteSize += records.byteOffset() - from;
      }
      return true;
    }
  }

  private boolean attachment(RecordInput records, RecordHead head, long from) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_RECORD);
    if (content == null) {
      return false;
    }
    boolean read = false;
    try {
      try (McapAttachment attachment = McapAttachment.read(head, content)) {
        read = true;
        inventory.addAttachment(
            new Inventory.AttachmentIndex(
                from,
                records.byteOffset() - from,
                attachment.logTimeNanos(),
                attachment.createTimeNanos(),
                attachment.data().byteSize(),
                attachment.name(),
                attachment.mediaType()));
      }
    } finally {
      if (!read) {
        content.close();
      }
    }
    return true;
  }

  private boolean metadata(RecordInput records, RecordHead head, long from) throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return false;
    }
    try (content) {
      Fields fields = new Fields(head.toString(), content.bytes());
      String name = fields.string("name");
      fields.stringMap("metadata");
      inventory.addMetadata(new Inventory.MetadataIndex(from, records.byteOffset() - from, name));
      return true;
    }
  }

  /** A file in windows of its own memory. */
  private static final class Windows implements BytesSource {
    private final FileChannel file;
    private long at;

    Windows(FileChannel file) {
      this.file = file;
    }

    private record Window(LendingArena arena, SegmentedBytes bytes) implements Piece {
      @Override
      public void close() {
        arena.close();
      }
    }

    @Override
    public Optional<Piece> next() throws IOException {
      long byteSize = Math.min(WINDOW, file.size() - at);
      if (byteSize <= 0) {
        return Optional.empty();
      }
      LendingArena arena = new LendingArena();
      boolean read = false;
      try {
        MemorySegment memory = arena.allocate(byteSize, Long.BYTES);
        ByteBuffer to = memory.asByteBuffer();
        int count = 0;
        while (to.hasRemaining() && count >= 0) {
          count = file.read(to, at + to.position());
        }
        MemorySegment filled = memory.asSlice(0, to.position()).asReadOnly();
        at += filled.byteSize();
        read = true;
        return Optional.of(new Window(arena, SegmentedBytes.fromSegments(List.of(filled), false)));
      } finally {
        if (!read) {
          arena.close();
        }
      }
    }

    @Override
    public long lendableByteSize() {
      return Long.MAX_VALUE;
    }

    @Override
    public void close() {}
  }
}
