package dev.segue.mcap;

import dev.segue.bytes.BytesSource;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.util.zip.CRC32;

/**
 * A file that belongs to the recording, such as a calibration.
 *
 * <p>Owner: the receiver. Lifetime: its data ends when it is closed. Threads: any.
 */
public record McapAttachment(
    String name, String mediaType, long logTimeNanos, long createTimeNanos, BytesSource.Piece piece)
    implements AutoCloseable {
  /** Its content. */
  public SegmentedBytes data() {
    return piece.bytes();
  }

  @Override
  public void close() {
    piece.close();
  }

  /** Reads a record whole, and takes its piece over unless it throws. */
  static McapAttachment read(RecordHead head, BytesSource.Piece content)
      throws McapFormatException {
    Fields fields = new Fields(head.toString(), content.bytes());
    long logTimeNanos = fields.uint64("log_time");
    long createTimeNanos = fields.uint64("create_time");
    String name = fields.string("name");
    String mediaType = fields.string("media_type");
    SegmentedBytes data = fields.bytes("data", fields.uint64("data"));
    long end = fields.positionByteOffset();
    long expected = fields.uint32("crc");
    CRC32 crc = new CRC32();
    Lend.update(crc, content.bytes().slice(0, end));
    if (expected != 0 && expected != crc.getValue()) {
      throw new McapFormatException(
          head + ": crc=" + expected + ", but the bytes have crc=" + crc.getValue());
    }
    return new McapAttachment(
        name, mediaType, logTimeNanos, createTimeNanos, new Part(content, data));
  }

  /** A part of a piece that is closed with it. */
  private record Part(BytesSource.Piece whole, SegmentedBytes bytes) implements BytesSource.Piece {
    @Override
    public void close() {
      if (bytes.isLent()) {
        Lend.whenReleased(bytes, whole::close);
      } else {
        whole.close();
      }
    }
  }
}
