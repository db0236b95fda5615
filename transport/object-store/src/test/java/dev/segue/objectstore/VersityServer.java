package dev.segue.objectstore;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** versitygw, a real S3 server of other make than {@link S3Server}, in a process of its own. */
final class VersityServer implements AutoCloseable {
  private final Process process;
  private final int port;

  private VersityServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it over an empty directory with one bucket; null where it is not installed. */
  static @Nullable VersityServer start(Path directory) throws Exception {
    Path program = program();
    if (program == null) {
      return null;
    }
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            "--port",
            "127.0.0.1:" + port,
            "--keep-alive",
            "--quiet",
            "--noacl",
            "posix",
            directory.toString());
    builder.environment().put("ROOT_ACCESS_KEY", "test");
    builder.environment().put("ROOT_SECRET_KEY", "testtest");
    Process process =
        builder
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    VersityServer server = new VersityServer(process, port);
    server.awaitPort();
    try (S3Clients clients = server.clients()) {
      var _ = clients.send(s3 -> s3.createBucket(request -> request.bucket(S3Server.BUCKET))).get();
    }
    return server;
  }

  private static @Nullable Path program() {
    List<String> places = new ArrayList<>();
    String path = System.getenv("PATH");
    if (path != null) {
      places.addAll(List.of(path.split(File.pathSeparator, -1)));
    }
    places.add(Path.of(System.getProperty("user.home"), "go", "bin").toString());
    return places.stream()
        .map(place -> Path.of(place, "versitygw"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  private void awaitPort() throws InterruptedException {
    while (process.isAlive()) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        Thread.sleep(20);
      }
    }
    throw new IllegalStateException("versitygw ended with status=" + process.exitValue());
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  S3Clients clients() {
    return new S3Clients(
        StoreUri.parse("s3://" + S3Server.BUCKET + "?endpoint=" + endpoint()),
        StoreSettings.defaults(),
        S3Server.CREDENTIALS,
        null);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        Process _ = process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
