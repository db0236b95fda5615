package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.List;

/** Collects errors, so that one run shows all of them; gives up after a hundred. */
final class Problems {
  private static final int LIMIT = 100;

  private final List<Diagnostic> found = new ArrayList<>();

  void add(Source source, Span span, String message) {
    if (found.size() < LIMIT) {
      Diagnostic diagnostic = source.diagnostic(span, message);
      if (!found.contains(diagnostic)) {
        found.add(diagnostic);
      }
    }
  }

  /** Returns whether nothing is added any more; to say where else something stands takes time. */
  boolean isFull() {
    return found.size() >= LIMIT;
  }

  boolean any() {
    return !found.isEmpty();
  }

  void check() throws SchemaException {
    if (any()) {
      throw new SchemaException(found);
    }
  }
}
