package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a file from front to back, in the order in which they were recorded.
 *
 * <p>What breaks the format is a {@link McapFormatException} that says where. A file that just ends
 * too early, because its recorder was killed, gives all messages that are whole and then says so:
 * {@link #truncation()}. Records that the format does not know are skipped. Checksums that the file
 * has are checked when their end is reached, those of a chunk before its first message is given.
 *
 * <p>Chunks of Zstandard need {@code io.airlift:aircompressor-v3} on the class path.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes the input; messages live on.
 * Threads: one at a time.
 */
public final class McapReader implements AutoCloseable {
  private final RecordInput records;
  private final McapHandler handler;
  private final Definitions definitions;
  private final String profile;
  private final String library;
  private Predicate<McapChannel> selection = channel -> true;
  private @Nullable FileEnd end;
  private boolean closed;
  private @Nullable ChunkRecords chunk;

  /** True if a part of the file was not read. */
  private final boolean isWithin;

  /** The number of records met, left out or not. */
  private long messageCount;

  private long attachmentCount;
  private long metadataCount;

  /** The chunks that must come, as far as they are known. */
  private Iterator<McapChunkIndex> chunks = Collections.emptyIterator();

  private @Nullable McapChunkIndex nextChunk;

  private McapReader(McapInput input, McapHandler handler) throws IOException {
    this.records = new RecordInput(input, 0);
    this.definitions = new Definitions(true);
    this.handler = handler;
    this.isWithin = false;
    try (BytesSource.Piece magic = records.take(Opcode.MAGIC_BYTE_SIZE, false)) {
      if (magic.bytes().byteSize() < Opcode.MAGIC_BYTE_SIZE
          || magic.bytes().reader().readLong() != Opcode.MAGIC) {
        throw new McapFormatException("not an MCAP file: it does not begin with MCAP's magic");
      }
    }
    RecordHead head = records.head();
    if (head != null && head.opcode() != Opcode.HEADER) {
      throw new McapFormatException(head + ": the first record is the header");
    }
    BytesSource.Piece content =
        head == null ? null : records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (head == null || content == null) {
      throw new McapFormatException("an MCAP file without a whole header: " + records.truncation());
    }
    try (content) {
      Fields fields = new Fields(head.toString(), content.bytes());
      profile = fields.string("profile");
      library = fields.string("library");
    }
  }

  private McapReader(McapInput input, McapHandler handler, McapSummary summary, long byteOffset)
      throws McapFormatException {
    this.records = new RecordInput(input, byteOffset);
    // A channel's schema may stand before, and the summary may leave it out.
    this.definitions = new Definitions(false);
    this.handler = handler;
    this.profile = "";
    this.library = "";
    for (McapSchema schema : summary.schemas().values()) {
      definitions.add("MCAP summary", schema);
    }
    for (McapChannel channel : summary.channels()) {
      definitions.known(channel);
    }
    records.resetCrc(false);
    this.isWithin = true;
    expect(summary);
  }

  /** Reads a file that comes in pieces, and closes the source at the end. */
  public static McapReader open(BytesSource source) throws IOException {
    return open(SourceInput.of(source), McapHandler.NONE);
  }

  /**
   * Reads a file from an input, and closes it at the end.
   *
   * @param handler gets the records that aren't messages
   */
  public static McapReader open(McapInput input, McapHandler handler) throws IOException {
    boolean opened = false;
    try {
      McapReader reader = new McapReader(input, handler);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        input.close();
      }
    }
  }

  /**
   * Reads a file from within, and closes the input at the end. The data's checksum is not checked,
   * those of chunks are.
   *
   * @param input whose next byte is at {@code byteOffset}
   * @param summary of the file, whose schemas and channels are known from the beginning, and whose
   *     chunks must come
   * @param byteOffset where a record of the data begins: 0 is none
   */
  public static McapReader resume(
      McapInput input, McapHandler handler, McapSummary summary, long byteOffset)
      throws IOException {
    boolean opened = false;
    try {
      McapReader reader = new McapReader(input, handler, summary, byteOffset);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        input.close();
      }
    }
  }

  /**
   * Leaves messages of other channels out from now on; an input that can seek does not read their
   * data.
   */
  public void select(Predicate<McapChannel> channels) {
    selection = channels;
  }

  /**
   * Requires each chunk that the file's summary names to come from here on: another record in its
   * place is an error. This isn't needed to read to the end of a file with statistics: there, fewer
   * messages than they count are an error.
   */
  public void expect(McapSummary summary) {
    long from = records.byteOffset();
    chunks = summary.chunks().stream().filter(each -> each.byteOffset() >= from).iterator();
    nextChunk = chunks.hasNext() ? chunks.next() : null;
  }

  /** Returns the file's profile; empty for one that is read from within. */
  public String profile() {
    return profile;
  }

  /** Returns the library that wrote the file; empty for one that is read from within. */
  public String library() {
    return library;
  }

  /** The schemas that were met so far, by id. */
  public Map<Integer, McapSchema> schemas() {
    return definitions.schemas();
  }

  /** The schema of a channel that was met; empty for one without, or one that nobody named. */
  public Optional<McapSchema> schemaOf(McapChannel channel) {
    return Optional.ofNullable(definitions.schema(channel.schemaId()));
  }

  /** The channels that were met so far. */
  public List<McapChannel> channels() {
    return definitions.channels();
  }

  /** Returns the file's statistics, once its end was reached. */
  public Optional<McapStatistics> statistics() {
    return end == null ? Optional.empty() : end.statistics();
  }

  /**
   * Returns where and in what a file ends that is not whole, once {@link #next()} gave its last
   * message; empty for a whole one.
   */
  public Optional<String> truncation() {
    return Optional.ofNullable(records.truncation());
  }

  /**
   * The next message; empty at the end, or where a truncated file stops being whole.
   *
   * @throws McapFormatException if the file breaks the format; the reader can't go on then
   */
  public Optional<McapMessage> next() throws IOException {
    while (records.truncation() == null && !isAtEnd()) {
      McapMessage message = chunk == null ? nextOfFile() : nextOfChunk(chunk);
      if (message != null) {
        return Optional.of(message);
      }
    }
    return Optional.empty();
  }

  private boolean isAtEnd() {
    return closed || (end != null && end.isComplete());
  }

  private @Nullable McapMessage nextOfFile() throws IOException {
    long dataCrc = records.crc();
    long from = records.byteOffset();
    RecordHead head = records.head();
    if (head == null) {
      return null;
    }
    checkChunks(from, head);
    FileEnd begun = end;
    if (begun != null) {
      begun.read(head);
      return null;
    }
    switch (head.opcode()) {
      case Opcode.MESSAGE -> {
        return message(head);
      }
      case Opcode.SCHEMA, Opcode.CHANNEL -> {
        definitions.read(records, head);
      }
      case Opcode.CHUNK -> {
        return enterChunk(head);
      }
      case Opcode.ATTACHMENT -> readAttachment(head);
      case Opcode.METADATA -> readMetadata(head);
      case Opcode.DATA_END -> end = FileEnd.begin(records, head, definitions, dataCrc, found());
      case Opcode.HEADER, Opcode.FOOTER ->
          throw new McapFormatException(head + ": it can't be in the data section");
      default -> readOther(head);
    }
    return null;
  }

  /**
   * One that is not a chunk any more, or that a wrong length leads beyond, would be passed over.
   */
  private void checkChunks(long from, RecordHead head) throws McapFormatException {
    for (McapChunkIndex next = nextChunk; next != null && next.byteOffset() <= from; ) {
      if (next.byteOffset() < from || head.opcode() != Opcode.CHUNK) {
        throw new McapFormatException(
            head
                + ": the summary's index has a chunk at byteOffset="
                + next.byteOffset()
                + ", and there is none");
      }
      next = chunks.hasNext() ? chunks.next() : null;
      nextChunk = next;
    }
  }

  private void readOther(RecordHead head) throws IOException {
    if (head.opcode() >= Opcode.FIRST_PRIVATE && !handler.equals(McapHandler.NONE)) {
      BytesSource.Piece content = records.content(head, RecordInput.LARGEST_RECORD);
      if (content != null) {
        handler.privateRecord(head.opcode(), content);
      }
    } else {
      records.pass(head, head.byteSize());
    }
  }

  private @Nullable McapMessage message(RecordHead head) throws IOException {
    head.checkByteSize(Opcode.MESSAGE_HEAD_BYTE_SIZE, RecordInput.LARGEST_RECORD);
    BytesSource.Piece first = records.whole(head, Opcode.MESSAGE_HEAD_BYTE_SIZE, false);
    if (first == null) {
      return null;
    }
    try (first) {
      Fields fields = new Fields(head.toString(), first.bytes());
      McapChannel channel = met(head.toString(), fields);
      long byteSize = head.byteSize() - Opcode.MESSAGE_HEAD_BYTE_SIZE;
      if (!selection.test(channel)) {
        leaveOut(channel, fields);
        records.skip(head, byteSize);
        return null;
      }
      BytesSource.Piece data = records.whole(head, byteSize, true);
      return data == null ? null : message(channel, fields, data, 0);
    }
  }

  /** The channel of a message, which is met. */
  private McapChannel met(String what, Fields fields) throws McapFormatException {
    messageCount++;
    return definitions.channel(what, fields.uint16("channel_id"));
  }

  private void leaveOut(McapChannel channel, Fields fields) throws McapFormatException {
    handler.leftOut(channel, fields.uint32("sequence"));
  }

  private static McapMessage message(
      McapChannel channel, Fields fields, BytesSource.Piece data, long unpackedByteSize)
      throws McapFormatException {
    return new McapMessage(
        channel,
        fields.uint32("sequence"),
        fields.uint64("log_time"),
        fields.uint64("publish_time"),
        data,
        unpackedByteSize);
  }

  /** Begins a chunk; gives its message at once where it is one that fills it. */
  private @Nullable McapMessage enterChunk(RecordHead head) throws IOException {
    ChunkHead chunkHead = records.chunkHead(head);
    if (chunkHead == null) {
      return null;
    }
    int lone = Opcode.RECORD_HEAD_BYTE_SIZE + Opcode.MESSAGE_HEAD_BYTE_SIZE;
    long byteSize = chunkHead.storedByteSize();
    if (!chunkHead.compression().isEmpty()
        || byteSize < McapWriterOptions.LARGE_MESSAGE_BYTE_SIZE) {
      BytesSource.Piece stored = records.whole(head, byteSize, false);
      chunk =
          stored == null
              ? null
              : new ChunkRecords(chunkHead, stored, SourceInput.copiedByteSize(stored));
      return null;
    }
    BytesSource.Piece first = records.whole(head, lone, false);
    if (first == null) {
      return null;
    }
    boolean joined = false;
    try {
      RecordHead inner =
          RecordHead.of(
              "in the chunk " + head.where(), first.bytes().slice(0, Opcode.RECORD_HEAD_BYTE_SIZE));
      if (inner.opcode() == Opcode.MESSAGE
          && inner.byteSize() == byteSize - Opcode.RECORD_HEAD_BYTE_SIZE) {
        return loneMessage(head, chunkHead, inner, first.bytes());
      }
      BytesSource.Piece rest = records.whole(head, byteSize - lone, false);
      if (rest != null) {
        joined = true;
        chunk =
            new ChunkRecords(chunkHead, new Joined(first, rest), SourceInput.copiedByteSize(rest));
      }
      return null;
    } finally {
      if (!joined) {
        first.close();
      }
    }
  }

  private record Joined(BytesSource.Piece first, BytesSource.Piece rest)
      implements BytesSource.Piece {
    @Override
    public SegmentedBytes bytes() {
      return SegmentedBytes.concat(List.of(first.bytes(), rest.bytes()));
    }

    @Override
    public void close() {
      first.close();
      rest.close();
    }
  }

  private @Nullable McapMessage loneMessage(
      RecordHead head, ChunkHead chunkHead, RecordHead inner, SegmentedBytes first)
      throws IOException {
    Fields fields = new Fields(inner.toString(), first.slice(Opcode.RECORD_HEAD_BYTE_SIZE));
    McapChannel channel = met(inner.toString(), fields);
    long byteSize = chunkHead.storedByteSize() - first.byteSize();
    if (!selection.test(channel)) {
      leaveOut(channel, fields);
      records.skip(head, byteSize);
      return null;
    }
    BytesSource.Piece data = records.whole(head, byteSize, true);
    if (data == null) {
      return null;
    }
    boolean checked = false;
    try {
      chunkHead.check(SegmentedBytes.concat(List.of(first, data.bytes())));
      checked = true;
      return message(channel, fields, data, 0);
    } finally {
      if (!checked) {
        data.close();
      }
    }
  }

  private @Nullable McapMessage nextOfChunk(ChunkRecords open) throws McapFormatException {
    if (open.isAtEnd()) {
      chunk = null;
      open.close();
      return null;
    }
    RecordHead head;
    try (BytesSource.Piece nine = open.read(Opcode.RECORD_HEAD_BYTE_SIZE)) {
      head = RecordHead.of("in the chunk before byteOffset=" + records.byteOffset(), nine.bytes());
    }
    String what = head.toString();
    head.checkInChunk();
    switch (head.opcode()) {
      case Opcode.MESSAGE -> {
        try (BytesSource.Piece first = open.read(Opcode.MESSAGE_HEAD_BYTE_SIZE)) {
          Fields fields = new Fields(what, first.bytes());
          McapChannel channel = met(what, fields);
          BytesSource.Piece data = open.read(head.byteSize() - Opcode.MESSAGE_HEAD_BYTE_SIZE);
          if (selection.test(channel)) {
            return message(channel, fields, data, open.takeUnpackedByteSize());
          }
          leaveOut(channel, fields);
          data.close();
        }
      }
      case Opcode.SCHEMA, Opcode.CHANNEL -> {
        try (BytesSource.Piece content = open.read(head.byteSize())) {
          definitions.define(head, content.bytes());
        }
      }
      default -> open.read(head.byteSize()).close();
    }
    return null;
  }

  private FileEnd.Found found() {
    return isWithin
        ? FileEnd.Found.UNKNOWN
        : new FileEnd.Found(messageCount, attachmentCount, metadataCount);
  }

  private void readMetadata(RecordHead head) throws IOException {
    metadataCount++;
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content != null) {
      try (content) {
        Fields fields = new Fields(head.toString(), content.bytes());
        handler.metadata(fields.string("name"), fields.stringMap("metadata"));
      }
    }
  }

  private void readAttachment(RecordHead head) throws IOException {
    attachmentCount++;
    if (!handler.takesAttachments()) {
      records.pass(head, head.byteSize());
      return;
    }
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_RECORD);
    if (content == null) {
      return;
    }
    boolean given = false;
    try {
      McapAttachment attachment = McapAttachment.read(head, content);
      given = true;
      handler.attachment(attachment);
    } finally {
      if (!given) {
        content.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    ChunkRecords open = chunk;
    chunk = null;
    closed = true;
    if (open != null) {
      open.close();
    }
    records.close();
  }
}
