package dev.segue.cli.video;

import dev.segue.cli.CommandFailedException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process of ffmpeg, whose output is read from its pipe straight into native memory.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which ends the process. Threads: one.
 */
public final class Ffmpeg implements AutoCloseable {
  /**
   * Becomes the command behind it at a line of its standard input. One that ended before its pipe
   * is opened below would have taken its output with it.
   */
  private static final List<String> HOLD = List.of("sh", "-c", "read -r line && exec \"$@\"", "sh");

  private final Process process;
  private final ReadableByteChannel pipe;
  private final Thread errorReader;
  private volatile String lastError = "";

  private Ffmpeg(Process process, boolean isHeld) throws IOException {
    this.process = process;
    this.errorReader = Thread.ofPlatform().daemon().name("segue-ffmpeg").start(this::readErrors);
    try {
      this.pipe = isHeld ? open(process) : Channels.newChannel(process.getInputStream());
    } catch (IOException e) {
      process.destroy();
      throw e;
    }
  }

  /**
   * Starts ffmpeg, which writes to its standard output and says nothing but errors.
   *
   * @param arguments what it reads and how it writes it; {@code pipe:1} is added
   * @throws IOException if it can't be started
   */
  public static Ffmpeg start(List<String> arguments) throws IOException {
    return run(command(arguments));
  }

  /** Starts any program; for tests, as {@link #start}. */
  static Ffmpeg run(List<String> command) throws IOException {
    boolean isHeld = Files.isDirectory(Path.of("/proc/self/fd"));
    List<String> held = new ArrayList<>(isHeld ? HOLD : List.of());
    held.addAll(command);
    return new Ffmpeg(new ProcessBuilder(held).start(), isHeld);
  }

  /** The command that {@link #start} runs. */
  public static List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("ffmpeg", "-nostdin", "-loglevel", "error"));
    command.addAll(arguments);
    command.add("pipe:1");
    return command;
  }

  /**
   * Checks, before any process starts, that a video or a camera can be read.
   *
   * @param option the option that named it
   * @throws CommandFailedException if there is no such file, it isn't readable, or ffmpeg is not
   *     installed
   */
  public static void check(String option, Path path) throws CommandFailedException {
    checkReadable(option, path);
    if (!isInstalled()) {
      throw new CommandFailedException(
          option
              + " "
              + path
              + ": ffmpeg reads videos and cameras, and is not on the PATH; install it (apt install"
              + " ffmpeg, brew install ffmpeg)");
    }
  }

  /**
   * Checks that a file, a folder or a device is there and may be read.
   *
   * @param option the option that named it
   */
  public static void checkReadable(String option, Path path) throws CommandFailedException {
    if (!Files.exists(path)) {
      throw new CommandFailedException(option + " " + path + ": no such file, folder or device");
    }
    if (!Files.isReadable(path)) {
      throw new CommandFailedException(option + " " + path + ": not allowed to read it");
    }
  }

  /** Returns whether ffmpeg is on the {@code PATH}. */
  public static boolean isInstalled() {
    String searched = System.getenv().getOrDefault("PATH", "");
    return Stream.of(searched.split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "ffmpeg")));
  }

  /**
   * The stream of a process would read into an array first. On Linux the pipe's other end can be
   * opened once more, as a file, and read into native memory; the stream is closed then, as it
   * takes what is left in the pipe when the process ends. Until then the process is held.
   */
  private static ReadableByteChannel open(Process process) throws IOException {
    Path end = Path.of("/proc/" + process.pid() + "/fd/1");
    ReadableByteChannel pipe;
    if (Files.isReadable(end)) {
      pipe = FileChannel.open(end, StandardOpenOption.READ);
      process.getInputStream().close();
    } else {
      pipe = Channels.newChannel(process.getInputStream());
    }
    try (OutputStream input = process.getOutputStream()) {
      input.write('\n');
    }
    return pipe;
  }

  private void readErrors() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        lastError = line;
      }
    } catch (IOException e) {
      // The process was ended; what it said until then is known.
    }
  }

  /**
   * Fills a buffer.
   *
   * @return the number of bytes that were read, which is less than its room only at the end
   */
  public int read(ByteBuffer target) throws IOException {
    int room = target.remaining();
    while (target.hasRemaining() && pipe.read(target) >= 0) {}
    return room - target.remaining();
  }

  /** Returns whether it ended with a fault, or doesn't end though its output has. */
  public boolean hasFailed() throws InterruptedException {
    return !process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0;
  }

  /** Returns the last line of what it said of errors, once it has ended; else what is known. */
  public String lastError() throws InterruptedException {
    errorReader.join(TimeUnit.SECONDS.toMillis(1));
    return lastError;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      pipe.close();
    } catch (IOException e) {
      // Nothing was written, so nothing is lost.
    }
  }
}
