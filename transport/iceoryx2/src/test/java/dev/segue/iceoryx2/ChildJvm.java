package dev.segue.iceoryx2;

import dev.segue.testkit.ChildProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A process of its own: a JVM that runs {@link ChildMain}, or another program. */
final class ChildJvm extends ChildProcess {
  private ChildJvm(List<String> command) throws IOException {
    super(new ProcessBuilder(command));
  }

  static ChildJvm start(String... arguments) throws IOException {
    return startIn(List.of(), arguments);
  }

  /** {@link #start} by a command that runs what comes behind it. */
  static ChildJvm startIn(List<String> by, String... arguments) throws IOException {
    return startWith(classPath(), by, arguments);
  }

  /** {@link #startIn} with classes that lie elsewhere. */
  static ChildJvm startWith(String classPath, List<String> by, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(by);
    command.addAll(java(List.of("-XX:+UseSerialGC"), classPath, ChildMain.class, arguments));
    return run(command);
  }

  static ChildJvm run(List<String> command) throws IOException {
    return new ChildJvm(command);
  }
}
