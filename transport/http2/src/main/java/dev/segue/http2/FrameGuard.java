package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.concurrent.TimeUnit;

/**
 * Looks at each frame header before the codec does, and ends a connection whose peer sends frames
 * that cost us more than it.
 *
 * <p>Bounded here: CONTINUATION frames per header block (CVE-2024-27316; the codec bounds their
 * bytes, not their number), and SETTINGS, PING, PRIORITY and unknown frames per time
 * (CVE-2019-9512, -9513, -9515). The codec itself bounds RST_STREAM (CVE-2023-44487), empty DATA
 * frames and answers that wait in the queue.
 */
final class FrameGuard {
  private static final int DATA = 0x0;
  static final int HEADERS = 0x1;
  private static final int RST_STREAM = 0x3;
  private static final int GO_AWAY = 0x7;
  private static final int WINDOW_UPDATE = 0x8;
  private static final int CONTINUATION = 0x9;

  private static final int MAX_CONTINUATIONS = 16;
  private static final int MAX_CONTROL_FRAMES = 1000;
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int END_HEADERS = 0x4;

  private boolean inHeaderBlock;
  private int continuations;
  private int controlFrames;
  private long windowStart = System.nanoTime();

  /**
   * Returns how many bytes of {@code in} are the next frame, or 0 if not all of it is there yet.
   *
   * @throws Http2Exception ENHANCE_YOUR_CALM, if the peer is over a limit
   */
  int nextFrame(ByteBuf in, int maxFrameSize) throws Http2Exception {
    if (in.readableBytes() < FrameSink.HEADER_BYTE_SIZE) {
      return 0;
    }
    int start = in.readerIndex();
    int payload = in.getUnsignedMedium(start);
    int type = in.getUnsignedByte(start + 3);
    if (payload > maxFrameSize) {
      // The codec knows which error that is.
      return in.readableBytes();
    }
    int byteSize = FrameSink.HEADER_BYTE_SIZE + payload;
    if (in.readableBytes() < byteSize) {
      return 0;
    }
    count(type);
    if (type == HEADERS || type == CONTINUATION) {
      inHeaderBlock = (in.getByte(start + 4) & END_HEADERS) == 0;
    }
    return byteSize;
  }

  /** Returns whether more of a header block is to come. */
  boolean isInHeaderBlock() {
    return inHeaderBlock;
  }

  private void count(int type) throws Http2Exception {
    if (type != CONTINUATION) {
      continuations = 0;
    }
    switch (type) {
      case DATA, HEADERS, RST_STREAM, GO_AWAY, WINDOW_UPDATE -> {}
      case CONTINUATION -> {
        if (++continuations > MAX_CONTINUATIONS) {
          throw calm("CONTINUATION frames in one header block", MAX_CONTINUATIONS);
        }
      }
      default -> countControl();
    }
  }

  /** Counts a frame of which a peer needs few. */
  void countControl() throws Http2Exception {
    long now = System.nanoTime();
    if (now - windowStart > WINDOW_NANOS) {
      windowStart = now;
      controlFrames = 0;
    }
    if (++controlFrames > MAX_CONTROL_FRAMES) {
      throw calm(
          "SETTINGS, PING, PRIORITY, unknown frames and late HEADERS in 10 s", MAX_CONTROL_FRAMES);
    }
  }

  private static Http2Exception calm(String what, int limit) {
    return calm("more than limit=" + limit + " " + what);
  }

  static Http2Exception calm(String what) {
    return new Http2Exception(
        Http2Error.ENHANCE_YOUR_CALM, what, Http2Exception.ShutdownHint.HARD_SHUTDOWN);
  }
}
