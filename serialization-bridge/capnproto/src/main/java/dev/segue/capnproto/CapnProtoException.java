package dev.segue.capnproto;

/**
 * Bytes that are not the Cap'n Proto message they should be: a cut or hostile segment table, a
 * pointer out of bounds, a limit exceeded.
 *
 * <p>Nothing that a peer sends ends in another exception inside {@link MessageView#of} and {@link
 * MessageView#read}.
 */
public final class CapnProtoException extends Exception {
  private static final long serialVersionUID = 1L;

  CapnProtoException(String message) {
    super(message);
  }

  CapnProtoException(String message, Throwable cause) {
    super(message, cause);
  }
}
