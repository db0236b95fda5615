package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One stream of a connection and what the application holds of it. */
final class OpenStream implements ProtocolExchange {
  final Http2Stream stream;
  final BodyReader reader;
  private final ConnectionHandler connection;
  private final @Nullable ProgressCheck reading;
  private final @Nullable ProgressCheck writing;
  private long received;
  private long sent;
  private long receivedAt;
  private long sentAt;
  private final long began;

  /** The reason that our end ended it, if it did. */
  private @Nullable Http2StreamException endedBy;

  private long endedAt;
  private boolean isTunnel;
  private boolean wasGivenUp;

  /** On a server, the exchange. */
  @Nullable Http2Exchange exchange;

  /** On a client, the request. */
  @Nullable ClientRequest request;

  /** On a client, whether the response's header has come. */
  boolean hasResponse;

  /** On a client, how long the body is at least, by the response's header. */
  long declaredByteSize;

  OpenStream(ConnectionHandler connection, Http2Stream stream) {
    this.connection = connection;
    this.began = connection.nanoTime();
    this.stream = stream;
    // A response that is short is over before its caller can begin to read.
    this.reader = new BodyReader(this, !connection.connection().isServer());
    Http2Deadlines deadlines = connection.deadlines();
    Http2ClientTimeouts timeouts = connection.timeouts();
    if (deadlines != null) {
      this.reading = new ProgressCheck(deadlines.body(), deadlines);
      this.writing = new ProgressCheck(deadlines.write(), deadlines);
    } else {
      this.reading = timeouts == null ? null : new ProgressCheck(timeouts.body());
      this.writing = timeouts == null ? null : new ProgressCheck(timeouts.write());
    }
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
  public void wanted() {
    connection.bodiesAreWanted();
  }

  @Override
  public void consumed(int byteSize) {
    connection.consumed(stream, byteSize);
  }

  @Override
  public void unwanted(boolean isMuch) {
    if (exchange != null) {
      connection.askForNoMore(stream);
    } else if (isMuch && sentAt != 0) {
      reset(Http2Error.CANCEL);
    }
  }

  /**
   * On a client: whether all of the request has left, and nobody has wanted the rest of the
   * response since the look before. One that ends soon needs no reset, of which servers bear few.
   */
  boolean isAbandoned() {
    boolean before = wasGivenUp;
    wasGivenUp = sentAt != 0 && reader.isGivenUp();
    return before && wasGivenUp;
  }

  @Override
  public void reset(Http2Error error) {
    connection.reset(stream, error);
  }

  /** Counts what came of a body; whether it is larger than that. What a WebSocket gets is none. */
  boolean isBeyond(long maxByteSize, int byteSize) {
    received += byteSize;
    return received > maxByteSize && !isTunnel;
  }

  /** With what has come of a frame that is not whole: it may be long, and its sender slow. */
  private long receivedByteSize() {
    return received + connection.partialByteSize(stream);
  }

  /** Returns whether less of a body has come than its header said; a HEAD's response has none. */
  boolean isShort() {
    return received < declaredByteSize;
  }

  /** All of the peer's message has come. */
  void end() {
    receivedAt = connection.nanoTime();
    reader.end();
  }

  /** All of our message has left. */
  void sentWhole() {
    sentAt = connection.nanoTime();
  }

  /** Returns whether nothing has come on the connection since the stream began. */
  boolean beganAfter(long lastReadNanos) {
    return began - lastReadNanos > 0;
  }

  /**
   * On a client: what the server has been too slow with, or null.
   *
   * @param isHindered whether bytes of the request wait for the server
   */
  @Nullable String isLate(long nowNanos, boolean isHindered, Http2ClientTimeouts timeouts) {
    if (reading == null || writing == null || endedBy != null) {
      return null;
    }
    boolean writesSlowly = writing.isTooSlow(nowNanos, isHindered, sent);
    boolean readsSlowly = reading.isTooSlow(nowNanos, reader.isWaiting(), receivedByteSize());
    if (writesSlowly) {
      return "no byte of its body was taken within write=" + timeouts.write();
    }
    if (readsSlowly) {
      return "no byte of the response's body came within body=" + timeouts.body();
    }
    if (sentAt != 0 && !hasResponse && nowNanos - sentAt >= Nanos.of(timeouts.response())) {
      return "no response came within response=" + timeouts.response();
    }
    return null;
  }

  /**
   * Ends the stream in both directions, for that reason. Who waits is told now: what says so to the
   * peer may never leave.
   */
  void end(Http2StreamException cause) {
    if (endedBy == null) {
      endedBy = cause;
      endedAt = connection.nanoTime();
    }
    reset(cause.error());
    closed(() -> cause);
  }

  /**
   * Returns whether it was ended that long ago and the peer has not even taken the frame that says
   * so.
   */
  boolean isStuck(long nowNanos, long nanos) {
    return endedBy != null && nowNanos - endedAt >= nanos;
  }

  /** Returns why our end ended it; null where the peer did, or nobody yet. */
  @Nullable Http2StreamException endedBy() {
    return endedBy;
  }

  /** Counts what was written, padding included. */
  void sent(int byteSize) {
    sent += byteSize;
  }

  long sentByteSize() {
    return sent;
  }

  /**
   * Returns whether the peer keeps this stream waiting for longer than it may.
   *
   * @param isHindered whether bytes wait for this stream's own window
   */
  boolean isTooSlow(long nowNanos, boolean isHindered) {
    if (reading == null || writing == null) {
      return false;
    }
    boolean writesSlowly = writing.isTooSlow(nowNanos, isHindered, sent);
    boolean readsSlowly = reading.isTooSlow(nowNanos, reader.isWaiting(), receivedByteSize());
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
    isTunnel = true;
    connection.writeResponse(stream, 200, headers, false);
  }

  void closed(Supplier<Http2StreamException> cause) {
    Http2StreamException ours = endedBy;
    Supplier<Http2StreamException> effective = ours == null ? cause : () -> ours;
    reader.closed(effective);
    if (exchange != null) {
      exchange.onClosed();
    }
    ClientRequest waiting = request;
    request = null;
    if (waiting != null && !hasResponse) {
      waiting.streamClosed(effective.get());
    }
  }

  @Override
  public Duration idle() {
    return connection.limits().idle();
  }

  @Override
  public PeerClock clock() {
    return connection.clock();
  }

  @Override
  public long lastTakenNanos() {
    return connection.lastTakenNanos();
  }

  @Override
  public String describe() {
    return "stream id=" + stream.id() + " of " + connection;
  }
}
