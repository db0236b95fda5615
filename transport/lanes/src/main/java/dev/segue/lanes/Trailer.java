package dev.segue.lanes;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Locality;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The trailer of a message of iceoryx2; the payload comes first, for readers without this library.
 *
 * <pre>
 *   payload │ up to a multiple of 8 │ attachment │ encoding │ unused │ trailer: the last 64 bytes
 * </pre>
 *
 * @param payloadByteSize where the payload ends
 * @param sequenceNumber counts the messages of its publisher on both lanes
 * @param isFirst whether it is the first of the stream
 * @param isDelete whether it says that the value is gone
 * @param isHello whether it is not a message: a publisher tries its connection to itself
 * @param attachmentByteSize of the attachment; -1 for none
 * @param encodingByteSize of the encoding's text
 * @param timestamp the timestamp, if the publisher set one
 * @param qos how it goes by Zenoh, but for its destination
 */
record Trailer(
    long payloadByteSize,
    int sequenceNumber,
    boolean isFirst,
    boolean isDelete,
    boolean isHello,
    int attachmentByteSize,
    int encodingByteSize,
    @Nullable Timestamp timestamp,
    Qos qos) {
  static final int BYTE_SIZE = 64;

  /** "SegLane1", little-endian. */
  private static final long MAGIC = 0x31656E614C676553L;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final List<Priority> PRIORITIES = List.of(Priority.values());
  private static final List<CongestionControl> CONGESTIONS = List.of(CongestionControl.values());

  /** So that a message makes none; by links, priority and congestion control. */
  private static final List<Qos> QOS = everyQos();

  private static final int FIRST = 1;
  private static final int DELETE = 2;
  private static final int HELLO = 4;
  private static final int HAS_TIMESTAMP = 8;
  private static final int EXPRESS = 16;
  private static final int BEST_EFFORT = 32;

  /** Returns how many bytes a message has in all. */
  static long wholeByteSize(long payloadByteSize, long metadataByteSize) {
    return metadataByteOffset(payloadByteSize) + metadataByteOffset(metadataByteSize) + BYTE_SIZE;
  }

  private static long metadataByteOffset(long payloadByteSize) {
    return (payloadByteSize + 7) & -8;
  }

  /** Returns where the attachment begins. */
  long attachmentByteOffset() {
    return metadataByteOffset(payloadByteSize);
  }

  /** Returns where the encoding's text begins. */
  private long encodingByteOffset() {
    return attachmentByteOffset() + Math.max(0, attachmentByteSize);
  }

  /** Writes the encoding and this into a message that has room for it. */
  void write(MemorySegment message, byte[] encoding) {
    MemorySegment.copy(encoding, 0, message, JAVA_BYTE, encodingByteOffset(), encoding.length);
    long at = message.byteSize() - BYTE_SIZE;
    message.asSlice(at).fill((byte) 0);
    message.set(LONG, at, MAGIC);
    message.set(LONG, at + 8, payloadByteSize);
    message.set(INT, at + 16, sequenceNumber);
    int flags = (isFirst ? FIRST : 0) | (isDelete ? DELETE : 0) | (isHello ? HELLO : 0);
    message.set(INT, at + 24, attachmentByteSize);
    message.set(INT, at + 28, encodingByteSize);
    if (timestamp != null) {
      flags |= HAS_TIMESTAMP;
      message.set(LONG, at + 32, timestamp.ntp64());
      message.set(LONG, at + 40, timestamp.id().high());
      message.set(LONG, at + 48, timestamp.id().low());
    }
    flags |= qos.express() ? EXPRESS : 0;
    flags |= qos.reliability() == Reliability.BEST_EFFORT ? BEST_EFFORT : 0;
    message.set(INT, at + 20, flags);
    message.set(JAVA_BYTE, at + 56, (byte) (1 + PRIORITIES.indexOf(qos.priority())));
    message.set(JAVA_BYTE, at + 57, (byte) (1 + CONGESTIONS.indexOf(qos.congestionControl())));
  }

  /** That of a message, or null if it has none that makes sense. */
  static @Nullable Trailer read(MemorySegment message) {
    long at = message.byteSize() - BYTE_SIZE;
    if (at < 0 || message.get(LONG, at) != MAGIC) {
      return null;
    }
    long payload = message.get(LONG, at + 8);
    int flags = message.get(INT, at + 20);
    int attachment = message.get(INT, at + 24);
    int encoding = message.get(INT, at + 28);
    if (payload < 0
        || payload > at
        || attachment < -1
        || encoding < 0
        || metadataByteOffset(payload) + Math.max(0, attachment) + encoding > at) {
      return null;
    }
    Timestamp timestamp =
        (flags & HAS_TIMESTAMP) == 0
            ? null
            : new Timestamp(
                message.get(LONG, at + 32),
                new ZenohId(message.get(LONG, at + 40), message.get(LONG, at + 48)));
    return new Trailer(
        payload,
        message.get(INT, at + 16),
        (flags & FIRST) != 0,
        (flags & DELETE) != 0,
        (flags & HELLO) != 0,
        attachment,
        encoding,
        timestamp,
        qos(message, at, flags));
  }

  /** What makes no sense is Zenoh's default. */
  private static Qos qos(MemorySegment message, long at, int flags) {
    int priority = message.get(JAVA_BYTE, at + 56) - 1;
    if (priority < 0 || priority >= PRIORITIES.size()) {
      priority = PRIORITIES.indexOf(Qos.defaults().priority());
    }
    int congestion = message.get(JAVA_BYTE, at + 57) - 1;
    if (congestion < 0 || congestion >= CONGESTIONS.size()) {
      congestion = CONGESTIONS.indexOf(Qos.defaults().congestionControl());
    }
    int links = ((flags & EXPRESS) == 0 ? 0 : 1) + ((flags & BEST_EFFORT) == 0 ? 0 : 2);
    return QOS.get((links * PRIORITIES.size() + priority) * CONGESTIONS.size() + congestion);
  }

  private static List<Qos> everyQos() {
    List<Qos> all = new ArrayList<>();
    for (Reliability reliability : List.of(Reliability.RELIABLE, Reliability.BEST_EFFORT)) {
      for (boolean express : new boolean[] {false, true}) {
        for (Priority priority : PRIORITIES) {
          for (CongestionControl congestion : CONGESTIONS) {
            all.add(new Qos(congestion, priority, express, reliability, Locality.ANY));
          }
        }
      }
    }
    return List.copyOf(all);
  }

  /** The encoding's text. */
  String encodingText(MemorySegment message) {
    if (encodingByteSize == 0) {
      return "";
    }
    byte[] text = new byte[encodingByteSize];
    MemorySegment.copy(message, JAVA_BYTE, encodingByteOffset(), text, 0, encodingByteSize);
    return new String(text, StandardCharsets.UTF_8);
  }
}
