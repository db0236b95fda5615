package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.CRC32;

/**
 * The summary at the end of a file, which saves reading all of it.
 *
 * <pre>{@code
 * SegmentedBytes end = …;                                       // the last END_BYTE_SIZE bytes
 * OptionalLong from = McapSummary.byteOffset(end);
 * McapSummary summary = McapSummary.of(bytesFrom(from.getAsLong()));
 * }</pre>
 *
 * @param statistics empty if the file has none
 * @param schemas those that the summary repeats, by id
 * @param channels those that the summary repeats
 * @param chunks where they are, in the file's order; empty if it has none, no index of them, or one
 *     that names more than 8,388,608 chunks and channels in these
 */
public record McapSummary(
    Optional<McapStatistics> statistics,
    Map<Integer, McapSchema> schemas,
    List<McapChannel> channels,
    List<McapChunkIndex> chunks) {
  /** The number of bytes at a file's end that locate its summary. */
  public static final int END_BYTE_SIZE =
      Opcode.RECORD_HEAD_BYTE_SIZE + Opcode.FOOTER_BYTE_SIZE + Opcode.MAGIC_BYTE_SIZE;

  /**
   * The limit on entries in its indexes, chunks and the channels in each: each becomes up to 250 B
   * on the heap. Large frames have a chunk each, and end the chunk of small messages before it:
   * with 30 of them a second, and messages of 333 keys between any two, a recorder into one object
   * gets there within 15 minutes.
   */
  static final long LARGEST_INDEX = 8L << 20;

  /**
   * Returns where the summary begins.
   *
   * @param end the file's last {@link #END_BYTE_SIZE} bytes
   * @return empty if the file has no summary, or is not whole
   */
  public static OptionalLong byteOffset(SegmentedBytes end) throws McapFormatException {
    var reader = end.reader();
    if (end.byteSize() != END_BYTE_SIZE
        || Byte.toUnsignedInt(reader.readByte()) != Opcode.FOOTER
        || reader.readLong() != Opcode.FOOTER_BYTE_SIZE) {
      return OptionalLong.empty();
    }
    long start = reader.readLong();
    reader.seek(END_BYTE_SIZE - Opcode.MAGIC_BYTE_SIZE);
    if (start == 0 || reader.readLong() != Opcode.MAGIC) {
      return OptionalLong.empty();
    }
    if (start < 0) {
      throw new McapFormatException(
          "MCAP footer: summary_start="
              + Long.toUnsignedString(start)
              + " is beyond the end of the file");
    }
    return OptionalLong.of(start);
  }

  /**
   * Reads the summary.
   *
   * @param bytes the file from {@link #byteOffset} to its end
   * @throws McapFormatException if it breaks the format, or has schemas and channels of more than
   *     128 MiB
   */
  public static McapSummary of(SegmentedBytes bytes) throws McapFormatException {
    return of(bytes, LARGEST_INDEX);
  }

  /** With another limit of the indexes, for tests. */
  static McapSummary of(SegmentedBytes bytes, long largestIndex) throws McapFormatException {
    Definitions definitions = new Definitions(false);
    List<McapChunkIndex> chunks = new ArrayList<>();
    Optional<McapStatistics> statistics = Optional.empty();
    long indexed = 0;
    long at = 0;
    while (true) {
      String where = "at byteOffset=" + at + " of the summary";
      Fields file = new Fields("MCAP summary", bytes.slice(at));
      RecordHead head = RecordHead.of(where, file.bytes("record", Opcode.RECORD_HEAD_BYTE_SIZE));
      head.checkByteSize(0, RecordInput.LARGEST_DESCRIPTION);
      SegmentedBytes content = file.bytes("record", head.byteSize());
      Fields fields = new Fields(head.toString(), content);
      switch (head.opcode()) {
        case Opcode.SCHEMA, Opcode.CHANNEL -> definitions.define(head, content);
        case Opcode.STATISTICS -> statistics = Optional.of(fields.statistics());
        case Opcode.CHUNK_INDEX -> {
          if (indexed <= largestIndex) {
            McapChunkIndex chunk = fields.chunkIndex();
            chunks.add(chunk);
            indexed += 1 + chunk.messageIndexByteOffsets().size();
          }
          if (indexed > largestIndex) {
            // The file is as good as any without an index: it is read from its beginning.
            chunks.clear();
          }
        }
        case Opcode.FOOTER -> {
          fields.uint64("summary_start");
          fields.uint64("summary_offset_start");
          long crcAt = at + Opcode.RECORD_HEAD_BYTE_SIZE + fields.positionByteOffset();
          check(head, fields.uint32("summary_crc"), bytes.slice(0, crcAt));
          chunks.sort(Comparator.comparingLong(McapChunkIndex::byteOffset));
          return new McapSummary(
              statistics, definitions.schemas(), definitions.channels(), List.copyOf(chunks));
        }
        default -> {}
      }
      at += Opcode.RECORD_HEAD_BYTE_SIZE + head.byteSize();
    }
  }

  private static void check(RecordHead head, long expected, SegmentedBytes bytes)
      throws McapFormatException {
    CRC32 crc = new CRC32();
    Lend.update(crc, bytes);
    if (expected != 0 && expected != crc.getValue()) {
      throw new McapFormatException(
          head + ": summary_crc=" + expected + ", but the bytes have crc=" + crc.getValue());
    }
  }
}
