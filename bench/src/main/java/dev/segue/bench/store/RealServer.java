package dev.segue.bench.store;

import dev.segue.bench.harness.Child;
import dev.segue.bench.harness.Command;
import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.harness.Leftovers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
      Command found =
          Command.run(
              Duration.ofMinutes(1),
              new ProcessBuilder(root.resolve("tools/go-tool").toString(), "--cached", "versitygw")
                  .redirectError(ProcessBuilder.Redirect.DISCARD));
      String said = found.text().strip();
      return found.exitCode() == 0 && !said.isEmpty()
          ? Optional.of(Path.of(said))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static RealServer start(Path program) throws IOException, InterruptedException {
    Path directory = Leftovers.temporary(Files.createTempDirectory("segue-bench-store-"));
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

  /** Returns what it says of its version. */
  static String version(Path program) throws IOException, InterruptedException {
    return Command.run(Duration.ofMinutes(1), program.toString(), "--version")
        .text()
        .lines()
        .filter(line -> line.contains("ersion"))
        .findFirst()
        .orElse("version unknown");
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    server.close();
  }
}
