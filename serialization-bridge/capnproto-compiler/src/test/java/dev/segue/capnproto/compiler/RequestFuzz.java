package dev.segue.capnproto.compiler;

/** Any bytes as a request of a compiler of schemas. */
public final class RequestFuzz {
  private RequestFuzz() {}

  /**
   * Reads it, compares it with itself and generates its classes, or ends in {@link
   * SchemaException}.
   */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      CompiledSchemas schemas = CompiledSchemas.fromRequest(data);
      CompiledSchemas again = CompiledSchemas.fromRequest(schemas.toRequest());
      if (!again.incompatibilitiesWith(schemas).isEmpty()) {
        throw new AssertionError("a request changes when it is written");
      }
      schemas.toJava("x");
    } catch (SchemaException e) {
      // The request is wrong, and that is what is reported.
    }
  }
}
