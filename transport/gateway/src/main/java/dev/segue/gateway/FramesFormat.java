package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Samples for programs, each behind a header of 16 bytes, little-endian:
 *
 * <pre>
 *   offset  size
 *        0     4  metadata's size in bytes, a multiple of 8
 *        4     4  flags: 0, or 1 for a heartbeat, which has neither metadata nor payload
 *        8     8  payload's size in bytes
 *       16        metadata, a JSON object in UTF-8, blanks behind it
 *                 payload
 * </pre>
 */
final class FramesFormat implements StreamFormat {
  static final String MEDIA_TYPE = "application/vnd.segue.frames";
  static final int HEADER_BYTE_SIZE = 16;
  static final int HEARTBEAT_FLAG = 1;

  private static final SegmentedBytes HEARTBEAT =
      SegmentedBytes.copyOf(head(new byte[0], HEARTBEAT_FLAG, 0));

  private final LoanPool texts;

  FramesFormat(LoanPool texts) {
    this.texts = texts;
  }

  private static byte[] head(byte[] json, int flags, long payloadByteSize) {
    int padded = (json.length + 7) & ~7;
    byte[] head = new byte[HEADER_BYTE_SIZE + padded];
    Arrays.fill(head, (byte) ' ');
    ByteBuffer.wrap(head)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(padded)
        .putInt(flags)
        .putLong(payloadByteSize)
        .put(json);
    return head;
  }

  @Override
  public String contentType() {
    return MEDIA_TYPE;
  }

  @Override
  public Optional<Part> of(LentSample value, long dropped, boolean caughtUp) {
    byte[] json =
        SampleJson.begin(value.metadata(), dropped)
            .endObject()
            .toString()
            .getBytes(StandardCharsets.UTF_8);
    OffHeapText.Lent head =
        OffHeapText.copyOf(head(json, 0, value.metadata().payloadByteSize()), texts);
    return Optional.of(
        new Part(SegmentedBytes.concat(List.of(head.bytes(), value.payload())), head.owners()));
  }

  @Override
  public SegmentedBytes heartbeat() {
    return HEARTBEAT;
  }
}
