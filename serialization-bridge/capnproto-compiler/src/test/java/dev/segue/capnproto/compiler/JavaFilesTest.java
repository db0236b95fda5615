package dev.segue.capnproto.compiler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files there are, and that they compile whatever schemas call their things. */
final class JavaFilesTest {
  private static final String HEAD =
      """
      using Java = import "/capnp/java.capnp";
      $Java.package("some.where");
      """;

  @TempDir private Path directory;

  private String write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return name;
  }

  @Test
  void twoSchemasCannotBeOneClass() throws IOException, SchemaException {
    List<String> names =
        List.of(
            write("a/pose.capnp", "@0xb5f2c3a1d4e59071;\n" + HEAD + "struct A {}\n"),
            write("b/pose.capnp", "@0xb5f2c3a1d4e59072;\n" + HEAD + "struct B {}\n"));
    CompiledSchemas schemas = new SchemaCompiler(List.of()).compile(directory, names);
    SchemaException e = assertThrows(SchemaException.class, () -> schemas.toJava(""));
    assertEquals(
        "b/pose.capnp: its class would be written over that of a/pose.capnp:"
            + " some/where/Pose.java; give it another $Java.outerClassname or $Java.package",
        e.getMessage());
  }

  @Test
  void aSchemaThatIsNamedTwiceIsOneClass() throws IOException, SchemaException {
    String name = write("a/pose.capnp", "@0xb5f2c3a1d4e59071;\n" + HEAD + "struct A {}\n");
    CompiledSchemas schemas =
        new SchemaCompiler(List.of()).compile(directory, List.of(name, "a/./pose.capnp"));
    List<String> paths =
        schemas.toJava("").files().stream().map(JavaFile::path).distinct().toList();
    assertEquals(List.of("some/where/Pose.java"), paths);
  }

  @Test
  void wordsOfTheGeneratedCodeMayBeNames() throws IOException, SchemaException {
    String text =
        """
        @0xb5f2c3a1d4e59073;
        struct One {
          struct Override { a @0 :Text; }
          const structSize :UInt32 = 3;
          value @0 :Override;
        }
        struct Two {
          override :group { a @0 :Int32; b @1 :Text; }
          union { string @2 :Text; object @3 :Two; }
        }
        interface Service {}
        struct Box(T) { value @0 :T; inner @1 :In; struct In { own @0 :T; } }
        struct Three { a @0 :Box(Service); b @1 :List(Box(Service)); c @2 :Box(Service).In; }
        struct Object { string @0 :String; struct String { integer @0 :Int32; } }
        """;
    CompiledSchemas schemas =
        new SchemaCompiler(List.of()).compileText("names.capnp", text.getBytes(UTF_8));
    Path classes = Javac.compile(directory, schemas.toJava("names").files(), null);
    assertTrue(Files.exists(classes.resolve("names/Names$One$Override.class")));
  }
}
