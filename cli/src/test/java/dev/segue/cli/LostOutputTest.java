package dev.segue.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing is done whose result did not arrive. */
@Timeout(180)
class LostOutputTest {
  private static final Path FULL = Path.of("/dev/full");

  @TempDir private Path directory;

  private int status(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.redirectError(error().toFile()).start();
    try {
      process.getOutputStream().close();
      assertTrue(process.waitFor(100, TimeUnit.SECONDS));
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private Path error() {
    return directory.resolve("error");
  }

  private Path schema() throws IOException {
    return Files.writeString(
        directory.resolve("pose.capnp"), "@0xb5f2c3a1d4e59081;\nstruct Pose {}\n");
  }

  private void assertFails(String command, String... line) throws Exception {
    assumeTrue(Files.exists(FULL), "no " + FULL);
    ProcessBuilder builder = SegueProcess.builder(directory, line).redirectOutput(FULL.toFile());
    assertEquals(1, status(builder), Files.readString(error()));
    assertEquals(
        command + ": standard output: No space left on device\n", Files.readString(error()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"capnp id", "completion bash"})
  void aFullDiskIsAFault(String line) throws Exception {
    List<String> words = List.of(line.split(" ", -1));
    assertFails(
        line.startsWith("capnp") ? "segue capnp id" : "segue completion",
        words.toArray(String[]::new));
  }

  @Test
  void aRequestThatDidNotArriveIsAFault() throws Exception {
    assertFails("segue capnp compile", "capnp", "compile", "--request", "-", schema().toString());
  }

  @Test
  void samplesThatDidNotArriveAreAFault() throws Exception {
    // It prints before it joins the network.
    assertFails("segue doctor", "doctor", "--no-scouting", "--seconds", "0.1");
  }

  @Test
  void whoeverReadTheOutputHasGoneIs141() throws Exception {
    Path request = directory.resolve("request");
    CommandRun run =
        CommandRun.of("capnp", "compile", "--request", request.toString(), schema().toString());
    assertEquals(0, run.status(), run::toString);
    Process process =
        SegueProcess.builder(directory, "capnp", "compile", "--request", "-")
            .redirectError(error().toFile())
            .start();
    try {
      process.getInputStream().close();
      // It prints what it has read, so the reader has gone before.
      try (OutputStream input = process.getOutputStream()) {
        input.write(Files.readAllBytes(request));
      }
      assertTrue(process.waitFor(100, TimeUnit.SECONDS));
      assertEquals(141, process.exitValue(), Files.readString(error()));
      assertEquals("", Files.readString(error()));
    } finally {
      process.destroyForcibly();
    }
  }
}
