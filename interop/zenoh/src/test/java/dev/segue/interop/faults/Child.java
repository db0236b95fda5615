package dev.segue.interop.faults;

import static java.util.stream.Collectors.joining;

import dev.segue.testkit.ChildProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A JVM that runs {@link Peer}, and takes and prints lines. */
final class Child extends ChildProcess {
  private final String name;

  private Child(String name, List<String> command) throws IOException {
    super(new ProcessBuilder(command));
    this.name = name;
  }

  static Child start(List<String> options, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("-XX:+UseSerialGC"));
    all.addAll(options);
    return new Child(arguments[0], java(all, classPath(), Peer.class, arguments));
  }

  /** Returns the numbers of a line {@code start a=1 b=2}. */
  Figures numbers(String start) throws InterruptedException {
    return Figures.of(line(start));
  }

  /** Returns what the leak check printed of a process that has ended. */
  String leaks() throws InterruptedException {
    return Stream.concat(seen().stream(), furtherLines().stream())
        .filter(line -> line.startsWith("segue: leak:"))
        .collect(joining("\n"));
  }

  void signal(String signal) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
    if (exit != 0 && ProcessHandle.of(pid()).isPresent()) {
      throw new IllegalStateException("kill -" + signal + " of " + name + ": exit=" + exit);
    }
  }

  /** Waits for its end by itself. */
  void awaitExit() throws InterruptedException {
    int exit = exitCode();
    if (exit != 0) {
      throw new IllegalStateException(
          name + " exit=" + exit + ":\n" + String.join("\n", seen()) + furtherLines());
    }
  }
}
