package dev.segue.recording;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SourceInfo;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The attributes of a sample that MCAP's messages have no field for, as a private record before the
 * message.
 *
 * <pre>
 *   "ZNO1"  flags:1  [ntp64:8 clock:16]  [node:16 entity:4 sequence number:4]
 *           [channel:2 sequence:4]  [length:4 channel in full]  [attachment: the rest]
 * </pre>
 *
 * <p>Numbers are little-endian, ids their low 64 bits first. Channel and sequence say which message
 * it belongs to; a record without them belongs to the next one. The channel in full is that of a
 * sample for which the file had no channel left, as {@link ChannelLines}.
 *
 * @param message which one it belongs to; empty for the next
 * @param channel the sample's own, where it is in a channel that it shares with others
 */
record SampleRecord(
    Optional<Timestamp> timestamp,
    Optional<SourceInfo> sourceInfo,
    Optional<Reference> message,
    Optional<SampleChannel> channel,
    Optional<SegmentedBytes> attachment) {
  static final int OPCODE = 0x80;
  static final SampleRecord NONE =
      new SampleRecord(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** A message of a file. */
  record Reference(int channelId, int sequence) {}

  private static final int TAG = 0x314F_4E5A;
  private static final int HAS_TIMESTAMP = 1;
  private static final int HAS_SOURCE = 2;
  private static final int HAS_ATTACHMENT = 4;
  private static final int HAS_MESSAGE = 8;
  private static final int HAS_CHANNEL = 16;
  private static final int LARGEST_HEAD = 4 + 1 + 24 + 24 + 6 + 4;

  static SampleRecord of(ReceivedSample sample) {
    return new SampleRecord(
        sample.timestamp(),
        sample.sourceInfo(),
        Optional.empty(),
        Optional.empty(),
        sample.attachment());
  }

  /** The same of a message, in a channel that is shared if one is given. */
  SampleRecord of(Reference reference, Optional<SampleChannel> own) {
    return new SampleRecord(timestamp, sourceInfo, Optional.of(reference), own, attachment);
  }

  /** The same with its attachment elsewhere. */
  SampleRecord withAttachment(Optional<SegmentedBytes> other) {
    return new SampleRecord(timestamp, sourceInfo, message, channel, other);
  }

  boolean isEmpty() {
    return timestamp.isEmpty() && sourceInfo.isEmpty() && channel.isEmpty() && attachment.isEmpty();
  }

  /** All but the attachment. */
  MemorySegment head() {
    byte[] own = channel.map(SampleChannel::toBytes).orElseGet(() -> new byte[0]);
    ByteBuffer head = ByteBuffer.allocate(LARGEST_HEAD + own.length).order(ByteOrder.LITTLE_ENDIAN);
    int flags =
        (timestamp.isPresent() ? HAS_TIMESTAMP : 0)
            | (sourceInfo.isPresent() ? HAS_SOURCE : 0)
            | (message.isPresent() ? HAS_MESSAGE : 0)
            | (channel.isPresent() ? HAS_CHANNEL : 0)
            | (attachment.isPresent() ? HAS_ATTACHMENT : 0);
    head.putInt(TAG).put((byte) flags);
    timestamp.ifPresent(
        time -> head.putLong(time.ntp64()).putLong(time.id().low()).putLong(time.id().high()));
    sourceInfo.ifPresent(
        source ->
            head.putLong(source.node().low())
                .putLong(source.node().high())
                .putInt(source.entityId())
                .putInt(source.sequenceNumber()));
    message.ifPresent(
        reference -> head.putShort((short) reference.channelId()).putInt(reference.sequence()));
    if (channel.isPresent()) {
      head.putInt(own.length).put(own);
    }
    return MemorySegment.ofBuffer(head.flip());
  }

  /** Returns whether it is one of these: opcode {@link #OPCODE} is free for every application. */
  static boolean isOurs(SegmentedBytes content) {
    return content.byteSize() >= Integer.BYTES + 1 && content.reader().readInt() == TAG;
  }

  /**
   * Reads one; its attachment is a view. One of another application is empty.
   *
   * @throws IOException if it is ours and not right
   */
  static SampleRecord read(SegmentedBytes content) throws IOException {
    if (!isOurs(content)) {
      return NONE;
    }
    BytesReader reader = content.reader();
    reader.readInt();
    int flags = reader.readByte();
    try {
      Optional<Timestamp> timestamp = Optional.empty();
      if ((flags & HAS_TIMESTAMP) != 0) {
        timestamp = Optional.of(new Timestamp(reader.readLong(), id(reader)));
      }
      Optional<SourceInfo> source = Optional.empty();
      if ((flags & HAS_SOURCE) != 0) {
        source = Optional.of(new SourceInfo(id(reader), reader.readInt(), reader.readInt()));
      }
      Optional<Reference> message = Optional.empty();
      if ((flags & HAS_MESSAGE) != 0) {
        int channelId = Short.toUnsignedInt(reader.readShort());
        message = Optional.of(new Reference(channelId, reader.readInt()));
      }
      Optional<SampleChannel> channel = Optional.empty();
      if ((flags & HAS_CHANNEL) != 0) {
        SegmentedBytes own = reader.readSlice(reader.readInt());
        channel = Optional.of(SampleChannel.of(own.copyToByteArray()));
      }
      Optional<SegmentedBytes> attachment =
          (flags & HAS_ATTACHMENT) != 0
              ? Optional.of(content.slice(reader.positionByteOffset()))
              : Optional.empty();
      return new SampleRecord(timestamp, source, message, channel, attachment);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IOException(
          "recorded sample: its private record of flags="
              + flags
              + " has only byteSize="
              + content.byteSize(),
          e);
    }
  }

  private static ZenohId id(BytesReader reader) {
    long low = reader.readLong();
    return new ZenohId(reader.readLong(), low);
  }
}
