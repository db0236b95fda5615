package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.compiler.JavaFile;
import dev.segue.capnproto.compiler.SchemaCompiler;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The schema of a generated class whose file imports others. */
@Timeout(120)
final class GeneratedImportsTest {
  private static final String ROBOT =
      """
      @0xb5f2c3a1d4e59061;
      using Pose = import "pose.capnp".Pose;
      using Mode = import "mode.capnp".Mode;
      struct Robot {
        at @0 :Pose;
        way @1 :List(Pose);
        group :group { mode @2 :Mode; }
        kept @3 :Kept(Pose);
      }
      struct Kept(T) { value @0 :T; }
      """;
  private static final String POSE =
      """
      @0xb5f2c3a1d4e59062;
      using Robot = import "robot.capnp".Robot;
      struct Pose { x @0 :Float64; of @1 :Owner; back @2 :Robot; }
      struct Owner { name @0 :Text; }
      """;
  private static final String MODE =
      """
      @0xb5f2c3a1d4e59063;
      enum Mode { off @0; on @1; }
      struct Robot { other @0 :Text; }
      """;

  @TempDir private Path directory;
  private Path classes = Path.of("");

  @BeforeEach
  void compile() throws Exception {
    Files.writeString(directory.resolve("robot.capnp"), ROBOT);
    Files.writeString(directory.resolve("pose.capnp"), POSE);
    Files.writeString(directory.resolve("mode.capnp"), MODE);
    List<Path> sources = new ArrayList<>();
    for (JavaFile file :
        new SchemaCompiler(List.of())
            .compile(directory, List.of("robot.capnp", "pose.capnp", "mode.capnp"))
            .toJava("robot")
            .files()) {
      Path source = directory.resolve("src").resolve(file.path());
      Files.createDirectories(source.getParent());
      sources.add(Files.writeString(source, file.text()));
    }
    classes = Files.createDirectories(directory.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      List<String> options =
          List.of(
              "-d",
              classes.toString(),
              "-proc:none",
              "-classpath",
              System.getProperty("java.class.path"));
      assertEquals(
          true,
          compiler
              .getTask(
                  null, manager, null, options, null, manager.getJavaFileObjectsFromPaths(sources))
              .call());
    }
  }

  private MessageType type(String name) throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, GeneratedImportsTest.class.getClassLoader())) {
      return MessageSchemas.ofGenerated(loader.loadClass(name));
    }
  }

  private static String again(MessageType type, String json) throws CapnProtoException {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        MessageView view = MessageView.of(SegmentedBytes.copyOf(type.fromJson(json)), pool)) {
      return type.toText(view, MessageFormat.json());
    }
  }

  @Test
  void fieldsOfImportedTypesAreRead() throws Exception {
    MessageType robot = type("robot.RobotSchema$Robot");
    assertEquals("robot.capnp:Robot", robot.name());
    String json =
        "{\"at\":{\"x\":1.5,\"of\":{\"name\":\"us\"}},\"way\":[{\"x\":2}],"
            + "\"group\":{\"mode\":\"on\"},\"kept\":{\"value\":{\"x\":3}}}";
    assertEquals(json, again(robot, json));
    // Whoever gets the schema as a message reads the same.
    MessageSchemas carried = MessageSchemas.fromRequest(robot.schemas().toRequest());
    assertEquals(json, again(carried.find(robot.id()).orElseThrow(), json));
  }

  @Test
  void aStructOfAnImportedFileWithTheSameNameIsNotMistakenForTheOwnOne() throws Exception {
    assertEquals("mode.capnp:Robot", type("robot.ModeSchema$Robot").name());
    assertEquals("pose.capnp:Pose", type("robot.PoseSchema$Pose").name());
  }

  @Test
  void whatIsNotThereIsMissingAlone() throws Exception {
    try (Stream<Path> all = Files.list(classes.resolve("robot"))) {
      for (Path file : all.filter(f -> f.getFileName().toString().startsWith("Mode")).toList()) {
        Files.delete(file);
      }
    }
    MessageType owner = type("robot.PoseSchema$Owner");
    assertEquals("{\"name\":\"me\"}", again(owner, "{\"name\":\"me\"}"));
    MessageType robot = type("robot.RobotSchema$Robot");
    assertThrows(CapnProtoException.class, () -> again(robot, "{}"));
  }
}
