package dev.segue.zenoh;

import dev.segue.testkit.ChildProcess;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A JVM of its own that runs {@link ChildMain}. */
final class ChildJvm extends ChildProcess {
  private ChildJvm(ProcessBuilder builder) throws IOException {
    super(builder);
  }

  static ChildJvm start(String... arguments) throws IOException {
    return start(List.of("-XX:+UseSerialGC"), classPath(), Map.of(), arguments);
  }

  static ChildJvm start(
      List<String> options, String classPath, Map<String, String> environment, String... arguments)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(java(options, classPath, ChildMain.class, arguments));
    builder.environment().putAll(environment);
    return new ChildJvm(builder);
  }
}
