package dev.segue.http2;

import java.io.IOException;

/** A stream that ended before it was complete: reset, cancelled, or its connection closed. */
public final class StreamException extends IOException {
  private static final long serialVersionUID = 1;

  /** The error code, RFC 9113 section 7. */
  private final long errorCode;

  StreamException(String message, long errorCode, Throwable cause) {
    super(message, cause);
    this.errorCode = errorCode;
  }

  StreamException(String message, long errorCode) {
    super(message);
    this.errorCode = errorCode;
  }

  /** The error code of HTTP/2, RFC 9113 section 7: 8 for CANCEL. */
  public long errorCode() {
    return errorCode;
  }
}
