package dev.segue.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process of its own, with the lines that it prints; both outputs are one.
 *
 * <p>Owner: the test. Lifetime: until {@link #close()}, which kills it. Threads: one, besides the
 * one that reads its output.
 */
public class ChildProcess implements AutoCloseable {
  /** The time to wait for a line, or for its end, before a test fails. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();
  private final Thread reader;

  /** Starts a process. */
  public ChildProcess(ProcessBuilder builder) throws IOException {
    this.process = builder.redirectErrorStream(true).start();
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /** Returns the command of a JVM like the one that runs the tests, with their class path. */
  public static List<String> java(Class<?> main, String... arguments) {
    return java(List.of("-XX:+UseSerialGC"), classPath(), main, arguments);
  }

  /** Returns the command of a JVM with these options and this class path. */
  public static List<String> java(
      List<String> options, String classPath, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--illegal-native-access=deny");
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Returns the class path of the tests. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private void read() {
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("the output can't be read: " + e);
    }
  }

  /**
   * Returns the next line.
   *
   * @throws AssertionError if it ends, or prints nothing for a minute
   */
  public final String line() throws InterruptedException {
    return line("");
  }

  /**
   * Returns what follows {@code start} in the next line that starts so.
   *
   * @throws AssertionError if it ends, or there is no such line within a minute
   */
  public final String line(String start) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      if (line != null) {
        seen.add(line);
        if (line.startsWith(start)) {
          return start.isEmpty() ? line : line.substring(start.length()).strip();
        }
      } else if (!process.isAlive() && !reader.isAlive() && lines.isEmpty()) {
        break;
      }
    }
    throw new AssertionError("no line that starts with \"" + start + "\" after " + seen);
  }

  /** Returns the lines that were read so far. */
  public final List<String> seen() {
    return List.copyOf(seen);
  }

  /** Returns all that it printed and nobody asked for, once it has ended. */
  public final List<String> furtherLines() throws InterruptedException {
    reader.join();
    return List.copyOf(lines);
  }

  /** Writes a line to its standard input. */
  public final void tell(String line) throws IOException {
    Writer input = process.outputWriter();
    input.write(line + "\n");
    input.flush();
  }

  /** Returns its id. */
  public final long pid() {
    return process.pid();
  }

  /** Returns the files of shared memory that it maps and that have at least {@code minByteSize}. */
  public final List<Path> sharedMemory(long minByteSize) throws IOException {
    return sharedMemoryOf(process.pid(), minByteSize);
  }

  /** Returns the same of any process. */
  public static List<Path> sharedMemoryOf(long pid, long minByteSize) throws IOException {
    Path maps = Path.of("/proc", Long.toString(pid), "maps");
    if (!Files.exists(maps)) {
      return List.of();
    }
    try (Stream<String> mapped = Files.lines(maps)) {
      return mapped
          .filter(line -> line.contains("/dev/shm/"))
          .map(line -> Path.of(line.substring(line.indexOf("/dev/shm/"))))
          .distinct()
          .filter(file -> file.toFile().length() >= minByteSize)
          .toList();
    }
  }

  /** Stops it (SIGSTOP): it does nothing until it goes on. */
  public final void stop() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** Lets it go on (SIGCONT). */
  public final void goOn() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("kill " + name + " of " + process + ": " + kill.exitValue());
    }
  }

  /** Kills it (SIGKILL): no handler runs. */
  public final void kill() throws InterruptedException {
    // Not by the process itself, which closes the stream that its output is read from.
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  /** Asks it to end (SIGTERM), as a service manager does. */
  public final void terminate() {
    process.destroy();
  }

  /**
   * Waits until it has ended.
   *
   * @return its exit status
   * @throws AssertionError if it doesn't end within a minute
   */
  public final int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end; it printed " + seen + lines);
    }
    return process.exitValue();
  }

  @Override
  public final void close() {
    process.destroyForcibly();
  }
}
