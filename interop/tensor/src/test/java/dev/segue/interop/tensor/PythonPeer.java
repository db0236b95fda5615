package dev.segue.interop.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;

/** Runs peer.py. */
final class PythonPeer {
  private static final Path SCRIPT = Path.of("src", "test", "python", "peer.py");

  private PythonPeer() {}

  /** How many tensors it says that it wrote or found as promised. */
  static int run(String role, Path directory) throws Exception {
    Process process =
        new ProcessBuilder(List.of("python3", SCRIPT.toString(), role, directory.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String line = process.inputReader().readLine();
      assertEquals(0, process.waitFor(), "peer.py's error output is above");
      return Integer.parseInt(line.substring("tensors=".length()));
    } finally {
      process.destroyForcibly();
    }
  }
}
