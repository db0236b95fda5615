package dev.segue.bench.store;

import dev.segue.bench.cross.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** versitygw over a temporary directory: a server that checks, stores and answers for real. */
final class RealServer implements AutoCloseable {
  private final LocalServer server;
  private final int port;

  private RealServer(LocalServer server, int port) {
    this.server = server;
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
    int port = LocalServer.freePort();
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
    return new RealServer(LocalServer.awaiting(child, directory, port), port);
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    server.close();
  }
}
