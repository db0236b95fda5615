package dev.segue.http2;

/**
 * A client's request, without the body.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param method the method, {@code GET}
 * @param path the path with its query, as sent: {@code /a/b?c}
 * @param authority the host and port asked for; empty when the client named none
 * @param headers the header fields
 */
public record Request(String method, String path, String authority, Headers headers) {
  /** A GET. */
  public static Request get(String path) {
    return new Request("GET", path, "", Headers.empty());
  }

  /** A request with a body, or none. */
  public static Request of(String method, String path) {
    return new Request(method, path, "", Headers.empty());
  }

  /** Returns the request with one more header field. */
  public Request with(String name, String value) {
    return new Request(method, path, authority, headers.with(name, value));
  }
}
