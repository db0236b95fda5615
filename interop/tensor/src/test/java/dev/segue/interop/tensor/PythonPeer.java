package dev.segue.interop.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Runs peer.py. */
final class PythonPeer {
  private static final Path SCRIPT = Path.of("src", "test", "python", "peer.py");

  private PythonPeer() {}

  /** Skips the tests of a machine whose python3 lacks the packages; CI's must have them. */
  static void assumeInstalled() throws InterruptedException {
    boolean installed = isInstalled();
    assertTrue(
        installed || System.getenv("CI") == null,
        "CI installs numpy, safetensors and ml_dtypes for python3");
    String skipped =
        "skipped: python3 has no numpy, safetensors and ml_dtypes; see .ci/requirements.txt";
    if (!installed) {
      System.out.println(skipped);
    }
    Assumptions.assumeTrue(installed, skipped);
  }

  private static boolean isInstalled() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-c", "import numpy, safetensors, ml_dtypes")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

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
