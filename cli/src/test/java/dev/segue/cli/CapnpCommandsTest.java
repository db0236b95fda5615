package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code segue capnp …}. */
final class CapnpCommandsTest {
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59001;
      using Java = import "/capnp/java.capnp";
      $Java.package("some.where");
      $Java.outerClassname("Poses");
      struct Pose { x @0 :Float64; y @1 :Float64; name @2 :Text; }
      """;

  @TempDir private Path directory;

  private String write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Test
  void aSchemaBecomesAClassInItsPackage() throws IOException {
    String schema = write("pose.capnp", SCHEMA);
    CommandRun run = CommandRun.of("capnp", "compile", "-o", directory.toString(), schema);
    assertEquals(0, run.status(), run.err());
    String java = Files.readString(directory.resolve("some/where/Poses.java"));
    assertTrue(java.contains("public final double getX() {"), java);
  }

  @Test
  void aRequestIsWrittenForPluginsOfOtherLanguages() throws IOException {
    String schema = write("pose.capnp", SCHEMA);
    Path request = directory.resolve("request");
    CommandRun run = CommandRun.of("capnp", "compile", "--request", request.toString(), schema);
    assertEquals(0, run.status(), run.err());
    assertTrue(Files.size(request) > 500);
    assertFalse(Files.exists(directory.resolve("some")));
  }

  @Test
  void anErrorIsShownWithItsLineAndACaret() throws IOException {
    String schema = write("wrong.capnp", SCHEMA + "struct Bad { a @0 :Missing; }\n");
    CommandRun run =
        CommandRun.of("capnp", "compile", "--src-prefix", directory.toString(), schema);
    assertEquals(1, run.status());
    assertEquals(
        """
        wrong.capnp:6:20: not defined: Missing
        struct Bad { a @0 :Missing; }
                           ^^^^^^^
        """,
        run.err().replace(System.lineSeparator(), "\n"));
  }

  @Test
  void anIdIsNewEachTime() {
    String first = CommandRun.of("capnp", "id").out().strip();
    assertTrue(first.matches("@0x[89a-f][0-9a-f]{15}"), first);
    assertFalse(first.equals(CommandRun.of("capnp", "id").out().strip()));
  }

  @Test
  void aSchemaIsFormattedWhereItLies() throws IOException {
    String schema =
        write("pose.capnp", SCHEMA.replace("struct Pose { ", "struct Pose {\nx1 @3 :Text; # c\n"));
    assertEquals(1, CommandRun.of("capnp", "format", "--check", schema).status());
    assertEquals(0, CommandRun.of("capnp", "format", schema).status());
    assertEquals(0, CommandRun.of("capnp", "format", "--check", schema).status());
    assertTrue(Files.readString(Path.of(schema)).contains("struct Pose {\n  x1 @3 :Text; # c\n"));
  }

  @Test
  void aFormattedSchemaIsANewFileWithTheModeOfTheOldOneBehindTheSameLink() throws IOException {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Path schema = folder.resolve("pose.capnp");
    String text = SCHEMA.replace("struct Pose { ", "struct Pose {\nx1 @3 :Text; # c\n");
    Files.writeString(schema, text);
    Path link = Files.createSymbolicLink(directory.resolve("link.capnp"), schema);
    Path old = Files.createLink(directory.resolve("old.capnp"), schema);
    Set<PosixFilePermission> mode = PosixFilePermissions.fromString("rw-r-x---");
    Files.setPosixFilePermissions(schema, mode);
    assertEquals(0, CommandRun.of("capnp", "format", link.toString()).status());
    // Not written in place: a process that is killed can't leave half of it.
    assertEquals(text, Files.readString(old));
    assertTrue(Files.readString(schema).contains("struct Pose {\n  x1 @3 :Text; # c\n"));
    assertEquals(schema, Files.readSymbolicLink(link));
    assertEquals(mode, Files.getPosixFilePermissions(schema));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(schema), files.toList());
    }
  }

  @Test
  void aChangeThatBreaksMessagesIsNamed() throws IOException {
    String old = write("old.capnp", SCHEMA);
    String grown = write("grown.capnp", SCHEMA.replace("@2 :Text;", "@2 :Text; z @3 :Float64;"));
    CommandRun compatible = CommandRun.of("capnp", "check", old, grown);
    assertEquals(0, compatible.status(), compatible.out() + compatible.err());
    String broken = write("broken.capnp", SCHEMA.replace("y @1 :Float64", "y @1 :Float32"));
    CommandRun incompatible = CommandRun.of("capnp", "check", old, broken);
    assertEquals(1, incompatible.status());
    assertTrue(incompatible.out().contains("Pose.y @1: is of another type"), incompatible.out());
  }

  @Test
  void aCommandIsNeeded() {
    assertEquals(2, CommandRun.of("capnp").status());
  }
}
