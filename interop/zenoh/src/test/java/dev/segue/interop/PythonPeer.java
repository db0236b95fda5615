package dev.segue.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A child process that runs peer.py; its lines are read one at a time. */
final class PythonPeer implements AutoCloseable {
  private static final Path HERE = Path.of("src", "test", "python", "peer.py");
  private static final Path SCHEMAS =
      Path.of("..", "..", "serialization-bridge", "capnproto", "src", "main", "capnp");

  private final Process process;
  private final BufferedReader lines;

  PythonPeer(String role, String lane, String endpoint, int count) throws IOException {
    process =
        new ProcessBuilder(
                List.of(
                    "python3",
                    HERE.toString(),
                    SCHEMAS.toString(),
                    role,
                    lane,
                    endpoint,
                    Integer.toString(count)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    lines = process.inputReader();
  }

  /** Whether this machine's python3 has zenoh and pycapnp. */
  static boolean isInstalled() {
    try {
      Process check =
          new ProcessBuilder("python3", "-c", "import zenoh, capnp")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return check.waitFor(60, TimeUnit.SECONDS) && check.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  String nextLine() throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("peer.py ended; its error output is above");
    }
    return line;
  }

  /** Ends its input, which it waits for, and checks that it went well. */
  void finish() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("peer.py didn't end well: " + process);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
