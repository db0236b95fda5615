package dev.segue.http2;

/** Handles a request. */
@FunctionalInterface
public interface Http2Handler {
  /**
   * Answers, now or later. Called on the connection's event loop when the header has arrived, so it
   * must not block there: slow work belongs on {@link Http2Server.Builder#executor}, or on a thread
   * of its own.
   *
   * @throws Exception if the request can't be answered; the peer gets 500, or a reset if the
   *     response had started, and what is unread of the body is discarded
   */
  void handle(Http2Exchange exchange) throws Exception;

  /**
   * Returns a handler that serves the paths under {@code prefix}, which {@code handler} sees
   * without it, and answers 404 to the rest. {@link Http2Exchange#mountPath()} returns the prefix.
   *
   * <pre>{@code
   * Http2Handler all = Http2Handler.mounted("/robot", gateway, ownHandler);
   * }</pre>
   *
   * @throws IllegalArgumentException if the prefix doesn't begin with a slash, or ends with one
   */
  static Http2Handler mounted(String prefix, Http2Handler handler) {
    return mounted(prefix, handler, exchange -> exchange.respond(404));
  }

  /**
   * Like {@link #mounted(String, Http2Handler)}, but leaves all other paths to {@code others}.
   *
   * @throws IllegalArgumentException if the prefix doesn't begin with a slash, or ends with one
   */
  static Http2Handler mounted(String prefix, Http2Handler handler, Http2Handler others) {
    if (!prefix.startsWith("/") || prefix.endsWith("/")) {
      throw new IllegalArgumentException(
          "mount of prefix=" + prefix + ": it begins with a slash and doesn't end with one");
    }
    return exchange -> {
      String path = exchange.request().path();
      boolean within =
          path.startsWith(prefix)
              && (path.length() == prefix.length()
                  || "/?".indexOf(path.charAt(prefix.length())) >= 0);
      (within ? handler : others).handle(within ? exchange.under(prefix) : exchange);
    };
  }
}
