package dev.segue.capnproto.compiler;

/** Reports where and why a text can't be parsed. */
final class SyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Span span;
  private final String reason;

  SyntaxException(Span span, String reason) {
    super(reason, null, false, false);
    this.span = span;
    this.reason = reason;
  }

  Span span() {
    return span;
  }

  String reason() {
    return reason;
  }
}
