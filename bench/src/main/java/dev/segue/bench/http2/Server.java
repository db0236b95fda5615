package dev.segue.bench.http2;

import dev.segue.bench.harness.CpuClock;
import dev.segue.bench.harness.Leftovers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server process.
 *
 * <p>Owner: the bench. Lifetime: until {@link #close()}, or the end of this JVM, which takes it
 * along. Threads: any.
 */
final class Server implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Pattern LISTENING = Pattern.compile("listening on .*:([0-9]+)");

  private final String name;
  private final Process process;
  private final Path log;
  private final String scheme;
  private int port;

  /** Starts a command and waits until it listens; on port 0, where it says that it does. */
  Server(String name, List<String> command, boolean isTls, int port, Path log)
      throws IOException, InterruptedException {
    this.name = name;
    this.scheme = isTls ? "https" : "http";
    this.port = port;
    this.log = log;
    Files.deleteIfExists(log);
    if (port != 0 && answers(port)) {
      // Whoever it is would be measured under this name.
      throw new IOException(name + " can't be started: somebody listens on port=" + port);
    }
    this.process =
        Leftovers.start(
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
    try {
      awaitListening();
    } catch (IOException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private void awaitListening() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!isListening()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException(name + " did not start:\n" + Files.readString(log));
      }
      Thread.sleep(50);
    }
  }

  private boolean isListening() throws IOException {
    if (port == 0) {
      Matcher said = LISTENING.matcher(Files.exists(log) ? Files.readString(log) : "");
      if (!said.find()) {
        return false;
      }
      port = Integer.parseInt(said.group(1));
    }
    return answers(port);
  }

  private static boolean answers(int port) {
    try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return probe.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  String name() {
    return name;
  }

  int port() {
    return port;
  }

  boolean isTls() {
    return scheme.equals("https");
  }

  String url(String path) {
    return scheme + "://127.0.0.1:" + port + path;
  }

  /** Returns what it and its workers have used of the processor so far, to the nanosecond. */
  double cpuSeconds() {
    return CpuClock.secondsOfTree(process.toHandle());
  }

  /** {@code VmRSS} of Linux: what is resident now. */
  double residentByteSize() throws IOException {
    return status("VmRSS:");
  }

  /** {@code VmHWM} of Linux: the most that ever was. */
  double peakByteSize() throws IOException {
    return status("VmHWM:");
  }

  private double status(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith(field))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElseThrow(() -> new IOException("no " + field + " of " + name));
  }

  @Override
  public void close() {
    Leftovers.end(process);
  }
}
