package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests from and to the programs of Cap'n Proto itself. */
final class CapnpPluginTest {
  private static final Path ROOT = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
  private static final Path SCHEMAS = ROOT.resolve("serialization-bridge/capnproto/src/main/capnp");
  private static final String CLASS = "dev/segue/capnproto/schema/Frames.java";

  @TempDir private Path directory;

  @BeforeEach
  void aSchemaAndItsImport() throws IOException, InterruptedException {
    assumeInstalled();
    Files.createDirectories(directory.resolve("capnp"));
    for (String name : List.of("frames.capnp", "capnp/java.capnp")) {
      Files.copy(SCHEMAS.resolve(name), directory.resolve(name));
    }
  }

  /** Skips the test where the compiler isn't installed; fails instead where CI is set. */
  private void assumeInstalled() throws InterruptedException {
    boolean installed;
    try {
      run(List.of("capnp", "--version"), "", null);
      installed = true;
    } catch (IOException e) {
      installed = false;
    }
    assertTrue(installed || System.getenv("CI") == null, "capnp isn't installed");
    Assumptions.assumeTrue(installed, "capnp isn't installed");
  }

  /** Runs a program in the directory, which must end well; returns what it printed. */
  private String run(List<String> command, String searchPath, @Nullable Path input)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", "");
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    // The programs print a warning if it names another directory.
    builder.environment().put("PWD", directory.toRealPath().toString());
    if (!searchPath.isEmpty()) {
      builder.environment().merge("PATH", searchPath, (path, first) -> first + ":" + path);
    }
    if (input != null) {
      builder.redirectInput(input.toFile());
    }
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertTrue(process.waitFor(100, TimeUnit.SECONDS), () -> "no end: " + command);
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(output);
    assertEquals(0, process.exitValue(), text);
    return text;
  }

  private void compile(String... arguments) {
    List<String> all = new ArrayList<>(List.of("capnp", "compile"));
    all.addAll(List.of("--src-prefix", directory.toString(), "-I", directory.toString()));
    all.addAll(List.of(arguments));
    all.add(directory.resolve("frames.capnp").toString());
    CommandRun run = CommandRun.of(all.toArray(new String[0]));
    assertEquals(0, run.status(), run.err());
  }

  @Test
  void theCppCompilerCallsTheLauncherAsItsPlugin() throws Exception {
    compile("-o", directory.resolve("ours").toString());
    // The launcher itself, and in place of the `segue` beside it, which may build first, this
    // build.
    Path tools = Files.createDirectories(directory.resolve("tools"));
    Files.copy(ROOT.resolve("tools/capnpc-segue"), tools.resolve("capnpc-segue"));
    assertTrue(tools.resolve("capnpc-segue").toFile().setExecutable(true));
    Path segue =
        Files.writeString(
            directory.resolve("segue"),
            "#!/bin/sh\nexec '"
                + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -cp '"
                + System.getProperty("java.class.path")
                + "' dev.segue.cli.Main \"$@\"\n");
    assertTrue(segue.toFile().setExecutable(true));
    Files.createDirectories(directory.resolve("theirs"));
    run(
        List.of("capnp", "compile", "-I.", "-osegue:theirs", "frames.capnp"),
        tools.toString(),
        null);
    assertEquals(
        Files.readString(directory.resolve("ours").resolve(CLASS)),
        Files.readString(directory.resolve("theirs").resolve(CLASS)));
  }

  @Test
  void pluginsOfOtherLanguagesMakeOfOurRequestWhatTheyMakeOfTheirs() throws Exception {
    Path request = directory.resolve("request");
    compile("--request", request.toString());
    assertEquals(
        run(List.of("capnp", "compile", "-I.", "-ocapnp", "frames.capnp"), "", null),
        run(List.of("capnpc-capnp"), "", request));

    Path theirs = Files.createDirectories(directory.resolve("theirs"));
    run(List.of("capnp", "compile", "-I.", "-oc++:theirs", "frames.capnp"), "", null);
    run(List.of("capnpc-c++"), "", request);
    try (Stream<Path> files = Files.list(theirs)) {
      List<Path> written = files.toList();
      assertEquals(2, written.size(), written::toString);
      for (Path file : written) {
        Path ours = directory.resolve(file.getFileName());
        assertEquals(withoutTags(file), withoutTags(ours), ours.toString());
      }
    }
  }

  /**
   * An empty list of structs may name their size or not: the encoded schema in C++ code shows it.
   */
  private static String withoutTags(Path file) throws IOException {
    return Files.readString(file)
        .replace("0,   0,   0,   0,   1,   0,   1,   0,", "0,   0,   0,   0,   0,   0,   0,   0,");
  }
}
