package dev.segue.cli;

import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.Peers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The {@code segue} command as a process of its own, with this class path.
 *
 * <p>Owner: the test. Lifetime: until {@link #close()}, which kills it. Threads: one.
 */
public final class SegueProcess implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 100;

  private final Process process;
  private final Path out;
  private final Path err;

  private SegueProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts a command line; what it writes and what it notes goes below {@code folder}. */
  public static SegueProcess start(Path folder, String... arguments) throws IOException {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder =
        builder(folder, arguments).redirectOutput(out.toFile()).redirectError(err.toFile());
    return new SegueProcess(builder.start(), out, err);
  }

  /** The process not yet started, with its credentials and a place for its journals. */
  public static ProcessBuilder builder(Path folder, String... arguments) {
    ProcessBuilder builder = new ProcessBuilder(ChildProcess.java(Main.class, arguments));
    builder.environment().put("AWS_ACCESS_KEY_ID", "test");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "testtest");
    builder.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
    return builder;
  }

  public OutputStream input() {
    return process.getOutputStream();
  }

  public String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  public byte[] outBytes() throws IOException {
    return Files.readAllBytes(out);
  }

  public String err() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8);
  }

  /** As Ctrl-C does. */
  public void interrupt() throws IOException, InterruptedException {
    Peers.run("kill", "-INT", Long.toString(process.pid()));
  }

  /** Ends it with no warning. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  public int await() throws IOException, InterruptedException {
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the process still runs: " + out() + err());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
