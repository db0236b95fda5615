package dev.segue.zenoh;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A JVM of its own that runs {@link ChildMain}, with what it prints. */
final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();
  private final Thread reader;

  private ChildJvm(Process process) {
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  static ChildJvm start(String... mainArguments) throws IOException {
    return start(List.of("-XX:+UseSerialGC"), classPath(), Map.of(), mainArguments);
  }

  static ChildJvm start(
      List<String> options, String classPath, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--illegal-native-access=deny",
            "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, ChildMain.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new ChildJvm(builder.start());
  }

  static String classPath() {
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

  /** What follows {@code start} in the next line that starts so. */
  String line(String start) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (System.nanoTime() - deadline < 0) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      if (line != null) {
        seen.add(line);
        if (line.startsWith(start)) {
          return line.substring(start.length()).strip();
        }
      } else if (!process.isAlive() && lines.isEmpty() && !reader.isAlive()) {
        break;
      }
    }
    throw new AssertionError("no line that starts with \"" + start + "\" in " + seen);
  }

  /** The lines that were read so far. */
  List<String> seen() {
    return List.copyOf(seen);
  }

  /** The files of shared memory that it maps and that are at least so large. */
  List<Path> sharedMemory(long minByteSize) throws IOException {
    return sharedMemoryOf(process.pid(), minByteSize);
  }

  static List<Path> sharedMemoryOf(long pid, long minByteSize) throws IOException {
    Path maps = Path.of("/proc", Long.toString(pid), "maps");
    if (!Files.exists(maps)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(maps)) {
      return lines
          .filter(line -> line.contains("/dev/shm/"))
          .map(line -> Path.of(line.substring(line.indexOf("/dev/shm/"))))
          .distinct()
          .filter(file -> file.toFile().length() >= minByteSize)
          .toList();
    }
  }

  /** Ends it as the system does in need: no handler runs. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Asks it to end, as a service manager does. */
  void terminate() {
    process.destroy();
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end; it said " + seen + lines);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
