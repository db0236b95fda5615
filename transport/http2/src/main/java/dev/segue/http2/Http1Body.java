package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes the body of a request apart, of a known length or in chunks (RFC 9112 section 7.1), by the
 * letter.
 *
 * <p>Owner: one request. Threads: the loop of its connection.
 */
final class Http1Body {
  private static final int MAX_SIZE_LINE_BYTE_SIZE = 256;
  private static final int MAX_SIZE_DIGITS = 15;

  private enum State {
    LENGTH,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILER,
    DONE
  }

  private final int maxTrailerByteSize;
  private State state;
  private long left;
  private int trailerByteSize;

  Http1Body(Http1Head head, int maxTrailerByteSize) {
    this.maxTrailerByteSize = maxTrailerByteSize;
    this.left = head.contentByteSize();
    this.state = head.isChunked() ? State.CHUNK_SIZE : left == 0 ? State.DONE : State.LENGTH;
  }

  boolean isDone() {
    return state == State.DONE;
  }

  /** Returns how much of it is still to come; of chunks nobody knows. */
  long leftByteSize() {
    return switch (state) {
      case DONE -> 0;
      case LENGTH -> left;
      default -> Long.MAX_VALUE;
    };
  }

  /**
   * Takes what comes next off {@code in}.
   *
   * @return bytes of the body, a view that isn't retained; null when there are none now: the body
   *     is done, or the next byte must be waited for
   */
  @Nullable ByteBuf next(ByteBuf in) throws Http1Malformed {
    while (state != State.DONE) {
      switch (state) {
        case LENGTH, CHUNK_DATA -> {
          if (!in.isReadable()) {
            return null;
          }
          int piece = (int) Math.min(left, in.readableBytes());
          left -= piece;
          if (left == 0) {
            state = state == State.LENGTH ? State.DONE : State.CHUNK_END;
          }
          return in.readSlice(piece);
        }
        case CHUNK_END -> {
          if (in.readableBytes() < 2) {
            return null;
          }
          if (in.readShort() != 0x0D0A) {
            throw new Http1Malformed(400, "a chunk that is longer than its size");
          }
          state = State.CHUNK_SIZE;
        }
        case CHUNK_SIZE -> {
          String line = line(in, MAX_SIZE_LINE_BYTE_SIZE);
          if (line == null) {
            return null;
          }
          left = chunkSize(line);
          state = left == 0 ? State.TRAILER : State.CHUNK_DATA;
        }
        case TRAILER -> {
          String line = line(in, maxTrailerByteSize - trailerByteSize);
          if (line == null) {
            return null;
          }
          trailerByteSize += line.length() + 2;
          if (line.isEmpty()) {
            state = State.DONE;
          } else {
            Http1Parser.field(line); // Checked, and dropped.
          }
        }
        default -> throw new AssertionError(state);
      }
    }
    return null;
  }

  private static @Nullable String line(ByteBuf in, int maxByteSize) throws Http1Malformed {
    int start = in.readerIndex();
    int limit = Math.min(in.readableBytes(), Math.max(0, maxByteSize));
    int lf = in.indexOf(start, start + limit, (byte) '\n');
    if (lf < 0) {
      if (in.readableBytes() >= maxByteSize) {
        throw new Http1Malformed(431, "a line of byteSize>" + maxByteSize + " in a chunked body");
      }
      return null;
    }
    String line = in.readCharSequence(lf + 1 - start, StandardCharsets.ISO_8859_1).toString();
    int end = line.length() - 2;
    if (end < 0 || line.indexOf('\r') != end) {
      throw new Http1Malformed(400, "a bare CR or LF in a chunked body");
    }
    return line.substring(0, end);
  }

  private static long chunkSize(String line) throws Http1Malformed {
    int end = 0;
    long size = 0;
    while (end < line.length() && Character.digit(line.charAt(end), 16) >= 0) {
      size = size << 4 | Character.digit(line.charAt(end), 16);
      end++;
      if (end > MAX_SIZE_DIGITS) {
        throw new Http1Malformed(400, "chunk size");
      }
    }
    int extension = end;
    while (extension < line.length() && HeaderText.isBlank(line.charAt(extension))) {
      extension++;
    }
    boolean ends = end == line.length();
    boolean extended = extension < line.length() && line.charAt(extension) == ';';
    if (end == 0 || !(ends || extended) || !HeaderText.isValue(line.substring(end).strip())) {
      throw new Http1Malformed(400, "chunk size");
    }
    return size;
  }
}
