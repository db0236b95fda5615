package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Endpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** versitygw over a temporary directory: a server that checks, stores and answers for real. */
final class RealServer implements AutoCloseable {
  private final LocalServer server;
  private final int port;

  private RealServer(LocalServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /** The program that {@code tools/go-tool} has in the cache or on the path; empty without one. */
  static Optional<Path> program(Path root) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(root.resolve("tools/go-tool").toString(), "--cached", "versitygw")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      boolean isThere = process.waitFor() == 0 && !said.isEmpty();
      return isThere ? Optional.of(Path.of(said)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static RealServer start(Path program) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("segue-bench-store-");
    Files.createDirectory(directory.resolve("bench"));
    int port = Endpoints.freePort();
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
