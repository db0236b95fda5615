package dev.segue.capnproto.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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

  private static void compare(Path root, List<String> names)
      throws IOException, SchemaException, WireException {
    Oracle.assumeInstalled();
    byte[] ours = new SchemaCompiler(List.of()).compile(root, names).toRequest();
    Oracle.Result theirs = Oracle.compile(root, names);
    assertEquals("", theirs.errors());
    Canonical.assertEqual(theirs.output(), ours);
  }
}
