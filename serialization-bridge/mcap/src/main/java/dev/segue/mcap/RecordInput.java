package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.io.IOException;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Reads records off an input, front to back: knows where it is, sums up what it passed, and notes
 * where the file ends too early. One that has the magic of its end does not: a record that goes
 * beyond it has a length that is damaged.
 */
final class RecordInput implements AutoCloseable {
  /** Zenoh's largest payload. */
  static final long LARGEST_DATA = 1L << 32;

  /** Such data with all heads that it may have, or with an attachment's names. */
  static final long LARGEST_RECORD = LARGEST_DATA + (1 << 20);

  /** The largest record that is not a message, chunk or attachment. */
  static final long LARGEST_DESCRIPTION = 64L << 20;

  private static final long PASSED_BYTE_SIZE = 1L << 20;

  private final McapInput input;
  private final CRC32 crc = new CRC32();
  private long byteOffset;
  private boolean knowsCrc = true;
  private @Nullable String truncation;

  RecordInput(McapInput input, long byteOffset) {
    this.input = input;
    this.byteOffset = byteOffset;
  }

  long byteOffset() {
    return byteOffset;
  }

  @Nullable String truncation() {
    return truncation;
  }

  /** The checksum of what was passed since it was reset; 0 if some was not read. */
  long crc() {
    return knowsCrc ? crc.getValue() : 0;
  }

  void resetCrc(boolean known) {
    crc.reset();
    knowsCrc = known;
  }

  /** The next record's head; null if the file ends before it or in it. */
  @Nullable RecordHead head() throws IOException {
    String where = "at byteOffset=" + byteOffset;
    try (BytesSource.Piece nine = take(Opcode.RECORD_HEAD_BYTE_SIZE, false)) {
      if (nine.bytes().byteSize() < Opcode.RECORD_HEAD_BYTE_SIZE) {
        checkCutOff("MCAP record " + where, nine.bytes());
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
  BytesSource.@Nullable Piece content(RecordHead head, long largestByteSize) throws IOException {
    head.checkByteSize(0, largestByteSize);
    return whole(head, head.byteSize(), false);
  }

  /** So many bytes of a record; null if the file ends in them. */
  BytesSource.@Nullable Piece whole(RecordHead head, long byteSize, boolean isData)
      throws IOException {
    BytesSource.Piece piece = take(byteSize, isData);
    return isTruncated(head, piece, byteSize) ? null : piece;
  }

  /** Passes so many bytes of a record; whether the file has them. */
  boolean skip(RecordHead head, long byteSize) throws IOException {
    knowsCrc &= byteSize == 0;
    long rest = input.remainingByteSize();
    if (byteSize > rest) {
      byteOffset += input.skip(Math.max(0, rest - Opcode.MAGIC_BYTE_SIZE));
      return pass(head, byteSize);
    }
    long passed = input.skip(byteSize);
    byteOffset += passed;
    if (passed < byteSize) {
      truncate(head);
    }
    return passed == byteSize;
  }

  /** Reads so many bytes of a record for the checksum alone; whether the file has them. */
  boolean pass(RecordHead head, long byteSize) throws IOException {
    for (long left = byteSize; left > 0; ) {
      long count = Math.min(left, PASSED_BYTE_SIZE);
      BytesSource.Piece passed = whole(head, count, false);
      if (passed == null) {
        return false;
      }
      passed.close();
      left -= count;
    }
    return true;
  }

  /**
   * Notes, and closes a piece, when the file ended in it.
   *
   * @throws McapFormatException if the file has its end, and was not cut off
   */
  boolean isTruncated(RecordHead head, BytesSource.Piece piece, long byteSize)
      throws McapFormatException {
    if (piece.bytes().byteSize() == byteSize) {
      return false;
    }
    try (piece) {
      checkCutOff(head.toString(), piece.bytes());
    }
    truncate(head);
    return true;
  }

  private static void checkCutOff(String what, SegmentedBytes rest) throws McapFormatException {
    long before = rest.byteSize() - Opcode.MAGIC_BYTE_SIZE;
    if (before >= 0 && rest.slice(before).reader().readLong() == Opcode.MAGIC) {
      throw new McapFormatException(what + ": it extends beyond the end of the file");
    }
  }

  private void truncate(RecordHead head) {
    truncation = "the file ends at byteOffset=" + byteOffset + ", in the " + head;
  }

  /** The next bytes, or those that are left. */
  BytesSource.Piece take(long byteSize, boolean isData) throws IOException {
    BytesSource.Piece piece = isData ? input.readData(byteSize) : input.read(byteSize);
    if (knowsCrc) {
      Lend.update(crc, piece.bytes());
    }
    byteOffset += piece.bytes().byteSize();
    return piece;
  }

  /** The head of a chunk; null if the file ends in it. */
  @Nullable ChunkHead chunkHead(RecordHead head) throws IOException {
    head.checkByteSize(ChunkHead.FIXED_BYTE_SIZE + Long.BYTES, LARGEST_RECORD);
    BytesSource.Piece fixed = whole(head, ChunkHead.FIXED_BYTE_SIZE, false);
    if (fixed == null) {
      return null;
    }
    try (fixed) {
      Fields fields = new Fields(head.toString(), fixed.bytes());
      long firstNanos = fields.uint64("message_start_time");
      long lastNanos = fields.uint64("message_end_time");
      long uncompressed = fields.uint64("uncompressed_size");
      long checksum = fields.uint32("uncompressed_crc");
      long nameByteSize = fields.uint32("compression");
      long rest = head.byteSize() - ChunkHead.FIXED_BYTE_SIZE - nameByteSize - Long.BYTES;
      if (nameByteSize > ChunkHead.LONGEST_NAME || rest < 0) {
        throw new McapFormatException(
            head + ": field compression of byteSize=" + nameByteSize + " goes beyond the record");
      }
      BytesSource.Piece named = whole(head, nameByteSize + Long.BYTES, false);
      if (named == null) {
        return null;
      }
      try (named) {
        Fields more =
            new Fields(
                head.toString(),
                SegmentedBytes.concat(
                    List.of(fixed.bytes().slice(ChunkHead.FIXED_BYTE_SIZE - 4), named.bytes())));
        String compression = more.string("compression");
        long stored = more.uint64("records");
        if (stored != rest) {
          throw new McapFormatException(
              head
                  + ": records of byteSize="
                  + Long.toUnsignedString(stored)
                  + ", the record has "
                  + rest);
        }
        return new ChunkHead(
            head.toString(), firstNanos, lastNanos, uncompressed, checksum, compression, stored);
      }
    }
  }

  @Override
  public void close() throws IOException {
    input.close();
  }
}
