package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;

/**
 * The deadlines of a server for its peers and handlers. Each is accurate to a quarter of its
 * length.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param header from the first byte of a request's header to its last, and from the connect to the
 *     first request's protocol, TLS included; then 408, or the connection is closed
 * @param body the time within which a body that is wanted, or a DATA frame that isn't whole, must
 *     bring {@code leastByteRate} times as many bytes as it has seconds; then the request ends, or
 *     with a frame the connection
 * @param write the same for what is written to the peer: a stream held back by its own window is
 *     reset, a connection that takes too little is closed
 * @param handler from the end of a request to the start of its response; then 503
 * @param leastByteRate bytes a second, an average over {@code body} or {@code write}
 */
public record Http2Deadlines(
    Duration header, Duration body, Duration write, Duration handler, int leastByteRate) {
  private static final Http2Deadlines DEFAULTS =
      new Http2Deadlines(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          100);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one of them is not positive
   */
  public Http2Deadlines {
    if (!header.isPositive()
        || !body.isPositive()
        || !write.isPositive()
        || !handler.isPositive()
        || leastByteRate <= 0) {
      throw new IllegalArgumentException(
          "deadlines of header="
              + header
              + " body="
              + body
              + " write="
              + write
              + " handler="
              + handler
              + " leastByteRate="
              + leastByteRate
              + ": each positive");
    }
  }

  /** 10 s for a header, 60 s for body and write at 100 bytes a second, 10 minutes for a handler. */
  public static Http2Deadlines defaults() {
    return DEFAULTS;
  }

  /** The same with another time for headers. */
  public Http2Deadlines withHeader(Duration time) {
    return new Http2Deadlines(time, body, write, handler, leastByteRate);
  }

  /** The same with another time for bodies. */
  public Http2Deadlines withBody(Duration time) {
    return new Http2Deadlines(header, time, write, handler, leastByteRate);
  }

  /** The same with another time for writing. */
  public Http2Deadlines withWrite(Duration time) {
    return new Http2Deadlines(header, body, time, handler, leastByteRate);
  }

  /** The same with another time for handlers. */
  public Http2Deadlines withHandler(Duration time) {
    return new Http2Deadlines(header, body, write, time, leastByteRate);
  }

  /** The same with another rate. */
  public Http2Deadlines withLeastByteRate(int bytesPerSecond) {
    return new Http2Deadlines(header, body, write, handler, bytesPerSecond);
  }

  long leastByteCount(Duration time) {
    return Math.max(1, (long) (leastByteRate * (Nanos.of(time) / 1e9)));
  }
}
