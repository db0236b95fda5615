package dev.segue.capnproto.compiler;

import java.util.List;
import java.util.stream.Collectors;

/** Schemas that don't compile; the message shows each error with its line. */
public final class SchemaException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<Diagnostic> diagnostics;

  SchemaException(List<Diagnostic> diagnostics) {
    super(diagnostics.stream().map(Diagnostic::toString).collect(Collectors.joining("\n")));
    this.diagnostics = List.copyOf(diagnostics);
  }

  SchemaException(String message) {
    super(message);
    diagnostics = List.of();
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /**
   * Returns the errors in the order in which they were found; none where the fault isn't in the
   * text of a schema.
   */
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
