package dev.segue.lanes;

import dev.segue.testkit.ChildProcess;
import java.io.IOException;

/** A JVM of its own that runs {@link ChildMain}. */
final class ChildJvm extends ChildProcess {
  private ChildJvm(ProcessBuilder builder) throws IOException {
    super(builder);
  }

  static ChildJvm start(String... arguments) throws IOException {
    return new ChildJvm(new ProcessBuilder(java(ChildMain.class, arguments)));
  }
}
