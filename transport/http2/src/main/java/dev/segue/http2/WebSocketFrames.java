package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes the frames of a client apart and joins fragments to messages, RFC 6455 section 5. The
 * payload is unmasked into memory of its own.
 *
 * <p>Owner: one socket. Threads: its loop.
 */
final class WebSocketFrames {
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  static final int NORMAL = 1000;
  static final int PROTOCOL_ERROR = 1002;
  static final int NOT_UTF8 = 1007;
  static final int POLICY = 1008;
  static final int TOO_LARGE = 1009;

  private static final int CONTINUATION = 0;
  private static final int FIN = 0x80;
  private static final int RESERVED = 0x70;
  private static final int MASKED = 0x80;
  private static final int MAX_CONTROL_BYTE_SIZE = 125;
  private static final int MAX_HEAD_BYTE_SIZE = 14;

  /** Frames of one message: each costs its sender 6 bytes, and us more. */
  private static final int MAX_FRAGMENT_COUNT = 10_000;

  private static final CopyLedger.Site UNMASKED =
      CopyLedger.site("http2.webSocketUnmasked", "a client masks what it sends");

  /** Reports a frame that the protocol forbids, with the code to close with. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1;

    final int code;

    Fault(int code, String what) {
      super(what, null, false, false);
      this.code = code;
    }
  }

  /** Takes messages and control frames; {@code payload} is the receiver's to release. */
  interface Sink {
    void onFrame(int opcode, ByteBuf payload) throws Fault;
  }

  private final int maxMessageByteSize;
  private final ByteBufAllocator alloc;
  private final byte[] head = new byte[MAX_HEAD_BYTE_SIZE];
  private int headFilled;
  private int headNeeded = 2;
  private int opcode;
  private boolean isLast;
  private long left = -1;
  private int mask;
  private int maskShift;
  private @Nullable ByteBuf control;
  private @Nullable ByteBuf message;
  private int messageOpcode;
  private int fragments;
  private boolean released;

  /** Whether nothing is to be taken now. */
  private boolean paused;

  WebSocketFrames(ByteBufAllocator alloc, int maxMessageByteSize) {
    this.alloc = alloc;
    this.maxMessageByteSize = maxMessageByteSize;
  }

  /**
   * Takes the next bytes of the stream; after {@link #release} none of them, and none while it is
   * {@linkplain #pause paused}, as by the sink.
   *
   * @return how far it came
   */
  long take(MemorySegment bytes, long from, Sink sink) throws Fault {
    long at = from;
    while (!released && !paused && (at < bytes.byteSize() || left == 0)) {
      if (left < 0) {
        head[headFilled++] = bytes.get(ValueLayout.JAVA_BYTE, at++);
        if (headFilled == headNeeded) {
          readHead();
        }
      } else {
        int piece = (int) Math.min(left, bytes.byteSize() - at);
        unmask(bytes, at, piece, target());
        at += piece;
        left -= piece;
        if (left == 0) {
          frameIsWhole(sink);
        }
      }
    }
    return at;
  }

  void pause(boolean on) {
    paused = on;
  }

  boolean isPaused() {
    return paused;
  }

  private void readHead() throws Fault {
    if (headFilled == 2) {
      int length = head[1] & 0x7F;
      if ((head[1] & MASKED) == 0 || (head[0] & RESERVED) != 0) {
        throw new Fault(PROTOCOL_ERROR, "a frame without a mask, or with a reserved bit");
      }
      headNeeded = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(head, 0, headFilled);
    int first = buffer.get();
    int length = buffer.get() & 0x7F;
    long byteSize =
        length == 126 ? buffer.getShort() & 0xFFFF : length == 127 ? buffer.getLong() : length;
    mask = buffer.getInt();
    maskShift = 0;
    headFilled = 0;
    headNeeded = 2;
    opcode = first & 0xF;
    isLast = (first & FIN) != 0;
    begin(byteSize);
    left = byteSize;
  }

  private void begin(long byteSize) throws Fault {
    switch (opcode) {
      case CLOSE, PING, PONG -> {
        if (byteSize < 0 || byteSize > MAX_CONTROL_BYTE_SIZE || !isLast) {
          throw new Fault(PROTOCOL_ERROR, "a control frame that is long or in fragments");
        }
        control = alloc.directBuffer(MAX_CONTROL_BYTE_SIZE, MAX_CONTROL_BYTE_SIZE);
      }
      case TEXT, BINARY -> {
        if (message != null) {
          throw new Fault(PROTOCOL_ERROR, "a message within another");
        }
        checkSize(byteSize);
        messageOpcode = opcode;
        fragments = 0;
        message = alloc.directBuffer((int) Math.min(byteSize, 4096), maxMessageByteSize);
      }
      case CONTINUATION -> {
        if (message == null || ++fragments > MAX_FRAGMENT_COUNT) {
          throw new Fault(PROTOCOL_ERROR, "a fragment of no message, or too many");
        }
        checkSize(byteSize);
        checkSize(byteSize + message.readableBytes());
      }
      default -> throw new Fault(PROTOCOL_ERROR, "opcode=" + opcode);
    }
  }

  private void checkSize(long byteSize) throws Fault {
    if (byteSize < 0 || byteSize > maxMessageByteSize) {
      throw new Fault(TOO_LARGE, "a message of byteSize=" + byteSize);
    }
  }

  private ByteBuf target() {
    ByteBuf into = control != null ? control : message;
    if (into == null) {
      throw new IllegalStateException("a payload without a frame");
    }
    return into;
  }

  /** Doubles: Netty grows a large buffer by 4 MiB, and copies all of it each time. */
  private static void ensureWritable(ByteBuf into, int byteSize) {
    if (into.writableBytes() < byteSize) {
      long needed = Math.max((long) into.writerIndex() + byteSize, 2L * into.capacity());
      into.capacity((int) Math.min(needed, into.maxCapacity()));
    }
  }

  private void unmask(MemorySegment source, long at, int byteSize, ByteBuf into) {
    ensureWritable(into, byteSize);
    int start = into.writerIndex();
    int i = 0;
    // Eight bytes at a time, as far as they go.
    long key = Integer.toUnsignedLong(Integer.rotateLeft(mask, 8 * maskShift));
    long wide = key << 32 | key;
    for (; i + 8 <= byteSize; i += 8) {
      into.setLong(start + i, source.get(BIG_LONG, at + i) ^ wide);
    }
    for (; i < byteSize; i++) {
      int shift = 24 - 8 * ((maskShift + i) & 3);
      into.setByte(start + i, source.get(ValueLayout.JAVA_BYTE, at + i) ^ (mask >>> shift));
    }
    maskShift = (maskShift + byteSize) & 3;
    into.writerIndex(start + byteSize);
    UNMASKED.record(byteSize);
  }

  private static final ValueLayout.OfLong BIG_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN);

  private void frameIsWhole(Sink sink) throws Fault {
    left = -1;
    ByteBuf whole = control;
    if (whole != null) {
      control = null;
      sink.onFrame(opcode, whole);
    } else if (isLast) {
      whole = target();
      message = null;
      sink.onFrame(messageOpcode, whole);
    }
  }

  /** Returns how much has come of the message that is not whole; 0 if there is none. */
  long pendingByteSize() {
    return message == null ? 0 : message.readableBytes();
  }

  boolean isPendingText() {
    return messageOpcode == TEXT;
  }

  /** The text of a message. */
  static String text(ByteBuf payload) throws Fault {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(payload.nioBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw new Fault(NOT_UTF8, "a text that isn't UTF-8");
    }
  }

  /** Also from within a {@link Sink}, as when it was given a CLOSE with other frames behind it. */
  void release() {
    released = true;
    if (control != null) {
      control.release();
      control = null;
    }
    if (message != null) {
      message.release();
      message = null;
    }
  }
}
