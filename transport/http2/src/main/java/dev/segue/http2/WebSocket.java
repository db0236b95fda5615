package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.util.concurrent.CompletionStage;

/**
 * Sends messages to a peer whose request became a WebSocket, RFC 6455: {@link
 * Http2Exchange#acceptWebSocket}.
 *
 * <p>Owner: the exchange. Lifetime: until either side closes it, or the peer answers no ping: one
 * is sent every 20 s, and without any frame for 40 s the socket ends. Threads: any; the calls of
 * one thread keep their order.
 */
public sealed interface WebSocket permits WebSocketConnection {
  /**
   * Sends a text message, which is copied.
   *
   * @return completes when it has left; fails with {@link Http2StreamException} if the socket ended
   *     before
   */
  CompletionStage<Void> sendText(String text);

  /**
   * Sends a binary message from where it lies.
   *
   * @return completes when {@code bytes} are not lent any more; fails with {@link
   *     Http2StreamException} if the socket ended before
   * @throws IllegalArgumentException if a segment is confined to the caller's thread
   */
  CompletionStage<Void> sendBinary(SegmentedBytes bytes);

  /** How many bytes were sent here and have not left: those of a peer that reads too slowly. */
  long queuedByteSize();

  /** Whether messages can still be sent. */
  boolean isOpen();

  /**
   * Says goodbye, and ends when the peer has answered or a second has passed. Idempotent.
   *
   * @param code RFC 6455 section 7.4: 1000 when all is well
   * @param reason at most 123 bytes of UTF-8; what is longer is cut
   */
  void close(int code, String reason);

  /** Takes what a peer sends. All calls come on the event loop, one at a time: don't block. */
  interface Listener {
    /** A text message has come. */
    default void onText(WebSocket socket, String text) {}

    /** A binary message has come; {@code bytes} are valid in this call, or as long as lent. */
    default void onBinary(WebSocket socket, SegmentedBytes bytes) {}

    /** The socket has ended, whoever ended it. Called once. */
    default void onClosed(WebSocket socket) {}
  }
}
