package dev.segue.capnproto.compiler;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Schemas that compiled without an error. Immutable; any thread may use it. */
public final class CompiledSchemas {
  /** The entry of {@link #lookedAt}, in place of a digest, for a path where no file was. */
  public static final String NO_FILE = "-";

  private final CodeRequest request;
  private final Map<Path, String> lookedAt;

  CompiledSchemas(CodeRequest request, Map<Path, String> lookedAt) {
    this.request = request;
    this.lookedAt = Collections.unmodifiableMap(new LinkedHashMap<>(lookedAt));
  }

  /**
   * Reads a request that another compiler wrote, such as what {@code capnp compile -o} hands to a
   * plugin.
   *
   * @throws SchemaException if it isn't such a message
   */
  public static CompiledSchemas fromRequest(byte[] message) throws SchemaException {
    return new CompiledSchemas(RequestReader.request(message), Map.of());
  }

  /**
   * Returns each path that was checked: schemas, their imports and embedded files, and places on
   * the import path without a file; with the SHA-256 of the content in hexadecimal digits, or
   * {@link #NO_FILE}. As long as none of them changes, neither do the schemas. Empty for schemas
   * that come from a request.
   */
  public Map<Path, String> lookedAt() {
    return lookedAt;
  }

  /** Writes the request for a plugin of any language, as a framed message of one segment. */
  public byte[] toRequest() {
    return RequestWriter.message(request);
  }

  /**
   * Generates Java classes for {@code org.capnproto:runtime}, one outer class for each file. A file
   * without {@code $Java.package} gets its directory as package; one without {@code
   * $Java.outerClassname} gets its own name, and {@code Schema} behind it where a declaration has
   * that name.
   *
   * @param defaultPackage the package of files that have neither the annotation nor a directory
   *     that could be one; empty for the unnamed package
   * @throws SchemaException if a request of another compiler contradicts itself, or if a name isn't
   *     valid in Java
   */
  public JavaSources toJava(String defaultPackage) throws SchemaException {
    JavaGenerator generator = new JavaGenerator(request, defaultPackage);
    List<JavaFile> files = generator.files();
    return new JavaSources(files, generator.notes());
  }

  /**
   * Finds the changes that keep these schemas from reading an earlier version's messages, or the
   * earlier version from reading theirs: a field that moved, is gone or is of another type, another
   * default, another tag. Declarations are identified by their ids; a new name alone changes no
   * message.
   *
   * @return a line for each change; empty if there is none
   */
  public List<String> incompatibilitiesWith(CompiledSchemas earlier) {
    return Compatibility.changes(earlier.request, request);
  }

  CodeRequest request() {
    return request;
  }
}
