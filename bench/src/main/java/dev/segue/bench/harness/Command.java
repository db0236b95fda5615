package dev.segue.bench.harness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The output of a command that has ended.
 *
 * @param text standard output, and standard error with it
 * @param exitCode 0 for success; of one that was ended as it took too long another one
 */
public record Command(String text, int exitCode) {
  private static final Duration LAST_LINES = Duration.ofSeconds(5);

  /**
   * Runs a command, and ends it with all that it started if it takes longer than the timeout. What
   * it leaves running may hold its output open; nobody waits for that.
   */
  public static Command run(Duration timeout, ProcessBuilder builder)
      throws IOException, InterruptedException {
    Process process = Leftovers.start(builder);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .name("output")
            .start(() -> read(process.getInputStream(), said));
    try {
      boolean isInTime = process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
      Leftovers.end(process);
      reader.join(LAST_LINES);
      int exitCode = process.isAlive() ? 1 : process.waitFor();
      return new Command(
          said.toString(StandardCharsets.UTF_8), isInTime ? exitCode : Math.max(1, exitCode));
    } finally {
      Leftovers.end(process);
    }
  }

  private static void read(InputStream output, ByteArrayOutputStream said) {
    try (output) {
      output.transferTo(said);
    } catch (IOException e) {
      said.writeBytes(("(output lost: " + e.getMessage() + ")").getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Runs a command whose errors are a part of what it says. */
  public static Command run(Duration timeout, String... command)
      throws IOException, InterruptedException {
    return run(timeout, new ProcessBuilder(command).redirectErrorStream(true));
  }
}
