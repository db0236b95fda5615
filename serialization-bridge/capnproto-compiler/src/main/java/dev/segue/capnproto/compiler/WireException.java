package dev.segue.capnproto.compiler;

/** A message that isn't what its pointers claim. */
final class WireException extends Exception {
  private static final long serialVersionUID = 1;

  WireException(String message) {
    super(message);
  }
}
