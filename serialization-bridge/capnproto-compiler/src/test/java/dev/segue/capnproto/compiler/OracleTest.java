package dev.segue.capnproto.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our requests against those of the C++ compiler, to the last bit of each node. */
final class OracleTest {
  private static final Path SCHEMAS = Path.of("src", "test", "capnp").toAbsolutePath();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "types.capnp",
        "layout.capnp",
        "generics.capnp",
        "interfaces.capnp",
        "annotations.capnp",
        "other/imported.capnp"
      })
  void theRequestOfASchemaIsThatOfTheCppCompiler(String name)
      throws IOException, SchemaException, WireException {
    compare(SCHEMAS, List.of(name));
  }

  @Test
  void theRequestOfSeveralFilesIsThatOfTheCppCompiler()
      throws IOException, SchemaException, WireException {
    compare(SCHEMAS, List.of("generics.capnp", "annotations.capnp", "interfaces.capnp"));
  }

  @Test
  void theRequestOfOurPublishedSchemaIsThatOfTheCppCompiler()
      throws IOException, SchemaException, WireException {
    Path frames = Path.of("..", "capnproto", "src", "main", "capnp").toAbsolutePath().normalize();
    compare(frames, List.of("frames.capnp"));
  }

  @Test
  void filesThatImportEachOtherAreNoError(@TempDir Path directory)
      throws IOException, SchemaException, WireException {
    Oracle.write(
        directory,
        "a.capnp",
        """
        @0xb5f2c3a1d4e59001;
        using B = import "b.capnp";
        using Self = import "a.capnp";
        struct A { b @0 :B.B; more @1 :List(Self.A); size @2 :Int32 = B.limit; }
        const limit :Int32 = 3;
        """);
    Oracle.write(
        directory,
        "b.capnp",
        """
        @0xb5f2c3a1d4e59002;
        using A = import "a.capnp";
        struct B { a @0 :A.A; size @1 :Int32 = A.limit; }
        const limit :Int32 = 4;
        """);
    compare(directory, List.of("a.capnp"));
    compare(directory, List.of("b.capnp", "a.capnp"));
  }

  @Test
  void aRequestOfTheCppCompilerIsReadAndWrittenWithoutALoss()
      throws IOException, SchemaException, WireException {
    Oracle.assumeInstalled();
    List<String> names =
        List.of("types.capnp", "layout.capnp", "interfaces.capnp", "annotations.capnp");
    byte[] theirs = Oracle.compile(SCHEMAS, names).output();
    Canonical.assertEqual(theirs, CompiledSchemas.fromRequest(theirs).toRequest());
  }

  @Test
  void theRequestsOfTheSchemasOfCapnProtoForCppAreThoseOfTheCppCompiler(@TempDir Path directory)
      throws IOException, SchemaException, WireException {
    compareAll(Path.of("/usr", "include", "capnp"), directory);
  }

  @Test
  void theRequestsOfTheSchemasOfPycapnpAreThoseOfTheCppCompiler(@TempDir Path directory)
      throws IOException, SchemaException, WireException {
    String search = "import importlib.util as u; print(u.find_spec('capnp').origin)";
    String found = "python3/without/capnp";
    try {
      Oracle.Result python = Oracle.run(new byte[0], List.of("python3", "-c", search));
      String origin = new String(python.output(), StandardCharsets.UTF_8).strip();
      if (python.status() == 0 && origin.endsWith("__init__.py")) {
        found = origin;
      }
    } catch (IOException e) {
      // No Python at all.
    }
    compareAll(Path.of(found).resolveSibling(""), directory);
  }

  /** Compares each schema of a folder {@code capnp}, of a copy so that all are in one place. */
  private static void compareAll(Path installed, Path root)
      throws IOException, SchemaException, WireException {
    Oracle.assumeInstalled();
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(installed)) {
      try (Stream<Path> files = Files.walk(installed)) {
        for (Path file : files.filter(file -> file.toString().endsWith(".capnp")).toList()) {
          Path copy = root.resolve("capnp").resolve(installed.relativize(file).toString());
          Files.createDirectories(copy.resolveSibling(""));
          Files.copy(file, copy);
          names.add(root.relativize(copy).toString());
        }
      }
    }
    Assumptions.assumeFalse(names.isEmpty(), "no schemas in " + installed + ": none to compare");
    for (String name : names) {
      Oracle.Result theirs =
          Oracle.run(
              new byte[0],
              List.of(
                  "capnp",
                  "compile",
                  "-o-",
                  "--no-standard-import",
                  "-I",
                  root.toString(),
                  "--src-prefix=" + root,
                  root.resolve(name).toString()));
      assertEquals("", theirs.errors(), name);
      byte[] ours = new SchemaCompiler(List.of(root)).compile(root, List.of(name)).toRequest();
      Canonical.assertEqual(theirs.output(), ours);
    }
  }

  private static void compare(Path root, List<String> names)
      throws IOException, SchemaException, WireException {
    Oracle.assumeInstalled();
    byte[] ours = new SchemaCompiler(List.of()).compile(root, names).toRequest();
    Oracle.Result theirs = Oracle.compile(root, names);
    assertEquals("", theirs.errors());
    Canonical.assertEqual(theirs.output(), ours);
  }
}
