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
        "b/pose.capnp:1:2: its class would be written over that of a/pose.capnp:"
            + " some/where/Pose.java; give it another $Java.outerClassname or $Java.package",
        e.diagnostics().get(0).summary());
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

  @Test
  void constantsAndInterfacesHideNoClass() throws IOException, SchemaException {
    String text =
        """
        @0xb5f2c3a1d4e59074;
        const rgb :RGB = (own = (value = 3), kind = b, hidden = 7);
        const kind :KIND = b;
        const hiding :Int32 = 4;
        struct RGB {
          const rgb :UInt32 = 1;
          const id :UInt32 = 2;
          own @0 :ID;
          kind @1 :KIND = a;
          ids @2 :List(ID) = [(value = 5)];
          hidden @3 :UInt8;
          struct ID { value @0 :Int64; const id :Text = "id"; }
        }
        enum KIND { a @0; b @1; }
        struct Box(T) {
          value @0 :T;
          const empty :Box(T) = ();
          const list :List(Box(T)) = [()];
          const full :Box(Text) = (value = "full");
        }
        interface Schemas { struct Inner { a @0 :RGB; } }
        interface Hiding { interface Hiding { struct Hiding { b @0 :Schemas.Inner; } } }
        struct Outer {
          interface Builder { struct Reader { c @0 :Text; } }
          interface Which { enum Factory { e @0; } }
          interface Nothing {}
          union { a @0 :Builder.Reader; b @1 :Which.Factory; }
        }
        """;
    CompiledSchemas schemas =
        new SchemaCompiler(List.of()).compileText("hiding.capnp", text.getBytes(UTF_8));
    Javac.compile(directory, schemas.toJava("").files(), null);
  }

  @Test
  void packagesThatJavaTakesForSomethingElseAreFound() throws IOException, SchemaException {
    String members =
        """
        const limit :Kind = b;
        enum Kind { a @0; b @1; }
        struct Box(T) { value @0 :T; own @1 :Kind = b; }
        struct Point { x @0 :Int32; }
        """;
    String imports =
        """
        using Size = import "../size/units.capnp";
        using Camera = import "../Camera/frames.capnp";
        struct Uses {
          point @0 :Point = (x = 3);
          points @1 :List(Point);
          kinds @2 :List(Kind) = [b];
          box @3 :Box(Point);
          boxes @4 :List(Box(Text));
          some :group { kind @5 :Size.Kind = b; }
          union { far @6 :Camera.Camera; far2 @7 :List(Size.Point); }
          far3 @8 :Size.Box(Camera.Camera) = (value = (x = 4));
          far4 @9 :List(Camera.Kind) = [a, b];
        }
        """;
    List<String> names =
        List.of(
            write("data/robot.capnp", "@0xb5f2c3a1d4e59075;\n" + members + imports),
            write("size/units.capnp", "@0xb5f2c3a1d4e59076;\n" + members),
            write(
                "Camera/frames.capnp",
                "@0xb5f2c3a1d4e59077;\n"
                    + members
                    + "struct Camera { x @0 :Int32; kind @1 :Kind; c @2 :Camera; }\n"));
    CompiledSchemas schemas = new SchemaCompiler(List.of()).compile(directory, names);
    Path classes = Javac.compile(directory, schemas.toJava("").files(), null);
    assertTrue(Files.exists(classes.resolve("data/Robot$Uses.class")));
  }

  @Test
  void importsMayLeadOutOfTheDirectoryThatNamesStartFrom() throws IOException, SchemaException {
    write(
        "common/units.capnp",
        """
        @0xb5f2c3a1d4e5907a;
        using import "../robot/pose.capnp".Pose;
        struct Unit { pose @0 :Pose; }
        """);
    write(
        "robot/pose.capnp",
        """
        @0xb5f2c3a1d4e5907b;
        using import "../common/units.capnp".Unit;
        struct Pose { unit @0 :Unit; words @1 :Text = embed "../common/units.capnp"; }
        """);
    CompiledSchemas schemas =
        new SchemaCompiler(List.of()).compile(directory.resolve("robot"), List.of("pose.capnp"));
    List<String> named =
        schemas.request().nodes().values().stream().map(Node::displayName).sorted().toList();
    assertEquals(
        List.of(
            "../common/units.capnp", "../common/units.capnp:Unit", "pose.capnp", "pose.capnp:Pose"),
        named);
  }

  @Test
  void aFileInNoPackageThatOneInAPackageUsesIsAnErrorWithItsPlace()
      throws IOException, SchemaException {
    write(
        "units.capnp",
        "# Units.\n  @0xb5f2c3a1d4e5907c;\nstruct Unit { a @0 :Text; }\nusing Other = Unit;\n");
    write("between.capnp", "@0xb5f2c3a1d4e5907d;\nusing import \"units.capnp\".Unit;\n");
    String user =
        """
        using Java = import "/capnp/java.capnp";
        $Java.package("some.where");
        using Between = import "between.capnp";
        struct Uses { unit @0 :Between.Unit; }
        """;
    SchemaCompiler compiler = new SchemaCompiler(List.of());
    List<String> both =
        List.of(write("robot.capnp", "@0xb5f2c3a1d4e5907e;\n" + user), "units.capnp");
    CompiledSchemas schemas = compiler.compile(directory, both);
    SchemaException e = assertThrows(SchemaException.class, () -> schemas.toJava(""));
    assertEquals(
        """
        units.capnp:2:4: a class in no package can't be named by one in a package: robot.capnp is \
        some.where.Robot and uses Units: add $Java.package, as in: using Java = import \
        "/capnp/java.capnp"; $Java.package("some.where");
          @0xb5f2c3a1d4e5907c;
           ^^^^^^^^^^^^^^^^^^""",
        e.getMessage());
    assertEquals(1, e.diagnostics().size());

    Javac.compile(directory, schemas.toJava("any.where").files(), null);
  }

  @Test
  void faultsOfNamesInJavaHaveTheirPlace() throws IOException, SchemaException {
    String text =
        """
        using Java = import "/capnp/java.capnp";
        $Java.package("no..name");
        @0xb5f2c3a1d4e5907f;
        """;
    CompiledSchemas schemas =
        new SchemaCompiler(List.of()).compileText("bad.capnp", text.getBytes(UTF_8));
    SchemaException e = assertThrows(SchemaException.class, () -> schemas.toJava(""));
    assertEquals(
        "bad.capnp:3:2: $Java.package isn't the name of a package: 'no..name'",
        e.diagnostics().get(0).summary());
  }
}
