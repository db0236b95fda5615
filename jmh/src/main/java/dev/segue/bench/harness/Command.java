package dev.segue.bench.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a command said until its end.
 *
 * @param text standard output, and standard error with it
 * @param exitCode 0 for success; of one that was ended as it took too long another one
 */
public record Command(String text, int exitCode) {
  /** Runs a command, and ends it with all that it started if it takes longer than the timeout. */
  public static Command run(Duration timeout, ProcessBuilder builder)
      throws IOException, InterruptedException {
    Process process = Leftovers.start(builder);
    try {
      // Reading ends with the process.
      var watchdog = CompletableFuture.delayedExecutor(timeout.toNanos(), TimeUnit.NANOSECONDS);
      var hanging = CompletableFuture.runAsync(() -> Leftovers.end(process), watchdog);
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exitCode = process.waitFor();
      boolean isInTime = hanging.cancel(false);
      return new Command(text, isInTime ? exitCode : Math.max(1, exitCode));
    } finally {
      Leftovers.end(process);
    }
  }

  /** Runs a command whose errors are a part of what it says. */
  public static Command run(Duration timeout, String... command)
      throws IOException, InterruptedException {
    return run(timeout, new ProcessBuilder(command).redirectErrorStream(true));
  }
}
