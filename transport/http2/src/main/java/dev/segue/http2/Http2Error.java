package dev.segue.http2;

/**
 * Names why a stream or a connection ended, RFC 9113 section 7.
 *
 * <p>Owner: none, a value. Lifetime: unlimited. Threads: any.
 */
public enum Http2Error {
  /** Nothing went wrong. */
  NO_ERROR(0),
  /** A frame or a header broke the protocol. */
  PROTOCOL_ERROR(1),
  /** The sender of the error failed. */
  INTERNAL_ERROR(2),
  /** More was sent than a window allowed. */
  FLOW_CONTROL_ERROR(3),
  /** SETTINGS were not acknowledged in time. */
  SETTINGS_TIMEOUT(4),
  /** A frame came for a stream that had ended. */
  STREAM_CLOSED(5),
  /** A frame had a length that its type forbids. */
  FRAME_SIZE_ERROR(6),
  /** The request was not processed, and can be sent again. */
  REFUSED_STREAM(7),
  /** The stream is not needed any more. */
  CANCEL(8),
  /** The header compression went out of step. */
  COMPRESSION_ERROR(9),
  /** The connection behind a CONNECT was reset. */
  CONNECT_ERROR(10),
  /** The peer asked for more than it should. */
  ENHANCE_YOUR_CALM(11),
  /** The security of the connection is too low. */
  INADEQUATE_SECURITY(12),
  /** HTTP/1.1 is needed for this request. */
  HTTP_1_1_REQUIRED(13);

  private static final Http2Error[] BY_CODE = values();

  private final long code;

  Http2Error(long code) {
    this.code = code;
  }

  /** Returns the error's number in RST_STREAM and GOAWAY frames. */
  public long code() {
    return code;
  }

  /** The error of a number; INTERNAL_ERROR for one that nobody has defined, as section 7 allows. */
  public static Http2Error of(long code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[(int) code] : INTERNAL_ERROR;
  }
}
