package dev.segue.http2;

import java.io.IOException;

/**
 * Reports a stream that ended before it was complete: reset, cancelled, or its connection closed.
 */
public sealed class Http2StreamException extends IOException permits Http2TimeoutException {
  private static final long serialVersionUID = 1;

  /** The error code, RFC 9113 section 7. */
  private final long errorCode;

  Http2StreamException(String message, Http2Error error, Throwable cause) {
    super(message, cause);
    this.errorCode = error.code();
  }

  Http2StreamException(String message, Http2Error error) {
    this(message, error.code());
  }

  /** With the code that a peer sent, whatever it is. */
  Http2StreamException(String message, long errorCode) {
    super(message);
    this.errorCode = errorCode;
  }

  /**
   * Returns why the stream ended; INTERNAL_ERROR if the peer sent a code that nobody has defined.
   */
  public final Http2Error error() {
    return Http2Error.of(errorCode);
  }

  /** The number that the peer sent, or that it was sent. */
  public final long errorCode() {
    return errorCode;
  }
}
