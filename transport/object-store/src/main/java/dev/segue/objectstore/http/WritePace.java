package dev.segue.objectstore.http;

/**
 * How much of a request's body is written at a time: what moves within 50 ms at the rate of the
 * last body that the server answered on the same connection. A blocking write tells of its progress
 * when it returns, so a first body, whose rate nobody knows, goes out in the smallest steps:
 * sixteen uploads that share 1 Mbit/s move one in 17 s each.
 *
 * <p>Owner: its connection. Threads: that of the exchange.
 */
final class WritePace {
  static final int LEAST_BYTE_SIZE = 128 << 10;
  static final int MOST_BYTE_SIZE = 4 << 20;
  private static final double NANOS = 50e6;

  private int byteSize = LEAST_BYTE_SIZE;

  int byteSize() {
    return byteSize;
  }

  /** The server answered a body so long after its first byte was to be written. */
  void answered(long bodyByteSize, long elapsedNanos) {
    if (bodyByteSize >= LEAST_BYTE_SIZE) {
      double atOnce = NANOS * bodyByteSize / Math.max(1, elapsedNanos);
      byteSize = (int) Math.clamp(atOnce, LEAST_BYTE_SIZE, MOST_BYTE_SIZE);
    }
  }
}
