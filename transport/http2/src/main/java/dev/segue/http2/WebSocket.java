package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import java.util.concurrent.CompletionStage;

/**
 * Sends messages to a peer whose request became a WebSocket, RFC 6455: {@link
 * Http2Exchange#acceptWebSocket}.
 *
 * <p>Owner: the exchange. Lifetime: until either side closes it, or the peer doesn't answer a ping:
 * one is sent every 20 s, or a third of the idle time if that is less, and the socket ends if no
 * frame arrives for twice that after a ping has left. The time that a ping waits in the queue or in
 * a full socket doesn't count, as long as the peer takes data. Threads: any; the calls of one
 * thread keep their order.
 */
public sealed interface WebSocket permits WebSocketConnection {
  /** As many messages may wait for a peer that reads slowly. */
  int MAX_WAITING_COUNT = 10_000;

  /** As many bytes may wait, or one message that is larger. */
  long MAX_WAITING_BYTE_SIZE = 64 << 20;

  /**
   * Sends a text message, which is copied.
   *
   * @return completes when it has left; fails with {@link Http2StreamException} if the socket ended
   *     before, or, with ENHANCE_YOUR_CALM, if {@link #MAX_WAITING_COUNT} messages or {@link
   *     #MAX_WAITING_BYTE_SIZE} bytes wait already: then it is not sent, and the socket goes on
   */
  CompletionStage<Void> sendText(String text);

  /**
   * Sends a binary message from where it lies.
   *
   * @return completes when {@code bytes} are not lent any more; fails as {@link #sendText} does
   * @throws IllegalArgumentException if a segment is confined to the caller's thread
   */
  CompletionStage<Void> sendBinary(SegmentedBytes bytes);

  /**
   * Returns the number of bytes that were sent here and have not left, because the peer reads too
   * slowly.
   */
  long queuedByteSize();

  /** Returns whether messages can still be sent. */
  boolean isOpen();

  /**
   * Says goodbye, and ends when the peer has answered or a second has passed. Idempotent.
   *
   * @param code RFC 6455 section 7.4: 1000 when all is well
   * @param reason at most 123 bytes of UTF-8; what is longer is cut
   */
  void close(int code, String reason);

  /**
   * Stops reading until {@link #resumeReading}: the listener gets nothing that came behind the
   * current message until then, and what the peer sends beyond the window of {@link Http2Limits}
   * waits with the peer. So a listener can pass a message to another thread and keep the order.
   * Messages that had arrived completely before the peer closed or disconnected are still
   * delivered, and {@link Listener#onClosed} comes after them. Waiting data counts as a body that
   * nobody reads: if there is no room for it, the socket ends. Called by the listener within its
   * call, or on its event loop.
   *
   * @throws IllegalStateException on another thread
   */
  void pauseReading();

  /**
   * Resumes reading, asynchronously. Any thread. If the server has been closed in the meantime,
   * only {@link Listener#onClosed} follows, on a thread other than the event loop, which has ended.
   */
  void resumeReading();

  /** Takes what a peer sends. All calls come on the event loop, one at a time: don't block. */
  interface Listener {
    /**
     * A part of a message has come, and more of it is to come; a message in one piece has none.
     *
     * @param byteSize how much of the message has come
     * @return false to end the socket, best after {@link WebSocket#close} has given the reason
     */
    default boolean onPart(WebSocket socket, boolean isText, long byteSize) {
      return true;
    }

    /** A text message has come. */
    default void onText(WebSocket socket, String text) {}

    /**
     * Called for a binary message; {@code bytes} are valid during this call, or as long as they are
     * lent.
     */
    default void onBinary(WebSocket socket, SegmentedBytes bytes) {}

    /** Called once when the socket has ended, whichever side ended it. */
    default void onClosed(WebSocket socket) {}
  }
}
