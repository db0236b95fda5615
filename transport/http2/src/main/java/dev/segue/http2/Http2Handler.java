package dev.segue.http2;

/** What a server does with a request. */
@FunctionalInterface
public interface Http2Handler {
  /**
   * Answers, now or later. Called on the connection's event loop when the header has come, so it
   * must not block: work that takes time belongs on a thread of its own.
   *
   * @throws Exception if the request can't be answered; the peer gets 500, or a reset if the
   *     response had begun
   */
  void handle(Http2Exchange exchange) throws Exception;
}
