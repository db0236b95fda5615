package dev.segue.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of others that tests run against, where they are installed. */
public final class Peers {
  private static final long TIMEOUT_SECONDS = 120;

  private Peers() {}

  /** Skips the test where python3 lacks one of the packages (comma-separated); on CI it fails. */
  public static void assumePython(String packages) throws InterruptedException {
    assumePython("python3", packages);
  }

  /** Does the same for the Python of this name or path. */
  public static void assumePython(String python, String packages) throws InterruptedException {
    assumeRuns(
        python + " lacks one of " + packages + " (see .ci/requirements.txt)",
        python,
        "-c",
        "import " + packages);
  }

  /** Skips the test where a command fails; on CI it fails. */
  public static void assumeRuns(String missing, String... command) throws InterruptedException {
    boolean runs = runs(command);
    if (!runs && System.getenv("CI") != null) {
      fail(missing);
    }
    if (!runs) {
      System.out.println("Skipped: " + missing);
    }
    assumeTrue(runs, missing);
  }

  /** Returns whether a command ends well within two minutes. */
  public static boolean runs(String... command) throws InterruptedException {
    try {
      Process check =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = check.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        check.destroyForcibly();
      }
      return ended && check.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs a script of {@code src/test/python}, which must succeed; returns the lines it prints. */
  public static List<String> python(String script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("python3", Path.of("src", "test", "python", script).toString()));
    command.addAll(List.of(arguments));
    return lines(command);
  }

  /** Runs a command, which must succeed; returns what it prints, both outputs as one. */
  public static String run(String... command) throws IOException, InterruptedException {
    return run(List.of(command));
  }

  /** Runs a command, which must succeed; returns what it prints, both outputs as one. */
  public static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), command::toString);
      assertEquals(0, process.exitValue(), () -> command + ": " + output);
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Runs a command, which must succeed; returns the lines it prints. */
  public static List<String> lines(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    Process process = builder.start();
    try {
      List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
      assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), command::toString);
      assertEquals(0, process.exitValue(), lines::toString);
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }
}
