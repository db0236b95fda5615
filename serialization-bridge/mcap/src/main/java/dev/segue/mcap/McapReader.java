package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a file from front to back, in the order in which they were recorded.
 *
 * <p>What breaks the format is a {@link McapFormatException} that says where. A file that just ends
 * too early, as its recorder was killed, gives all messages that are whole and then says so: {@link
 * #truncation()}. Records that the format does not know are skipped. Checksums that the file has
 * are checked when their end is reached.
 *
 * <p>Chunks are read when they are not compressed.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which closes the input; messages live on.
 * Threads: one at a time.
 */
public final class McapReader implements AutoCloseable {
  /** Zenoh's largest payload, and its head. */
  private static final long LARGEST_RECORD = (1L << 32) + 64;

  private static final long LARGEST_DESCRIPTION = 64L << 20;
  private static final long SKIPPED_AT_ONCE = 1L << 20;

  /** Takes records that belong to an application. */
  @FunctionalInterface
  public interface PrivateRecords {
    /**
     * Takes one, and closes its content.
     *
     * @param opcode 0x80 to 0xFF
     */
    void accept(int opcode, BytesSource.Piece content) throws IOException;
  }

  private enum Section {
    DATA,
    SUMMARY,
    END
  }

  private final McapInput input;
  private final @Nullable PrivateRecords privateRecords;
  private final Definitions definitions = new Definitions();
  private final CRC32 crc = new CRC32();
  private final String profile;
  private final String library;
  private Section section = Section.DATA;
  private long byteOffset;
  private long summaryByteOffset;
  private @Nullable ChunkRecords chunk;
  private @Nullable McapStatistics statistics;
  private @Nullable String truncation;

  private McapReader(McapInput input, @Nullable PrivateRecords privateRecords) throws IOException {
    this.input = input;
    this.privateRecords = privateRecords;
    try (BytesSource.Piece magic = take(Opcode.MAGIC_BYTE_SIZE, false)) {
      if (magic.bytes().byteSize() < Opcode.MAGIC_BYTE_SIZE
          || magic.bytes().reader().readLong() != Opcode.MAGIC) {
        throw new McapFormatException("this is no MCAP file: it does not begin with MCAP's magic");
      }
    }
    RecordHead head = head();
    if (head != null && head.opcode() != Opcode.HEADER) {
      throw new McapFormatException(head + ": the first record is the header");
    }
    BytesSource.Piece content = head == null ? null : content(head, LARGEST_DESCRIPTION);
    if (head == null || content == null) {
      throw new McapFormatException("an MCAP file without a whole header: " + truncation);
    }
    try (content) {
      Fields fields = new Fields(head.toString(), content.bytes());
      profile = fields.string("profile");
      library = fields.string("library");
    }
  }

  /** Reads a file that comes in pieces, and closes the source at the end. */
  public static McapReader open(BytesSource source) throws IOException {
    return open(SourceInput.of(source), null);
  }

  /**
   * Reads a file from an input, and closes it at the end.
   *
   * @param privateRecords gets them; null to skip them
   */
  public static McapReader open(McapInput input, @Nullable PrivateRecords privateRecords)
      throws IOException {
    boolean opened = false;
    try {
      McapReader reader = new McapReader(input, privateRecords);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        input.close();
      }
    }
  }

  /** What the file promises beside the format. */
  public String profile() {
    return profile;
  }

  /** Who wrote it. */
  public String library() {
    return library;
  }

  /** The schemas that were met so far, by id. */
  public Map<Integer, McapSchema> schemas() {
    return definitions.schemas();
  }

  /** The channels that were met so far. */
  public List<McapChannel> channels() {
    return definitions.channels();
  }

  /** What the file says that it holds, once its end was reached. */
  public Optional<McapStatistics> statistics() {
    return Optional.ofNullable(statistics);
  }

  /**
   * Where and in what a file ends that is not whole, once {@link #next()} gave its last message;
   * empty for a whole one.
   */
  public Optional<String> truncation() {
    return Optional.ofNullable(truncation);
  }

  /**
   * The next message; empty at the end, or where a truncated file stops being whole.
   *
   * @throws McapFormatException if the file breaks the format; the reader can't go on then
   */
  public Optional<McapMessage> next() throws IOException {
    while (truncation == null && section != Section.END) {
      McapMessage message = chunk == null ? nextOfFile() : nextOfChunk(chunk);
      if (message != null) {
        return Optional.of(message);
      }
    }
    return Optional.empty();
  }

  private @Nullable McapMessage nextOfFile() throws IOException {
    long dataCrc = crc.getValue();
    RecordHead head = head();
    if (head == null) {
      return null;
    }
    if (section == Section.SUMMARY) {
      readSummaryRecord(head);
      return null;
    }
    switch (head.opcode()) {
      case Opcode.MESSAGE -> {
        return message(head);
      }
      case Opcode.SCHEMA, Opcode.CHANNEL -> readDefinition(head);
      case Opcode.CHUNK -> {
        BytesSource.Piece content = content(head, LARGEST_RECORD);
        chunk = content == null ? null : new ChunkRecords(head.toString(), content);
      }
      case Opcode.DATA_END -> endData(head, dataCrc);
      case Opcode.HEADER, Opcode.FOOTER ->
          throw new McapFormatException(head + ": it can't be in the data section");
      default -> {
        if (head.opcode() >= Opcode.FIRST_PRIVATE && privateRecords != null) {
          BytesSource.Piece content = content(head, LARGEST_RECORD);
          if (content != null) {
            privateRecords.accept(head.opcode(), content);
          }
        } else {
          skip(head);
        }
      }
    }
    return null;
  }

  private @Nullable McapMessage message(RecordHead head) throws IOException {
    head.checkByteSize(Opcode.MESSAGE_HEAD_BYTE_SIZE, LARGEST_RECORD);
    try (BytesSource.Piece first = take(Opcode.MESSAGE_HEAD_BYTE_SIZE, false)) {
      if (isTruncated(head, first, Opcode.MESSAGE_HEAD_BYTE_SIZE)) {
        return null;
      }
      Fields fields = new Fields(head.toString(), first.bytes());
      McapChannel channel = definitions.channel(head.toString(), fields.uint16("channel_id"));
      long byteSize = head.byteSize() - Opcode.MESSAGE_HEAD_BYTE_SIZE;
      BytesSource.Piece data = take(byteSize, true);
      return isTruncated(head, data, byteSize) ? null : message(channel, fields, data);
    }
  }

  private static McapMessage message(McapChannel channel, Fields fields, BytesSource.Piece data)
      throws McapFormatException {
    return new McapMessage(
        channel,
        fields.uint32("sequence"),
        fields.uint64("log_time"),
        fields.uint64("publish_time"),
        data);
  }

  private @Nullable McapMessage nextOfChunk(ChunkRecords records) throws McapFormatException {
    if (records.isAtEnd()) {
      chunk = null;
      records.close();
      return null;
    }
    RecordHead head;
    try (BytesSource.Piece nine = records.read(Opcode.RECORD_HEAD_BYTE_SIZE)) {
      head = RecordHead.of("in the chunk before byteOffset=" + byteOffset, nine.bytes());
    }
    String what = head.toString();
    switch (head.opcode()) {
      case Opcode.MESSAGE -> {
        head.checkByteSize(Opcode.MESSAGE_HEAD_BYTE_SIZE, LARGEST_RECORD);
        try (BytesSource.Piece first = records.read(Opcode.MESSAGE_HEAD_BYTE_SIZE)) {
          Fields fields = new Fields(what, first.bytes());
          McapChannel channel = definitions.channel(what, fields.uint16("channel_id"));
          return message(
              channel, fields, records.read(head.byteSize() - Opcode.MESSAGE_HEAD_BYTE_SIZE));
        }
      }
      case Opcode.SCHEMA, Opcode.CHANNEL -> {
        try (BytesSource.Piece content = records.read(head.byteSize())) {
          define(head, content.bytes());
        }
      }
      default ->
          throw new McapFormatException(
              what + ": only schemas, channels and messages can be in a chunk");
    }
    return null;
  }

  private void readDefinition(RecordHead head) throws IOException {
    BytesSource.Piece content = content(head, LARGEST_DESCRIPTION);
    if (content != null) {
      try (content) {
        define(head, content.bytes());
      }
    }
  }

  private void define(RecordHead head, SegmentedBytes content) throws McapFormatException {
    String what = head.toString();
    Fields fields = new Fields(what, content);
    if (head.opcode() == Opcode.SCHEMA) {
      definitions.add(what, fields.schema());
    } else {
      definitions.add(what, fields.channel());
    }
  }

  private void endData(RecordHead head, long dataCrc) throws IOException {
    BytesSource.Piece content = content(head, LARGEST_DESCRIPTION);
    if (content == null) {
      return;
    }
    try (content) {
      long expected = new Fields(head.toString(), content.bytes()).uint32("data_section_crc");
      if (expected != 0 && expected != dataCrc) {
        throw new McapFormatException(
            head + ": data_section_crc=" + expected + ", but the bytes have crc=" + dataCrc);
      }
    }
    section = Section.SUMMARY;
    summaryByteOffset = byteOffset;
    crc.reset();
  }

  private void readSummaryRecord(RecordHead head) throws IOException {
    switch (head.opcode()) {
      case Opcode.SCHEMA, Opcode.CHANNEL -> readDefinition(head);
      case Opcode.STATISTICS -> {
        BytesSource.Piece content = content(head, LARGEST_DESCRIPTION);
        if (content != null) {
          try (content) {
            statistics = new Fields(head.toString(), content.bytes()).statistics();
          }
        }
      }
      case Opcode.FOOTER -> readFooter(head);
      case Opcode.HEADER, Opcode.MESSAGE, Opcode.CHUNK, Opcode.DATA_END ->
          throw new McapFormatException(head + ": it can't be in the summary section");
      default -> skip(head);
    }
  }

  private void readFooter(RecordHead head) throws IOException {
    head.checkByteSize(Opcode.FOOTER_BYTE_SIZE, LARGEST_DESCRIPTION);
    long beforeCrc = Opcode.FOOTER_BYTE_SIZE - Integer.BYTES;
    try (BytesSource.Piece offsets = take(beforeCrc, false)) {
      long actual = crc.getValue();
      try (BytesSource.Piece rest = take(head.byteSize() - beforeCrc, false);
          BytesSource.Piece magic = take(Opcode.MAGIC_BYTE_SIZE, false);
          BytesSource.Piece behind = take(1, false)) {
        if (isTruncated(head, magic, Opcode.MAGIC_BYTE_SIZE)) {
          return;
        }
        long start = new Fields(head.toString(), offsets.bytes()).uint64("summary_start");
        if (start != 0 && start != summaryByteOffset) {
          throw new McapFormatException(
              head + ": summary_start=" + start + ", but it is at " + summaryByteOffset);
        }
        long expected = new Fields(head.toString(), rest.bytes()).uint32("summary_crc");
        if (expected != 0 && expected != actual) {
          throw new McapFormatException(
              head + ": summary_crc=" + expected + ", but the bytes have crc=" + actual);
        }
        if (magic.bytes().reader().readLong() != Opcode.MAGIC) {
          throw new McapFormatException(head + ": no magic follows it");
        }
        if (!behind.bytes().isEmpty()) {
          throw new McapFormatException(head + ": bytes follow the end of the file");
        }
      }
    }
    section = Section.END;
  }

  /** The next record's head; null if the file ends before it or in it. */
  private @Nullable RecordHead head() throws IOException {
    String where = "at byteOffset=" + byteOffset;
    try (BytesSource.Piece nine = take(Opcode.RECORD_HEAD_BYTE_SIZE, false)) {
      if (nine.bytes().byteSize() < Opcode.RECORD_HEAD_BYTE_SIZE) {
        truncation =
            "the file ends at byteOffset="
                + byteOffset
                + (nine.bytes().isEmpty() ? ", without the records of its end" : ", in a record");
        return null;
      }
      return RecordHead.of(where, nine.bytes());
    }
  }

  /** A record whole; null if the file ends in it. */
  private BytesSource.@Nullable Piece content(RecordHead head, long largestByteSize)
      throws IOException {
    head.checkByteSize(0, largestByteSize);
    BytesSource.Piece content = take(head.byteSize(), false);
    return isTruncated(head, content, head.byteSize()) ? null : content;
  }

  private void skip(RecordHead head) throws IOException {
    for (long left = head.byteSize(); left > 0; ) {
      long count = Math.min(left, SKIPPED_AT_ONCE);
      try (BytesSource.Piece skipped = take(count, false)) {
        if (isTruncated(head, skipped, count)) {
          return;
        }
      }
      left -= count;
    }
  }

  /** Notes, and closes a piece, when the file ended in it. */
  private boolean isTruncated(RecordHead head, BytesSource.Piece piece, long byteSize) {
    if (piece.bytes().byteSize() == byteSize) {
      return false;
    }
    truncation = "the file ends at byteOffset=" + byteOffset + ", in the " + head;
    piece.close();
    return true;
  }

  private BytesSource.Piece take(long byteSize, boolean isData) throws IOException {
    BytesSource.Piece piece = isData ? input.readData(byteSize) : input.read(byteSize);
    Lend.update(crc, piece.bytes());
    byteOffset += piece.bytes().byteSize();
    return piece;
  }

  @Override
  public void close() throws IOException {
    ChunkRecords open = chunk;
    chunk = null;
    section = Section.END;
    if (open != null) {
      open.close();
    }
    input.close();
  }
}
