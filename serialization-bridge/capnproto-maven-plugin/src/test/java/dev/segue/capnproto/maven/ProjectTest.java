package dev.segue.capnproto.maven;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A project with the plugin, built by Maven as a user would, on the JDK that Maven runs on. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class ProjectTest {
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59001;
      using Java = import "/capnp/java.capnp";
      $Java.package("org.example");
      $Java.outerClassname("Poses");
      struct Pose { x @0 :Float64; name @1 :Text; }
      """;

  @TempDir private Path directory;

  /** Links to what the user's local repository has. */
  private final List<Path> links = new ArrayList<>();

  /** How Maven ended and what it printed. */
  private record Build(int status, String output) {}

  @BeforeEach
  void aProject() throws IOException {
    Assumptions.assumeTrue(
        System.getProperty("segue.test.maven") != null,
        "Maven runs it when the plugin has its jar");
    write("src/main/capnp/pose.capnp", SCHEMA);
    write(
        "src/main/java/org/example/Main.java",
        """
        package org.example;

        final class Main {
          double x(Poses.Pose.Reader pose) {
            return pose.getX();
          }
        }
        """);
    write(
        "pom.xml",
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>org.example</groupId>
          <artifactId>robot</artifactId>
          <version>1</version>
          <properties>
            <maven.compiler.release>17</maven.compiler.release>
            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
          </properties>
          <dependencies>
            <dependency>
              <groupId>org.capnproto</groupId>
              <artifactId>runtime</artifactId>
              <version>RUNTIME</version>
            </dependency>
          </dependencies>
          <build>
            <plugins>
              <plugin>
                <groupId>org.apache.maven.plugins</groupId>
                <artifactId>maven-resources-plugin</artifactId>
                <version>RESOURCES</version>
              </plugin>
              <plugin>
                <groupId>org.apache.maven.plugins</groupId>
                <artifactId>maven-compiler-plugin</artifactId>
                <version>COMPILER</version>
              </plugin>
              <plugin>
                <groupId>dev.segue</groupId>
                <artifactId>segue-capnproto-maven-plugin</artifactId>
                <version>VERSION</version>
                <executions>
                  <execution>
                    <goals>
                      <goal>compile</goal>
                    </goals>
                  </execution>
                </executions>
              </plugin>
            </plugins>
          </build>
        </project>
        """
            .replace("RUNTIME", property("runtime"))
            .replace("RESOURCES", property("resources"))
            .replace("COMPILER", property("compiler"))
            .replace("VERSION", property("version")));
    stage();
  }

  @AfterEach
  void noLinks() throws IOException {
    for (Path link : links) {
      Files.delete(link);
    }
  }

  /** The one that Maven runs on; where that has no compiler, the one that this test runs on. */
  private static String jdk() {
    String jdk = property("jdk");
    return Files.exists(Path.of(jdk, "bin", "javac")) ? jdk : System.getProperty("java.home");
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty("segue.test." + name), name);
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** A local repository with all that the user's has, and with what this build made. */
  private void stage() throws IOException {
    Path theirs = Path.of(property("repository"));
    Path ours = Files.createDirectories(directory.resolve("repository"));
    link(theirs, ours, "dev");
    link(theirs.resolve("dev"), Files.createDirectories(ours.resolve("dev")), "segue");
    Path bridge = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
    Path root = Objects.requireNonNull(bridge.getParent());
    place(root, "segue", false);
    place(root.resolve("bom"), "segue-bom", false);
    place(bridge.resolve("capnproto-compiler"), "segue-capnproto-compiler", true);
    place(bridge.resolve("capnproto-maven-plugin"), "segue-capnproto-maven-plugin", true);
  }

  private void link(Path from, Path to, String except) throws IOException {
    if (!Files.isDirectory(from)) {
      return;
    }
    try (Stream<Path> entries = Files.list(from)) {
      for (Path entry : entries.filter(Files::isDirectory).toList()) {
        if (!entry.endsWith(except)) {
          links.add(
              Files.createSymbolicLink(to.resolve(entry.getFileName()), entry.toAbsolutePath()));
        }
      }
    }
  }

  private void place(Path module, String artifact, boolean isJar) throws IOException {
    String version = property("version");
    Path to = directory.resolve("repository/dev/segue").resolve(artifact).resolve(version);
    String name = artifact + "-" + version;
    Files.createDirectories(to);
    Files.copy(module.resolve("pom.xml"), to.resolve(name + ".pom"));
    if (isJar) {
      Files.copy(module.resolve("target").resolve(name + ".jar"), to.resolve(name + ".jar"));
    }
  }

  private Build maven(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(property("maven"), "bin", "mvn").toString());
    command.addAll(List.of("-o", "-B", "-Dstyle.color=never"));
    command.add("-Dmaven.repo.local=" + directory.resolve("repository"));
    // From which mirror a file came doesn't matter.
    command.add("-Dmaven.legacyLocalRepo=true");
    command.addAll(List.of(arguments));
    Path output = directory.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", jdk());
    environment.remove("MAVEN_OPTS");
    environment.remove("MAVEN_ARGS");
    Process process =
        builder
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(5, TimeUnit.MINUTES), () -> "no end: " + command);
    } finally {
      process.destroyForcibly();
    }
    return new Build(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  @Test
  void aSchemaBecomesClassesOnceAndErrorsNameTheirPlace() throws Exception {
    Build first = maven("compile");
    assertEquals(0, first.status(), first.output());
    assertTrue(first.output().contains("1 schema compiled to "), first.output());
    assertTrue(Files.exists(directory.resolve("target/classes/org/example/Poses$Pose.class")));
    assertTrue(Files.exists(directory.resolve("target/classes/org/example/Main.class")));
    Path generated = directory.resolve("target/generated-sources/capnp/org/example/Poses.java");
    var time = Files.getLastModifiedTime(generated);

    Build second = maven("compile");
    assertEquals(0, second.status(), second.output());
    assertTrue(second.output().contains("1 schema, up to date"), second.output());
    assertEquals(time, Files.getLastModifiedTime(generated));

    write("src/main/capnp/pose.capnp", SCHEMA.replace("Float64", "Missing"));
    Build wrong = maven("compile");
    assertFalse(wrong.status() == 0, wrong.output());
    Path schema = directory.resolve("src/main/capnp/pose.capnp");
    String place = "[ERROR] " + schema + ":[5,21] not defined: Missing";
    assertTrue(wrong.output().contains(place), wrong.output());
  }

  @Test
  void aChangeThatBreaksMessagesFailsTheBuild() throws Exception {
    write("old/pose.capnp", SCHEMA);
    write(
        "src/main/capnp/pose.capnp",
        SCHEMA.replace("name @1 :Text;", "name @1 :Text; y @2 :Bool;"));
    String goal = "dev.segue:segue-capnproto-maven-plugin:" + property("version") + ":check";
    String earlier = "-Dsegue.capnproto.earlier=" + directory.resolve("old");
    Build compatible = maven(goal, earlier);
    assertEquals(0, compatible.status(), compatible.output());

    write("src/main/capnp/pose.capnp", SCHEMA.replace("Float64", "Float32"));
    Build broken = maven(goal, earlier);
    assertFalse(broken.status() == 0, broken.output());
    assertTrue(broken.output().contains("Pose.x @0: is of another type"), broken.output());
  }
}
