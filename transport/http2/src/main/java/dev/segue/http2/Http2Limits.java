package dev.segue.http2;

import java.time.Duration;

/**
 * Limits on what one peer may ask of a server, or a server of a client.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 *
 * @param headerByteSize the largest header list, names and values and 32 bytes for each field
 * @param bodyByteSize the largest request body
 * @param streamCount how many streams of one connection may be open at a time
 * @param connectionCount how many connections a server holds at a time
 * @param addressConnectionCount how many of them one address may hold
 * @param windowByteSize how many bytes of a body may be on the way before they are consumed
 * @param idle how long a connection may do nothing, neither read nor write, before it is closed
 */
public record Http2Limits(
    int headerByteSize,
    long bodyByteSize,
    int streamCount,
    int connectionCount,
    int addressConnectionCount,
    int windowByteSize,
    Duration idle) {
  private static final Http2Limits DEFAULTS =
      new Http2Limits(16 * 1024, 1L << 30, 100, 10_000, 5_000, 1 << 20, Duration.ofSeconds(60));

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one of them is not positive, or {@code windowByteSize}
   *     below 65,535
   */
  public Http2Limits {
    if (headerByteSize <= 0
        || bodyByteSize <= 0
        || streamCount <= 0
        || connectionCount <= 0
        || addressConnectionCount <= 0
        || windowByteSize < 65_535
        || !idle.isPositive()) {
      throw new IllegalArgumentException(
          "limits of headerByteSize="
              + headerByteSize
              + " bodyByteSize="
              + bodyByteSize
              + " streamCount="
              + streamCount
              + " connectionCount="
              + connectionCount
              + " addressConnectionCount="
              + addressConnectionCount
              + " windowByteSize="
              + windowByteSize
              + " idle="
              + idle
              + ": each positive, the window at least 65535");
    }
  }

  /**
   * 16 KiB of headers, 1 GiB of body, 100 streams, 10,000 connections and half of them from one
   * address, 1 MiB, 60 s.
   */
  public static Http2Limits defaults() {
    return DEFAULTS;
  }

  /** The same with another size of headers. */
  public Http2Limits withHeaderByteSize(int byteSize) {
    return new Http2Limits(
        byteSize,
        bodyByteSize,
        streamCount,
        connectionCount,
        addressConnectionCount,
        windowByteSize,
        idle);
  }

  /** The same with another size of bodies. */
  public Http2Limits withBodyByteSize(long byteSize) {
    return new Http2Limits(
        headerByteSize,
        byteSize,
        streamCount,
        connectionCount,
        addressConnectionCount,
        windowByteSize,
        idle);
  }

  /** The same with another number of streams. */
  public Http2Limits withStreamCount(int count) {
    return new Http2Limits(
        headerByteSize,
        bodyByteSize,
        count,
        connectionCount,
        addressConnectionCount,
        windowByteSize,
        idle);
  }

  /** The same with another number of connections. */
  public Http2Limits withConnectionCount(int count) {
    return new Http2Limits(
        headerByteSize,
        bodyByteSize,
        streamCount,
        count,
        addressConnectionCount,
        windowByteSize,
        idle);
  }

  /** The same with another number of connections from one address. */
  public Http2Limits withAddressConnectionCount(int count) {
    return new Http2Limits(
        headerByteSize, bodyByteSize, streamCount, connectionCount, count, windowByteSize, idle);
  }

  /** The same with another window. */
  public Http2Limits withWindowByteSize(int byteSize) {
    return new Http2Limits(
        headerByteSize,
        bodyByteSize,
        streamCount,
        connectionCount,
        addressConnectionCount,
        byteSize,
        idle);
  }

  /** The same with another idle time. */
  public Http2Limits withIdle(Duration time) {
    return new Http2Limits(
        headerByteSize,
        bodyByteSize,
        streamCount,
        connectionCount,
        addressConnectionCount,
        windowByteSize,
        time);
  }
}
