package dev.segue.interop.mcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.cli.Main;
import dev.segue.testkit.ChildProcess;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code segue} command that ran as a process of its own. */
record SegueRun(int status, String out, String err) {
  private static final long TIMEOUT_SECONDS = 120;

  static SegueRun of(String... arguments) throws Exception {
    List<String> command = ChildProcess.java(Main.class, arguments);
    File err = File.createTempFile("segue", ".err");
    try {
      Process process = new ProcessBuilder(command).redirectError(err).start();
      String out = String.join("\n", process.inputReader(StandardCharsets.UTF_8).lines().toList());
      assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS));
      return new SegueRun(
          process.exitValue(), out, Files.readString(err.toPath(), StandardCharsets.UTF_8));
    } finally {
      Files.delete(err.toPath());
    }
  }

  /** Runs a command that must succeed, and print one JSON object. */
  static SegueRun done(String... arguments) throws Exception {
    SegueRun run = of(arguments);
    assertEquals(0, run.status, run::toString);
    return run;
  }
}
