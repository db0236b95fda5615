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

  private static final int MAX_METADATA_BYTE_SIZE = 64 * 1024;
  private static final int FLAGS_BYTE_OFFSET = 4;
  private static final int PAYLOAD_SIZE_BYTE_OFFSET = 8;

  private final LoanPool texts;
  private final long subscription;

  /** Of a response, which has heartbeats. */
  FramesFormat(LoanPool texts) {
    this(texts, -1);
  }

  /** Of one subscription of a WebSocket, which has pings; each frame names it. */
  FramesFormat(LoanPool texts, long subscription) {
    this.texts = texts;
    this.subscription = subscription;
  }

  /** A frame that a client sent. */
  record Received(String metadata, SegmentedBytes payload) {}

  /** Returns how long the metadata of a frame is by its header; 0 where there is none. */
  static long metadataByteSize(SegmentedBytes frame) {
    return frame.byteSize() < HEADER_BYTE_SIZE
        ? 0
        : Integer.toUnsignedLong(headOf(frame).getInt(0));
  }

  private static ByteBuffer headOf(SegmentedBytes frame) {
    return ByteBuffer.wrap(frame.slice(0, HEADER_BYTE_SIZE).copyToByteArray())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Takes one frame apart; the payload is a view.
   *
   * @throws IllegalArgumentException if the bytes are not one whole frame
   */
  static Received read(SegmentedBytes frame) {
    long byteSize = frame.byteSize();
    if (byteSize < HEADER_BYTE_SIZE) {
      throw new IllegalArgumentException(
          "frame of byteSize=" + byteSize + ": at least " + HEADER_BYTE_SIZE);
    }
    ByteBuffer head = headOf(frame);
    long metadata = Integer.toUnsignedLong(head.getInt(0));
    int flags = head.getInt(FLAGS_BYTE_OFFSET);
    long payload = head.getLong(PAYLOAD_SIZE_BYTE_OFFSET);
    if (flags != 0
        || metadata > MAX_METADATA_BYTE_SIZE
        || payload != byteSize - HEADER_BYTE_SIZE - metadata) {
      throw new IllegalArgumentException(
          "frame of byteSize="
              + byteSize
              + " with metadata of byteSize="
              + metadata
              + ", flags="
              + flags
              + " and payload of byteSize="
              + payload
              + ": they don't fit");
    }
    return new Received(
        frame.slice(HEADER_BYTE_SIZE, metadata).copyToUtf8String(),
        frame.slice(HEADER_BYTE_SIZE + metadata, payload));
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
    Json text = SampleJson.begin(value.sample(), dropped);
    if (subscription >= 0) {
      text.field("subscription", subscription);
    }
    byte[] json = text.endObject().toString().getBytes(StandardCharsets.UTF_8);
    OffHeapText.Lent head =
        OffHeapText.copyOf(head(json, 0, value.metadata().payloadByteSize()), texts);
    return Optional.of(
        new Part(SegmentedBytes.concat(List.of(head.bytes(), value.payload())), head.owners()));
  }

  @Override
  public SegmentedBytes heartbeat() {
    return subscription < 0 ? HEARTBEAT : SegmentedBytes.empty();
  }
}
