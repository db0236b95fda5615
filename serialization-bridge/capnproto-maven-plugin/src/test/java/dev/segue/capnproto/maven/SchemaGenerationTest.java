package dev.segue.capnproto.maven;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.compiler.CompiledSchemas;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.compiler.SchemaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugin.logging.SystemStreamLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When classes are generated again, and when they aren't. */
final class SchemaGenerationTest {
  private static final String POSE =
      """
      @0xb5f2c3a1d4e59001;
      using Units = import "/units.capnp";
      const note :Text = embed "note.txt";
      struct Pose { x @0 :Float64; unit @1 :Units.Unit; }
      """;
  private static final String UNITS =
      """
      @0xb5f2c3a1d4e59002; $import "/capnp/java.capnp".package("org.example");
      enum Unit { metre @0; foot @1; }
      """;

  @TempDir private Path directory;

  @BeforeEach
  void aSchemaThatImportsAndEmbeds() throws IOException {
    write("schemas/org/example/pose.capnp", POSE);
    write("schemas/org/example/note.txt", "one");
    write("shared/units.capnp", UNITS);
    Files.createDirectories(directory.resolve("first"));
  }

  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private SchemaGeneration generation(String defaultPackage) {
    Path schemas = directory.resolve("schemas");
    return new SchemaGeneration(
        schemas,
        List.of(schemas, directory.resolve("first"), directory.resolve("shared")),
        List.of("capnp/**"),
        defaultPackage,
        directory.resolve("out"),
        directory.resolve("state/stamp"),
        "1");
  }

  private boolean isCurrent() throws IOException, SchemaException {
    return generation("").run().isCurrent();
  }

  private Path pose() {
    return directory.resolve("out/org/example/PoseSchema.java");
  }

  @Test
  void aSecondRunHasNothingToDo() throws Exception {
    assertFalse(isCurrent());
    assertTrue(Files.isRegularFile(pose()), () -> "no " + pose());
    assertTrue(isCurrent());
  }

  @Test
  void aChangeOfASchemaOfAnImportOfAnEmbeddedFileOrOfAnOptionIsSeen() throws Exception {
    assertFalse(isCurrent());
    write("schemas/org/example/pose.capnp", POSE.replace("x @0", "y @0"));
    assertFalse(isCurrent());
    write("shared/units.capnp", UNITS.replace("foot", "inch"));
    assertFalse(isCurrent());
    write("schemas/org/example/note.txt", "two");
    assertFalse(isCurrent());
    assertFalse(generation("org.other").run().isCurrent());
    assertTrue(generation("org.other").run().isCurrent());
  }

  @Test
  void anImportThatAnEarlierDirectoryHasNowIsSeen() throws Exception {
    assertFalse(isCurrent());
    write("first/units.capnp", UNITS.replace("foot", "inch"));
    assertFalse(isCurrent());
    assertTrue(isCurrent());
  }

  @Test
  void aGeneratedClassThatWasEditedOrDeletedIsGeneratedAgain() throws Exception {
    assertFalse(isCurrent());
    String text = Files.readString(pose());
    Files.writeString(pose(), text + "// edited\n");
    assertFalse(isCurrent());
    assertEquals(text, Files.readString(pose()));
    Files.delete(pose());
    assertFalse(isCurrent());
    assertEquals(text, Files.readString(pose()));
  }

  @Test
  void theClassOfASchemaThatIsGoneGoes() throws Exception {
    write("schemas/org/example/other.capnp", "@0xb5f2c3a1d4e59003;\nstruct Thing {}\n");
    assertFalse(isCurrent());
    Path other = directory.resolve("out/org/example/Other.java");
    assertTrue(Files.exists(other));
    Files.delete(directory.resolve("schemas/org/example/other.capnp"));
    assertFalse(isCurrent());
    assertFalse(Files.exists(other));
    assertTrue(Files.exists(pose()));
  }

  @Test
  void theClassOfASchemaThatIsGoneGoesAlsoAfterAnErrorInBetween() throws Exception {
    write("schemas/org/example/other.capnp", "@0xb5f2c3a1d4e59003;\nstruct Thing {}\n");
    assertFalse(isCurrent());
    Files.delete(directory.resolve("schemas/org/example/other.capnp"));
    write("schemas/org/example/pose.capnp", POSE.replace("Float64", "Missing"));
    assertThrows(SchemaException.class, this::isCurrent);
    assertThrows(SchemaException.class, this::isCurrent);
    write("schemas/org/example/pose.capnp", POSE);
    assertFalse(isCurrent());
    assertFalse(Files.exists(directory.resolve("out/org/example/Other.java")));
  }

  @Test
  void aBuildThatEndedWhileItWroteLeavesNoClassBehind() throws Exception {
    write("schemas/org/example/other.capnp", "@0xb5f2c3a1d4e59003;\nstruct Thing {}\n");
    assertFalse(isCurrent());
    Path first = write("schemas/org/example/aaa.capnp", "@0xb5f2c3a1d4e59004;\nstruct A {}\n");
    Path last = write("schemas/org/example/zzz.capnp", "@0xb5f2c3a1d4e59005;\nstruct Z {}\n");
    Files.delete(directory.resolve("schemas/org/example/other.capnp"));
    // As a kill does, this ends it between two classes, and nothing is put in order behind it.
    Path inTheWay = Files.createDirectories(directory.resolve("out/org/example/Zzz.java"));
    assertThrows(IOException.class, this::isCurrent);
    assertTrue(Files.exists(directory.resolve("out/org/example/Aaa.java")));
    Files.delete(inTheWay);
    Files.delete(first);
    Files.delete(last);
    assertFalse(isCurrent());
    assertFalse(Files.exists(directory.resolve("out/org/example/Aaa.java")));
    assertFalse(Files.exists(directory.resolve("out/org/example/Other.java")));
    assertTrue(Files.exists(pose()));
    assertTrue(isCurrent());
  }

  @Test
  void aSchemaThatChangesAfterItWasReadIsSeen() throws Exception {
    SchemaGeneration generation = generation("");
    CompiledSchemas compiled =
        new SchemaCompiler(generation.importPath())
            .compile(generation.schemas(), List.of("org/example/pose.capnp"));
    List<String> options = List.of("any");
    assertTrue(Stamp.of(options, compiled.lookedAt(), List.of()).isCurrent(options));
    write("schemas/org/example/pose.capnp", POSE.replace("x @0", "y @0"));
    assertFalse(Stamp.of(options, compiled.lookedAt(), List.of()).isCurrent(options));
  }

  /** As where case doesn't matter and a schema's name changes in nothing else. */
  @Test
  void aClassWhoseFileIsThatOfOneThatIsGoneStays() throws Exception {
    assertFalse(isCurrent());
    Files.move(directory.resolve("schemas/org/example"), directory.resolve("schemas/org/renamed"));
    Files.createSymbolicLink(
        directory.resolve("out/org/renamed"), directory.resolve("out/org/example"));
    assertFalse(isCurrent());
    Path renamed = directory.resolve("out/org/renamed/PoseSchema.java");
    assertTrue(Files.isRegularFile(renamed), () -> "no " + renamed);
    assertTrue(isCurrent());
  }

  @Test
  void anErrorInAnImportNamesTheFileWhereItLies() throws Exception {
    Path units = write("shared/units.capnp", UNITS.replace("@1", "@2"));
    SchemaException fault = assertThrows(SchemaException.class, this::isCurrent);
    MojoFailureException failure =
        SchemaErrors.report(fault, generation("").importPath(), new SystemStreamLog());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(units.toAbsolutePath() + ":[2,"), message);
  }

  @Test
  void withoutSchemasNothingHappens() throws Exception {
    SchemaGeneration generation =
        new SchemaGeneration(
            directory.resolve("none"),
            List.of(),
            List.of(),
            "",
            directory.resolve("out"),
            directory.resolve("state/none"),
            "1");
    assertEquals(0, generation.run().schemaCount());
    assertFalse(Files.exists(directory.resolve("out")));
  }
}
