package dev.segue.capnproto.compiler;

import java.util.List;

/** Any bytes as a schema, and what compiles as a request. */
public final class SchemaFuzz {
  private static final SchemaCompiler COMPILER = new SchemaCompiler(List.of());

  private SchemaFuzz() {}

  /** Compiles the text and generates its classes, or ends in {@link SchemaException}. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      byte[] request = COMPILER.compileText("fuzz.capnp", data).toRequest();
      RequestFuzz.fuzzerTestOneInput(request);
    } catch (SchemaException e) {
      // The schema is wrong, and that is what is reported.
    }
  }
}
