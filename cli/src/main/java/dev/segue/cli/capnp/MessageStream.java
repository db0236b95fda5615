package dev.segue.cli.capnp;

import dev.segue.capnproto.ReadLimits;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Messages that follow each other in the stream framing, one at a time.
 *
 * <p>Owner: the command, of the stream as well. Lifetime: that of the stream. Threads: one.
 */
final class MessageStream {
  private static final ReadLimits LIMITS = ReadLimits.defaults();

  private static final int BUFFER_BYTE_SIZE = 1 << 16;

  private final InputStream in;

  MessageStream(InputStream in) {
    this(in, false);
  }

  /** Messages that are packed. */
  static MessageStream packed(InputStream in) {
    // Buffered before they are unpacked: behind it, a message would wait for the next one.
    return new MessageStream(
        PackedStreams.unpacked(new BufferedInputStream(in, BUFFER_BYTE_SIZE)), true);
  }

  private MessageStream(InputStream in, boolean isBuffered) {
    this.in = isBuffered ? in : new BufferedInputStream(in, BUFFER_BYTE_SIZE);
  }

  /**
   * The next message, no bytes at the end. Of one that is cut off or beyond the limits, the part
   * that says so to whoever reads it.
   */
  byte[] next() throws IOException {
    byte[] first = in.readNBytes(8);
    if (first.length < 8) {
      return first;
    }
    long segmentCount = 1 + Integer.toUnsignedLong(word(first, 0));
    if (segmentCount > LIMITS.maxSegmentCount()) {
      return first;
    }
    int tableByteSize = (int) (segmentCount / 2 + 1) * 8;
    byte[] table = grown(first, in.readNBytes(tableByteSize - 8));
    long byteSize = tableByteSize;
    for (int i = 1; i <= segmentCount && table.length == tableByteSize; i++) {
      byteSize += 8 * Integer.toUnsignedLong(word(table, i));
    }
    return byteSize > LIMITS.maxMessageByteSize()
        ? table
        : grown(table, in.readNBytes((int) byteSize - tableByteSize));
  }

  private static byte[] grown(byte[] before, byte[] more) {
    byte[] grown = Arrays.copyOf(before, before.length + more.length);
    System.arraycopy(more, 0, grown, before.length, more.length);
    return grown;
  }

  private static int word(byte[] table, int index) {
    return ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).getInt(4 * index);
  }
}
