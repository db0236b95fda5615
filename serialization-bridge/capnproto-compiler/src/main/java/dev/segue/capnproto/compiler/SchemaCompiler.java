package dev.segue.capnproto.compiler;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads schemas of the Cap'n Proto language. Immutable; any thread may use it. */
public final class SchemaCompiler {
  private final List<Path> importPath;

  /**
   * Makes a compiler that looks for imports that begin with a slash in these directories, in this
   * order. {@code /capnp/java.capnp}, {@code /capnp/c++.capnp} and {@code /capnp/stream.capnp} are
   * known where no directory has them.
   */
  public SchemaCompiler(List<Path> importPath) {
    this.importPath = List.copyOf(importPath);
  }

  /** Returns a random id for a file, in the form {@code @0x…}. */
  public static String newId() {
    return Ids.text(Ids.random());
  }

  /**
   * Compiles files and what they import.
   *
   * @param root the directory that the names start from
   * @param names paths from the root, with slashes
   * @throws SchemaException if a file can't be read or has errors
   */
  public CompiledSchemas compile(Path root, List<String> names) throws SchemaException {
    List<SchemaFile> files = new ArrayList<>();
    Map<Path, String> lookedAt = new LinkedHashMap<>();
    for (String name : names) {
      try {
        files.add(SchemaFile.read(root, name, importPath, lookedAt));
      } catch (SchemaFile.UnreadableException e) {
        throw new SchemaException(String.valueOf(e.getMessage()));
      }
    }
    return new CompiledSchemas(Program.compile(files), lookedAt);
  }

  /**
   * Compiles a text that isn't in a file; imports are found only on the import path.
   *
   * @param name the name that errors show
   * @throws SchemaException if the text has errors
   */
  public CompiledSchemas compileText(String name, byte[] text) throws SchemaException {
    Map<Path, String> lookedAt = new LinkedHashMap<>();
    SchemaFile file = new SchemaFile(name, null, name, new Bytes(text), importPath, lookedAt);
    return new CompiledSchemas(Program.compile(List.of(file)), lookedAt);
  }
}
