package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Leftovers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;

/** A server in a process of its own, and the temporary directory that it works in. */
final class LocalServer implements AutoCloseable {
  private final Child child;
  private final Path directory;

  private LocalServer(Child child, Path directory) {
    this.child = child;
    this.directory = directory;
  }

  /** Waits until a process listens on a port of the loopback interface; ends it if it doesn't. */
  static LocalServer awaiting(Child child, Path directory, int port)
      throws IOException, InterruptedException {
    LocalServer server = new LocalServer(child, directory);
    try {
      server.awaitListening(port);
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void awaitListening(int port) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        return;
      } catch (IOException e) {
        if (!child.isAlive() || System.nanoTime() > deadline) {
          throw child.failure("does not listen: " + e.getMessage());
        }
        Thread.sleep(50);
      }
    }
  }

  @Override
  public void close() {
    child.close();
    try {
      Leftovers.delete(directory);
    } catch (IOException e) {
      // Temporary files; the system clears them.
      return;
    }
  }
}
