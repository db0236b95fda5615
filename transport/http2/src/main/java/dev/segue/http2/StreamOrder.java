package dev.segue.http2;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Which streams a client has used, for the errors of RFC 9113 section 5.1 that depend on it: a
 * HEADERS frame after END_STREAM, or on an identifier that was passed over.
 *
 * <p>Streams that closed long ago are forgotten; a frame on one of them is left to the codec.
 */
final class StreamOrder {
  private static final int REMEMBERED = 256;
  private static final int ENDED = 1 << 31;

  private final Http2Connection connection;
  private final int[] used = new int[REMEMBERED];
  private int next;
  private int highest;

  StreamOrder(Http2Connection connection) {
    this.connection = connection;
  }

  /** A HEADERS frame of a client has come. */
  void onHeaders(int streamId, boolean endStream) throws Http2Exception {
    if (streamId > highest) {
      highest = streamId;
      used[next++ % REMEMBERED] = endStream ? streamId | ENDED : streamId;
      return;
    }
    Http2Stream stream = connection.stream(streamId);
    int at = find(streamId);
    boolean ended = at >= 0 && (used[at] & ENDED) != 0;
    boolean closedRemotely = stream != null && !stream.state().remoteSideOpen();
    if (ended || closedRemotely) {
      throw Http2Exception.connectionError(
          Http2Error.STREAM_CLOSED, "HEADERS after END_STREAM on stream id=%d", streamId);
    }
    if (stream == null && at < 0 && next < REMEMBERED) {
      throw Http2Exception.connectionError(
          Http2Error.PROTOCOL_ERROR, "HEADERS on stream id=%d after id=%d", streamId, highest);
    }
    if (endStream) {
      onEnd(streamId);
    }
  }

  /** A DATA frame with END_STREAM has come. */
  void onEnd(int streamId) {
    int at = find(streamId);
    if (at >= 0) {
      used[at] |= ENDED;
    }
  }

  private int find(int streamId) {
    // From the newest on: that is where frames nearly always belong.
    for (int back = 1; back <= Math.min(next, REMEMBERED); back++) {
      int at = (next - back) % REMEMBERED;
      if ((used[at] & ~ENDED) == streamId) {
        return at;
      }
    }
    return -1;
  }
}
