package dev.segue.bench.store;

import dev.segue.bench.cross.Child;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** versitygw over a temporary directory: a server that checks, stores and answers for real. */
final class RealServer implements AutoCloseable {
  private final Child child;
  private final Path directory;
  private final int port;

  private RealServer(Child child, Path directory, int port) {
    this.child = child;
    this.directory = directory;
    this.port = port;
  }

  /** The program, where Go installs it or on the path. */
  static Optional<Path> program() {
    String path = System.getenv("PATH");
    List<String> directories =
        Stream.concat(
                Stream.of(Path.of(System.getProperty("user.home"), "go", "bin").toString()),
                Stream.of((path == null ? "" : path).split(":", -1)))
            .toList();
    return directories.stream()
        .map(each -> Path.of(each, "versitygw"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static RealServer start(Path program) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("segue-bench-store-");
    Files.createDirectory(directory.resolve("bench"));
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Child child =
        Child.start(
            "versitygw",
            List.of(
                "env",
                "ROOT_ACCESS_KEY=test",
                "ROOT_SECRET_KEY=testtest",
                program.toString(),
                "--port",
                "127.0.0.1:" + port,
                "--keep-alive",
                "--quiet",
                "--noacl",
                "posix",
                directory.toString()));
    RealServer server = new RealServer(child, directory, port);
    try {
      server.awaitListening();
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void awaitListening() throws IOException, InterruptedException {
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

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    child.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      // Temporary files; the system clears them.
      return;
    }
  }
}
