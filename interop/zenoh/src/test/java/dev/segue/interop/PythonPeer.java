package dev.segue.interop;

import dev.segue.testkit.Peers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A child process that runs a script of Python; its lines are read one at a time. */
final class PythonPeer implements AutoCloseable {
  private static final Path SCRIPTS = Path.of("src", "test", "python");
  private static final Path SCHEMAS =
      Path.of("..", "..", "serialization-bridge", "capnproto", "src", "main", "capnp");

  private final Process process;
  private final BufferedReader lines;

  PythonPeer(String role, String lane, String endpoint, int count) throws IOException {
    this("peer.py", List.of(SCHEMAS.toString(), role, lane, endpoint, Integer.toString(count)));
  }

  PythonPeer(String script, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("python3");
    command.add(SCRIPTS.resolve(script).toString());
    command.addAll(arguments);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    lines = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Whether this machine's python3 has zenoh and pycapnp. */
  static boolean isInstalled() {
    try {
      return Peers.runs("python3", "-c", "import zenoh, capnp");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  String nextLine() throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("the peer ended; its error output is above");
    }
    return line;
  }

  /** Writes a line to its input. */
  void say(String line) throws IOException {
    OutputStream input = process.getOutputStream();
    input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  /** Ends its input, which it waits for, and checks that it went well. */
  void finish() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("the peer didn't end well: " + process);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
