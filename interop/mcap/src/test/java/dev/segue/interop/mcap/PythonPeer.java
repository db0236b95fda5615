package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs that know MCAP, and say what they see line by line. */
final class PythonPeer {
  private static final long TIMEOUT_SECONDS = 120;

  private PythonPeer() {}

  /** Runs a script of {@code src/test/python}; returns what it printed. */
  static List<String> run(String script, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("python3", Path.of("src", "test", "python", script).toString()));
    command.addAll(List.of(arguments));
    return lines(command);
  }

  /** Runs a command that must succeed; returns what it printed. */
  static List<String> lines(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    Process process = builder.start();
    List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), lines::toString);
    return lines;
  }
}
