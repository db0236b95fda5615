package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;

/**
 * The timeouts of a client. Each is accurate to a quarter of its length, or 5 s if that is less;
 * what takes longer fails with {@link Http2TimeoutException}.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param connect for a new connection: the name, TCP, TLS and the server's SETTINGS together
 * @param stream from {@link Http2Client#send} until the request has a stream, while the server
 *     allows no more of them or a connection is being opened
 * @param response from the last byte of the request to the response's header
 * @param body while a reader waits for the response's body, from one byte to the next; {@link
 *     BodyReader#keepOpen()} exempts a body from it
 * @param write while bytes of the request's body wait for the server, from one byte that it takes
 *     to the next
 */
public record Http2ClientTimeouts(
    Duration connect, Duration stream, Duration response, Duration body, Duration write) {
  private static final Http2ClientTimeouts DEFAULTS =
      new Http2ClientTimeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one of them is not positive, or above 24 days
   */
  public Http2ClientTimeouts {
    for (Duration each : new Duration[] {connect, stream, response, body, write}) {
      if (!each.isPositive() || each.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) > 0) {
        throw new IllegalArgumentException(
            "timeouts of connect="
                + connect
                + " stream="
                + stream
                + " response="
                + response
                + " body="
                + body
                + " write="
                + write
                + ": each positive and at most 24 days");
      }
    }
  }

  /** 10 s to connect, 30 s for a stream, 60 s for everything else. */
  public static Http2ClientTimeouts defaults() {
    return DEFAULTS;
  }

  /** The same with another time to connect. */
  public Http2ClientTimeouts withConnect(Duration time) {
    return new Http2ClientTimeouts(time, stream, response, body, write);
  }

  /** The same with another time to wait for a stream. */
  public Http2ClientTimeouts withStream(Duration time) {
    return new Http2ClientTimeouts(connect, time, response, body, write);
  }

  /** The same with another time to wait for a response. */
  public Http2ClientTimeouts withResponse(Duration time) {
    return new Http2ClientTimeouts(connect, stream, time, body, write);
  }

  /** The same with another time to wait for a body. */
  public Http2ClientTimeouts withBody(Duration time) {
    return new Http2ClientTimeouts(connect, stream, response, time, write);
  }

  /** The same with another time to wait with a request's body. */
  public Http2ClientTimeouts withWrite(Duration time) {
    return new Http2ClientTimeouts(connect, stream, response, body, time);
  }

  /** Returns how often to look, so that none of them is exceeded by more than it says. */
  long tickNanos(Duration idle) {
    long shortest = Nanos.of(idle);
    for (Duration each : new Duration[] {connect, stream, response, body, write}) {
      shortest = Math.min(shortest, Nanos.of(each));
    }
    return ConnectionWatch.tickNanos(shortest);
  }
}
