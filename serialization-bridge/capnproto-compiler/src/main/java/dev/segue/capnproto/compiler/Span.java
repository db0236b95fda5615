package dev.segue.capnproto.compiler;

/** A range of bytes of a schema file. */
record Span(int start, int end) {
  static final Span NONE = new Span(0, 0);

  Span to(Span other) {
    return new Span(start, Math.max(end, other.end));
  }
}
