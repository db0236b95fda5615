package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The end of a file, after its data: the checksum of the data, the summary, the footer. Who repairs
 * a file takes it for whole where a reader does. Threads: one.
 */
final class FileEnd {
  private final RecordInput records;
  private final Definitions definitions;
  private final long summaryByteOffset;
  private final Found found;
  private @Nullable McapStatistics statistics;
  private boolean isComplete;

  /**
   * The counts of records of each kind in the data.
   *
   * @param messageCount those in chunks included
   */
  record Found(long messageCount, long attachmentCount, long metadataCount) {
    /** Of data of which only a part is read. */
    static final Found UNKNOWN = new Found(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  private FileEnd(RecordInput records, Definitions definitions, Found found) {
    this.records = records;
    this.definitions = definitions;
    this.summaryByteOffset = records.byteOffset();
    this.found = found;
    records.resetCrc(true);
  }

  /**
   * Reads the record that ends the data.
   *
   * @param definitions what the data has defined
   * @param dataCrc of all before it; 0 if nobody knows
   * @param found what the data has
   * @return null if the file ends in it
   */
  static @Nullable FileEnd begin(
      RecordInput records, RecordHead head, Definitions definitions, long dataCrc, Found found)
      throws IOException {
    BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
    if (content == null) {
      return null;
    }
    try (content) {
      long expected = new Fields(head.toString(), content.bytes()).uint32("data_section_crc");
      if (expected != 0 && dataCrc != 0 && expected != dataCrc) {
        throw new McapFormatException(
            head + ": data_section_crc=" + expected + ", but the bytes have crc=" + dataCrc);
      }
    }
    return new FileEnd(records, definitions, found);
  }

  /** Returns whether the footer was read, and nothing follows it. */
  boolean isComplete() {
    return isComplete;
  }

  Optional<McapStatistics> statistics() {
    return Optional.ofNullable(statistics);
  }

  /** Reads a record of the summary, or the footer. */
  void read(RecordHead head) throws IOException {
    switch (head.opcode()) {
      case Opcode.SCHEMA, Opcode.CHANNEL -> {
        definitions.read(records, head);
      }
      case Opcode.STATISTICS -> {
        BytesSource.Piece content = records.content(head, RecordInput.LARGEST_DESCRIPTION);
        if (content != null) {
          try (content) {
            statistics = counted(head, new Fields(head.toString(), content.bytes()).statistics());
          }
        }
      }
      case Opcode.FOOTER -> readFooter(head);
      case Opcode.HEADER, Opcode.MESSAGE, Opcode.CHUNK, Opcode.DATA_END ->
          throw new McapFormatException(head + ": it can't be in the summary section");
      default -> {
        records.pass(head, head.byteSize());
      }
    }
  }

  /**
   * Data with chunks often has no checksum as a whole: what looks like a record of another kind is
   * passed over, and so is what a wrong length leads beyond.
   */
  private McapStatistics counted(RecordHead head, McapStatistics told) throws McapFormatException {
    check(head, "message_count", told.messageCount(), found.messageCount);
    check(head, "attachment_count", told.attachmentCount(), found.attachmentCount);
    check(head, "metadata_count", told.metadataCount(), found.metadataCount);
    return told;
  }

  private static void check(RecordHead head, String field, long told, long count)
      throws McapFormatException {
    if (told > count) {
      throw new McapFormatException(
          head
              + ": "
              + field
              + "="
              + told
              + ", but only "
              + count
              + " were found: what hides the others is damaged");
    }
  }

  private void readFooter(RecordHead head) throws IOException {
    head.checkByteSize(Opcode.FOOTER_BYTE_SIZE, RecordInput.LARGEST_DESCRIPTION);
    long beforeCrc = Opcode.FOOTER_BYTE_SIZE - Integer.BYTES;
    try (BytesSource.Piece offsets = records.take(beforeCrc, false)) {
      long actual = records.crc();
      try (BytesSource.Piece rest = records.take(head.byteSize() - beforeCrc, false);
          BytesSource.Piece magic = records.take(Opcode.MAGIC_BYTE_SIZE, false);
          BytesSource.Piece behind = records.take(1, false)) {
        if (records.isTruncated(head, magic, Opcode.MAGIC_BYTE_SIZE)) {
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
    isComplete = true;
  }
}
