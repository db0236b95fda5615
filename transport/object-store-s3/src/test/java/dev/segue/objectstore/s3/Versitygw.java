package dev.segue.objectstore.s3;

import dev.segue.objectstore.RealPeer;
import dev.segue.objectstore.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real S3 server of another make than {@link S3Server}, versitygw, over a directory. */
final class Versitygw implements AutoCloseable {
  private static final int START_ATTEMPTS = 3;
  private static final Optional<String> PROGRAM = find();

  private final Path objects;
  private final URI endpoint;
  private final Process process;

  private Versitygw(Path objects, URI endpoint, Process process) {
    this.objects = objects;
    this.endpoint = endpoint;
    this.process = process;
  }

  private static Optional<String> find() {
    try {
      Process tool =
          new ProcessBuilder("../../tools/go-tool", "--cached", "versitygw")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String path = tool.inputReader().readLine();
      return tool.waitFor() == 0 ? Optional.ofNullable(path) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Skips the tests of a machine that has no versitygw, unless it is CI's. */
  static void assumeInstalled() {
    RealPeer.assume(PROGRAM.isPresent(), "versitygw", "build it with tools/go-tool versitygw");
  }

  static Versitygw start(Path directory) throws Exception {
    return start(directory, null);
  }

  /** With TLS if there is an authority whose certificate it is to show. */
  static Versitygw start(Path directory, @Nullable TestAuthority authority) throws Exception {
    for (int attempt = 1; ; attempt++) {
      Path here = Files.createDirectories(directory.resolve("versitygw-" + attempt));
      Versitygw server = launch(here, authority);
      if (server.accepts()) {
        S3Server.createBucket(server.endpoint, authority == null ? null : authority.engines());
        return server;
      }
      server.close();
      // Somebody else may have taken the port since it was found free.
      if (attempt == START_ATTEMPTS) {
        throw new IOException(
            "versitygw at " + server.endpoint + ": " + Files.readString(here.resolve("log")));
      }
    }
  }

  private static Versitygw launch(Path here, @Nullable TestAuthority authority) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command =
        new ArrayList<>(
            List.of(PROGRAM.orElseThrow(), "--port", "127.0.0.1:" + port, "--keep-alive"));
    if (authority != null) {
      command.addAll(List.of("--cert", authority.certificate().toString()));
      command.addAll(List.of("--key", authority.key().toString()));
    }
    Path objects = Files.createDirectories(here.resolve("objects"));
    Path sidecar = Files.createDirectories(here.resolve("sidecar"));
    command.addAll(List.of("--quiet", "--noacl", "posix", "--data-integrity-etag"));
    // Extended attributes would do, but not every file system has them.
    command.addAll(List.of("--sidecar", sidecar.toString(), objects.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(here.resolve("log").toFile());
    builder.environment().put("ROOT_ACCESS_KEY", S3Server.CREDENTIALS_ID);
    builder.environment().put("ROOT_SECRET_KEY", S3Server.CREDENTIALS_SECRET);
    URI endpoint = URI.create((authority == null ? "http" : "https") + "://127.0.0.1:" + port);
    return new Versitygw(objects, endpoint, builder.start());
  }

  private boolean accepts() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (process.isAlive() && System.nanoTime() < deadline) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), endpoint.getPort())) {
        // A stranger may be who accepted: then ours has ended or is about to.
        return !process.waitFor(200, TimeUnit.MILLISECONDS);
      } catch (IOException e) {
        Thread.sleep(20);
      }
    }
    return false;
  }

  URI endpoint() {
    return endpoint;
  }

  /** The file in which it keeps an object of {@link S3Server#BUCKET}. */
  Path fileOf(String key) {
    return objects.resolve(S3Server.BUCKET).resolve(key);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
