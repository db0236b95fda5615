package dev.segue.interop.faults;

import static java.util.stream.Collectors.joining;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A JVM that runs {@link Peer}, told by lines and telling lines. */
final class Child implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final String name;
  private final Process process;
  private final BufferedWriter input;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final ConcurrentLinkedQueue<String> all = new ConcurrentLinkedQueue<>();

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
    this.input = process.outputWriter();
    Thread.ofPlatform().daemon().start(this::read);
  }

  static Child start(List<String> options, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Peer.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new Child(arguments[0], process);
  }

  private void read() {
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        all.add(line);
        lines.add(line);
      }
    } catch (IOException _) {
      // It was killed.
    }
  }

  void tell(String line) throws IOException {
    input.write(line);
    input.newLine();
    input.flush();
  }

  /** What follows {@code start} in the next line that starts so. */
  String line(String start) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() - deadline < 0) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      if (line == null && !process.isAlive() && lines.isEmpty()) {
        break;
      }
      if (line != null && line.startsWith(start)) {
        return line.substring(start.length()).strip();
      }
    }
    throw new IllegalStateException(
        name
            + (process.isAlive() ? " is silent" : " has ended")
            + ", no \""
            + start
            + "\" in:\n"
            + String.join("\n", all));
  }

  /** The numbers of a line {@code start a=1 b=2}. */
  Figures numbers(String start) throws InterruptedException {
    return Figures.of(line(start));
  }

  /** What the leak check printed of a process that has ended. */
  String leaks() {
    return all.stream().filter(line -> line.startsWith("segue: leak:")).collect(joining("\n"));
  }

  void signal(String signal) throws IOException, InterruptedException {
    int exit =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    if (exit != 0 && process.isAlive()) {
      throw new IllegalStateException("kill -" + signal + " of " + name + ": exit=" + exit);
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for its end by itself. */
  void awaitExit() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(
          name
              + (process.isAlive() ? " does not end" : " exit=" + process.exitValue())
              + ":\n"
              + String.join("\n", all));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
