package dev.segue.iceoryx2;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process of its own, with the lines that it prints; both outputs are one. */
final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();
  private final Thread reader;

  private ChildJvm(Process process) {
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /** A JVM that runs {@link ChildMain}. */
  static ChildJvm start(String... arguments) throws IOException {
    return startIn(List.of(), arguments);
  }

  /** {@link #start} by a command that runs what comes behind it. */
  static ChildJvm startIn(List<String> by, String... arguments) throws IOException {
    return startWith(classPath(), by, arguments);
  }

  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** {@link #startIn} with classes that lie elsewhere. */
  static ChildJvm startWith(String classPath, List<String> by, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(by);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--illegal-native-access=deny",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            classPath,
            ChildMain.class.getName()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  static ChildJvm run(List<String> command) throws IOException {
    return new ChildJvm(new ProcessBuilder(command).redirectErrorStream(true).start());
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

  /** The next line. */
  String line() throws InterruptedException {
    long deadline = System.nanoTime() + Nodes.LONG.toNanos();
    while (System.nanoTime() - deadline < 0) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      if (line != null) {
        seen.add(line);
        return line;
      }
      if (!process.isAlive() && lines.isEmpty() && !reader.isAlive()) {
        break;
      }
    }
    throw new AssertionError("no further line after " + seen);
  }

  /** All that it printed and nobody asked for, once it has ended. */
  List<String> furtherLines() throws InterruptedException {
    reader.join();
    return List.copyOf(lines);
  }

  /** Writes a line to its standard input. */
  void tell(String line) throws IOException {
    Writer input = process.outputWriter();
    input.write(line + "\n");
    input.flush();
  }

  long pid() {
    return process.pid();
  }

  /** Ends it as the system does in need: no handler runs. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(Nodes.LONG.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end; it said " + seen + lines);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
