package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.zip.CRC32;

/**
 * The head of a chunk, which describes the records that follow.
 *
 * @param what the chunk, for messages
 * @param crc of the records, not compressed; 0 if nobody knows
 */
record ChunkHead(
    String what,
    long firstNanos,
    long lastNanos,
    long uncompressedByteSize,
    long crc,
    String compression,
    long storedByteSize) {
  /** The fields before the compression's name. */
  static final int FIXED_BYTE_SIZE = 8 + 8 + 8 + 4 + 4;

  /** The largest length of the compression's name. */
  static final long LONGEST_NAME = 32;

  /**
   * Checks records that are whole.
   *
   * @throws McapFormatException if their size or their checksum is another
   */
  void check(SegmentedBytes records) throws McapFormatException {
    if (records.byteSize() != uncompressedByteSize) {
      throw new McapFormatException(
          what
              + ": uncompressed_size="
              + Long.toUnsignedString(uncompressedByteSize)
              + ", but byteSize="
              + records.byteSize());
    }
    if (crc != 0) {
      CRC32 actual = new CRC32();
      Lend.update(actual, records);
      if (actual.getValue() != crc) {
        throw new McapFormatException(
            what + ": uncompressed_crc=" + crc + ", but the bytes have crc=" + actual.getValue());
      }
    }
  }
}
