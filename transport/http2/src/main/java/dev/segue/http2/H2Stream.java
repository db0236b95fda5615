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
  private final @Nullable ProgressCheck reading;
  private final @Nullable ProgressCheck writing;
  private long received;
  private long sent;
  private long receivedAt;

  /** On a server, the exchange. */
  @Nullable Http2Exchange exchange;

  /** On a client, who waits for the response. */
  @Nullable CompletableFuture<Response> response;

  H2Stream(ConnectionHandler connection, Http2Stream stream) {
    this.connection = connection;
    this.stream = stream;
    // A response that is short is over before its caller can begin to read.
    this.reader = new BodyReader(this, !connection.connection().isServer());
    Http2Deadlines deadlines = connection.deadlines();
    this.reading = deadlines == null ? null : new ProgressCheck(deadlines.body(), deadlines);
    this.writing = deadlines == null ? null : new ProgressCheck(deadlines.write(), deadlines);
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

  /** All of the peer's message has come. */
  void end() {
    receivedAt = System.nanoTime();
    reader.end();
  }

  /** Counts what was written, padding included. */
  void sent(int byteSize) {
    sent += byteSize;
  }

  long sentByteSize() {
    return sent;
  }

  /**
   * Whether the peer keeps this stream waiting for longer than it may.
   *
   * @param isHindered whether bytes wait for this stream's own window
   */
  boolean isTooSlow(long nowNanos, boolean isHindered) {
    if (reading == null || writing == null) {
      return false;
    }
    boolean writesSlowly = writing.isTooSlow(nowNanos, isHindered, sent);
    boolean readsSlowly = reading.isTooSlow(nowNanos, reader.isWaiting(), received);
    return writesSlowly || readsSlowly; // Both are asked, since each has to see every look.
  }

  /** Answers for a handler that has taken longer than {@code handlerNanos}. */
  void checkHandler(long nowNanos, long handlerNanos) {
    if (exchange != null
        && receivedAt != 0
        && !exchange.hasResponded()
        && nowNanos - receivedAt >= handlerNanos) {
      exchange.handlerIsLate();
    }
  }

  @Override
  public void upgrade(Headers headers) {
    connection.writeResponse(stream, 200, headers, false);
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
