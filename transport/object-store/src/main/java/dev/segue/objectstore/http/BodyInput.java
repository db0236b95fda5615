package dev.segue.objectstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;

/** The body of one response: reads its bytes and knows where it ends (RFC 9112, section 6.3). */
final class BodyInput {
  private static final int LINE_BYTE_SIZE_LIMIT = 512;
  private static final int TRAILER_LINE_COUNT_LIMIT = 64;

  private enum Framing {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private final Connection connection;
  private final Framing framing;
  private final long declared;
  private final boolean delimited;
  private long left;
  private boolean inChunks;
  private boolean ended;

  BodyInput(Connection connection, ResponseHead head, boolean isHeadRequest) {
    this.connection = connection;
    boolean noneByStatus = head.status() == 204 || head.status() == 304;
    boolean none = isHeadRequest || noneByStatus;
    if (head.chunked() && !none) {
      framing = Framing.CHUNKED;
      declared = -1;
    } else if (none || head.contentLength() >= 0) {
      framing = Framing.LENGTH;
      declared = none ? 0 : head.contentLength();
      left = declared;
      ended = declared == 0;
    } else {
      framing = Framing.UNTIL_CLOSE;
      declared = -1;
    }
    // One that announces a body where there is none may send it: late, it would be taken for the
    // next response.
    delimited =
        framing != Framing.UNTIL_CLOSE
            && !(noneByStatus && (head.chunked() || head.contentLength() > 0));
  }

  /** Returns how long the body is, or -1 where the server does not say. */
  long declaredByteSize() {
    return declared;
  }

  /** Returns whether another response may follow on the connection. */
  boolean isDelimited() {
    return delimited;
  }

  boolean isEnded() {
    return ended;
  }

  /**
   * Reads at least one byte into the target.
   *
   * @return how many, or -1 at the end of the body
   */
  int read(ByteBuffer target) throws IOException {
    if (framing == Framing.CHUNKED && left == 0 && !ended) {
      nextChunk();
    }
    if (ended) {
      return -1;
    }
    int limit = target.limit();
    if (framing != Framing.UNTIL_CLOSE && target.remaining() > left) {
      target.limit(target.position() + (int) left);
    }
    int count;
    try {
      count = connection.readBody(target);
    } finally {
      target.limit(limit);
    }
    if (count < 0) {
      return end();
    }
    if (framing != Framing.UNTIL_CLOSE) {
      left -= count;
      ended = framing == Framing.LENGTH && left == 0;
    }
    return count;
  }

  private int end() throws IOException {
    if (framing != Framing.UNTIL_CLOSE || !connection.wire().isEndAuthentic()) {
      throw new EOFException(
          "response body: the connection ended, missing byteSize="
              + (framing == Framing.LENGTH ? left + " of byteSize=" + declared : "unknown"));
    }
    ended = true;
    return -1;
  }

  private void nextChunk() throws IOException {
    if (inChunks && !connection.readLine(1).isEmpty()) {
      throw new ProtocolException("chunked body: no CR LF after a chunk");
    }
    inChunks = true;
    left = chunkSize(connection.readLine(LINE_BYTE_SIZE_LIMIT));
    if (left > 0) {
      return;
    }
    for (int i = 0; i < TRAILER_LINE_COUNT_LIMIT; i++) {
      String line = connection.readLine(LINE_BYTE_SIZE_LIMIT);
      if (line.isEmpty()) {
        ended = true;
        return;
      }
      ResponseHead.field(line);
    }
    throw new ProtocolException(
        "chunked body: a trailer of more than " + "lineCount=" + TRAILER_LINE_COUNT_LIMIT);
  }

  private static long chunkSize(String line) throws ProtocolException {
    int end = 0;
    long size = 0;
    for (; end < line.length(); end++) {
      int digit = Character.digit(line.charAt(end), 16);
      if (digit < 0 || line.charAt(end) > 'f') {
        break;
      }
      size = size << 4 | digit;
    }
    boolean extension = end < line.length() && line.charAt(end) == ';';
    if (end == 0 || end > 15 || (end < line.length() && !extension)) {
      throw new ProtocolException("chunked body: a chunk's size is not a number");
    }
    return size;
  }
}
