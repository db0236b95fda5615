package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.List;
import java.util.zip.CRC32;

/** The records in a chunk, as they are read one after the other. */
final class ChunkRecords {
  private final SharedPiece chunk;
  private final SegmentedBytes records;
  private final String what;
  private long used;

  /** Takes a chunk over, and checks what it says of itself; closes it if that is wrong. */
  ChunkRecords(String what, BytesSource.Piece chunk) throws McapFormatException {
    this.what = what;
    this.chunk = new SharedPiece(chunk);
    boolean made = false;
    try {
      this.records = checked(what, chunk.bytes());
      made = true;
    } finally {
      if (!made) {
        this.chunk.release();
      }
    }
  }

  private static SegmentedBytes checked(String what, SegmentedBytes content)
      throws McapFormatException {
    Fields fields = new Fields(what, content);
    long _ = fields.uint64("message_start_time");
    long _ = fields.uint64("message_end_time");
    long byteSize = fields.uint64("uncompressed_size");
    long crc = fields.uint32("uncompressed_crc");
    String compression = fields.string("compression");
    if (!compression.isEmpty()) {
      throw new McapFormatException(
          what
              + ": compression="
              + compression
              + " can't be read, only uncompressed chunks can; rewrite the file with `mcap"
              + " decompress`");
    }
    SegmentedBytes records = fields.bytes("records", fields.uint64("records"));
    if (records.byteSize() != byteSize) {
      throw new McapFormatException(
          what + ": uncompressed_size=" + byteSize + ", but byteSize=" + records.byteSize());
    }
    if (crc != 0) {
      CRC32 actual = new CRC32();
      Lend.update(actual, records);
      if (actual.getValue() != crc) {
        throw new McapFormatException(
            what + ": uncompressed_crc=" + crc + ", but the bytes have crc=" + actual.getValue());
      }
    }
    return records;
  }

  boolean isAtEnd() {
    return used == records.byteSize();
  }

  /** The next bytes as a view that holds the chunk. */
  BytesSource.Piece read(long byteSize) throws McapFormatException {
    if (byteSize < 0 || byteSize > records.byteSize() - used) {
      throw new McapFormatException(
          what
              + ": a record in it goes beyond its end, byteOffset="
              + used
              + " byteSize="
              + Long.toUnsignedString(byteSize)
              + " recordsByteSize="
              + records.byteSize());
    }
    SegmentedBytes part = records.slice(used, byteSize);
    used += byteSize;
    chunk.acquire();
    return SharedPiece.view(part, List.of(chunk));
  }

  void close() {
    chunk.release();
  }
}
