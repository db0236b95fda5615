package dev.segue.http2;

import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;

/** A client's stream before the loop has opened it; the loop keeps the order of the calls. */
final class PendingStream implements Transport {
  private final ConnectionHandler connection;
  private @Nullable H2Stream stream;

  PendingStream(ConnectionHandler connection) {
    this.connection = connection;
  }

  void opened(@Nullable H2Stream stream) {
    this.stream = stream;
  }

  @Override
  public EventExecutor loop() {
    return connection.loop();
  }

  @Override
  public void writeResponse(int status, Headers headers, boolean endStream) {
    throw new UnsupportedOperationException("a client writes no response");
  }

  @Override
  public void upgrade(Headers headers) {
    throw new UnsupportedOperationException("a client writes no response");
  }

  @Override
  public void writeData(LentRegion lease, int padByteSize, boolean endStream) {
    if (stream == null) {
      lease.fail(
          new Http2StreamException(
              "write to " + connection + ": no stream was opened", Http2Error.REFUSED_STREAM));
    } else {
      stream.writeData(lease, padByteSize, endStream);
    }
  }

  @Override
  public void consumed(int byteSize) {
    if (stream != null) {
      stream.consumed(byteSize);
    }
  }

  @Override
  public void reset(Http2Error error) {
    if (stream != null) {
      stream.reset(error);
    }
  }

  @Override
  public String describe() {
    return stream == null ? "a stream of " + connection : stream.describe();
  }
}
