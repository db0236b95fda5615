package dev.segue.http2;

/** Reports bytes that are not HTTP/1.1 by the letter, and the status that answers them. */
final class Http1Malformed extends Exception {
  /** In place of a status: what came is no HTTP/1, so the connection ends without an answer. */
  static final int NO_ANSWER = 0;

  private static final long serialVersionUID = 1;

  private final int status;

  Http1Malformed(int status, String what) {
    super(what, null, false, false); // No stack trace: the peer decides how many there are.
    this.status = status;
  }

  int status() {
    return status;
  }
}
