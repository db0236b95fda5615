package dev.segue.http2;

import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One stream of a connection and what the application holds of it. */
final class H2Stream implements Transport {
  final Http2Stream stream;
  final BodyReader reader;
  private final ConnectionHandler connection;
  private long received;

  /** On a server, the exchange. */
  @Nullable Http2Exchange exchange;

  /** On a client, who waits for the response. */
  @Nullable CompletableFuture<Response> response;

  H2Stream(ConnectionHandler connection, Http2Stream stream) {
    this.connection = connection;
    this.stream = stream;
    // A response that is short is over before its caller can begin to read.
    this.reader = new BodyReader(this, !connection.connection().isServer());
  }

  @Override
  public EventExecutor loop() {
    return connection.loop();
  }

  @Override
  public void writeResponse(int status, Headers headers, boolean endStream) {
    connection.writeResponse(stream, status, headers, endStream);
  }

  @Override
  public void writeData(LentRegion lease, int padByteSize, boolean endStream) {
    connection.writeData(stream, lease, padByteSize, endStream);
  }

  @Override
  public void consumed(int byteSize) {
    connection.consumed(stream, byteSize);
  }

  @Override
  public void reset(Http2Error error) {
    connection.reset(stream, error);
  }

  /** Counts what came of a body. */
  long receivedByteSize(int byteSize) {
    received += byteSize;
    return received;
  }

  void closed(Supplier<Http2StreamException> cause) {
    reader.closed(cause);
    if (exchange != null) {
      exchange.onClosed();
    }
    if (response != null && !response.isDone()) {
      response.completeExceptionally(cause.get());
    }
  }

  @Override
  public String describe() {
    return "stream id=" + stream.id() + " of " + connection;
  }
}
