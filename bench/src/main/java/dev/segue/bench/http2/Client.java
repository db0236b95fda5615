package dev.segue.bench.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyPiece;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Http2Client;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.http2.Tls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** One connection to a server, one request after the other. One thread. */
final class Client implements AutoCloseable {
  private final Http2Client connection;

  Client(Server server, Path certificates) throws IOException {
    Http2Client.Builder builder = Http2Client.builder("localhost", server.port());
    if (server.isTls()) {
      builder.tls(Tls.ofDefaults().trusting(certificates));
    }
    connection = builder.connect();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /**
   * Asks for a path so many times and drops what comes.
   *
   * @throws IOException if a response isn't of that size: one that is shorter costs less
   */
  void get(String path, int count, long byteSize) throws Exception {
    for (int i = 0; i < count; i++) {
      Response response = await(connection.send(Request.get(path)));
      long came = drop(response);
      if (response.status() != 200 || came != byteSize) {
        throw new IOException(
            path + ": status=" + response.status() + " byteSize=" + came + " wanted=" + byteSize);
      }
    }
  }

  private static long drop(Response response) throws Exception {
    long byteSize = 0;
    Optional<BodyPiece> piece = await(response.body().read());
    while (piece.isPresent()) {
      byteSize += piece.get().bytes().byteSize();
      piece.get().close();
      piece = await(response.body().read());
    }
    return byteSize;
  }

  String text(String path) throws Exception {
    Response response = await(connection.send(Request.get(path)));
    try (var body = await(response.body().readAll(1 << 20))) {
      return new String(body.bytes().copyToByteArray(), StandardCharsets.UTF_8);
    }
  }

  /** Posts {@code frameCount} frames of the size of {@code piece}: a pad keeps each by itself. */
  void post(String path, SegmentedBytes piece, int frameCount) throws Exception {
    Http2Client.OpenRequest call = connection.open(Request.of("POST", path));
    BodyWriter body = call.body();
    for (int i = 0; i < frameCount; i++) {
      body.write(piece, 0, piece.byteSize(), 1, false);
    }
    await(body.end());
    Response response = await(call.response());
    drop(response);
    if (response.status() != 204) {
      throw new IOException(path + ": status=" + response.status() + " wanted=204");
    }
  }

  /** Returns how many bytes the server has allocated on its heap. */
  long heapByteSize() throws Exception {
    return text("/costs")
        .lines()
        .filter(line -> line.startsWith("heap="))
        .mapToLong(line -> Long.parseLong(line.substring(5)))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    connection.close();
  }
}
