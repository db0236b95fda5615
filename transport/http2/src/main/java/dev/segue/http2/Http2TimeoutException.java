package dev.segue.http2;

/**
 * Reports a request that took longer than one of the client's {@link Http2ClientTimeouts}; its
 * message names the timeout. The stream was reset with CANCEL, or never started.
 */
public final class Http2TimeoutException extends Http2StreamException {
  private static final long serialVersionUID = 1;

  Http2TimeoutException(String message) {
    super(message, Http2Error.CANCEL);
  }
}
