package dev.segue.http2;

import dev.segue.bytes.CopyLedger;
import io.netty.channel.ChannelFuture;
import org.jspecify.annotations.Nullable;

/** The destination of DATA frames: to the socket, or through TLS. */
interface FrameSink {
  /** The length of a frame header, RFC 9113 section 4.1. */
  int HEADER_BYTE_SIZE = 9;

  /**
   * Pieces up to this size are copied behind their frame header. A piece of its own costs an entry
   * in the gathering write, or a record of its own in TLS with 22 bytes more on the wire.
   */
  int COPIED_PIECE_BYTE_SIZE = Integer.getInteger("segue.http2.copiedPiece", 1024);

  CopyLedger.Site SMALL_PIECES =
      CopyLedger.site(
          "http2.smallPieces", "a small piece costs less copied behind its header than lent");

  /**
   * The payload of the next frame that suits this way best.
   *
   * @param maxByteSize of the frame
   * @param leftByteSize of all frames that are still to come
   */
  default int frameByteSize(int maxByteSize, long leftByteSize) {
    return maxByteSize;
  }

  /** Begins frames that take about {@code byteSize} bytes of payload. */
  void begin(int byteSize);

  /** A frame header, and the Pad Length field behind it if {@code flags} says PADDED. */
  void header(int streamId, int payloadByteSize, int flags, int padByteSize);

  /** The next {@code byteSize} bytes of a region. */
  void region(RegionCursor region, int byteSize);

  /** That many zero bytes. */
  void padding(int byteSize);

  /** Passes everything on; the future is that of the last byte, if {@code wanted}. */
  @Nullable ChannelFuture end(boolean wanted);
}
