package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.bytes.spi.PeerClock;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client's request from its call to its end: it waits for a stream, and gets another one where
 * the server has processed nothing of it. Loop only, but for {@link #response}.
 */
final class ClientRequest implements ProtocolExchange {
  private static final int MAX_ATTEMPTS = 3;

  /** Data written before there was a stream. */
  private record WaitingWrite(LentRegion region, int padByteSize, boolean endStream) {}

  private final ClientConnections connections;
  private final Http2Headers fields;
  private final String name;

  /** A body that is known whole and can be sent again; lent until the request is settled. */
  private final @Nullable SegmentedBytes whole;

  private final boolean bodiless;
  private final CompletableFuture<Response> response = new CompletableFuture<>();
  private final ArrayDeque<WaitingWrite> writes = new ArrayDeque<>(0);
  private final long since;
  private @Nullable OpenStream stream;
  private @Nullable Http2StreamException fault;
  private volatile boolean settled;
  private boolean bodyBegun;
  private int attempts;
  private long notBefore = System.nanoTime();

  private ClientRequest(
      ClientConnections connections,
      Http2Headers fields,
      @Nullable SegmentedBytes whole,
      boolean bodiless) {
    this.connections = connections;
    this.since = nanoTime();
    this.fields = fields;
    this.name = fields.method() + " " + fields.path() + " of " + connections;
    this.whole = whole;
    this.bodiless = bodiless;
    var _ =
        response.whenComplete(
            (_, _) -> {
              if (!settled) { // By its caller: cancelled, or timed out.
                giveUp();
              }
            });
  }

  static ClientRequest withoutBody(ClientConnections connections, Http2Headers fields) {
    return new ClientRequest(connections, fields, null, true);
  }

  /** With a body that is written by and by. */
  static ClientRequest withBody(ClientConnections connections, Http2Headers fields) {
    return new ClientRequest(connections, fields, null, false);
  }

  static ClientRequest withBody(
      ClientConnections connections, Http2Headers fields, SegmentedBytes body) {
    Lend.begin(body);
    return new ClientRequest(connections, fields, body, false);
  }

  CompletableFuture<Response> response() {
    return response;
  }

  /** Returns whether its response has no body, whatever length it says. */
  boolean isHead() {
    return "HEAD".contentEquals(fields.method());
  }

  /** Since when it waits, for the timeout. */
  long sinceNanos() {
    return since;
  }

  /** Returns when it may have its next stream. */
  long notBeforeNanos() {
    return notBefore;
  }

  boolean isSettled() {
    return settled;
  }

  /** Begins it on a connection; false if that has no stream for it and another one may. */
  boolean start(ConnectionHandler connection) {
    attempts++;
    OpenStream opened = connection.request(fields, bodiless, this);
    if (opened == null) {
      return settled; // It may be the request that doesn't fit.
    }
    stream = opened;
    if (whole != null) {
      new BodyWriter(opened).write(whole, 0, whole.byteSize(), 0, true);
    }
    while (!writes.isEmpty()) {
      WaitingWrite write = writes.removeFirst();
      writeData(write.region(), write.padByteSize(), write.endStream());
    }
    return true;
  }

  /** The response's header has come. */
  void respond(Response received) {
    if (settle() && !response.complete(received)) {
      received.body().cancel();
      reset(Http2Error.CANCEL);
    }
  }

  /** Its stream has ended before there was a response. */
  void streamClosed(Http2StreamException cause) {
    stream = null;
    boolean unprocessed = cause.error() == Http2Error.REFUSED_STREAM && !bodyBegun;
    if (unprocessed && attempts < MAX_ATTEMPTS && !response.isDone()) {
      connections.again(this);
    } else {
      fail(cause);
    }
  }

  /** No stream could be had for it, though the connection seemed to have one. */
  boolean mayTryAgain() {
    return attempts < MAX_ATTEMPTS;
  }

  /** At once the first time, later after a pause: a server that refuses has a reason. */
  void pause() {
    long pause = (attempts - 1) * ClientConnections.PAUSE_NANOS;
    notBefore = System.nanoTime() + Math.max(0, pause);
  }

  /** It ends here, without a response. */
  void fail(Http2StreamException cause) {
    if (settled) {
      return;
    }
    fault = cause;
    while (!writes.isEmpty()) {
      writes.removeFirst().region().fail(cause);
    }
    if (settle()) {
      response.completeExceptionally(cause);
    }
  }

  /** Its caller has no use for it any more. Any thread. */
  void giveUp() {
    Loops.runEvenAfter(loop(), () -> reset(Http2Error.CANCEL));
  }

  private boolean settle() {
    if (settled) {
      return false;
    }
    settled = true;
    if (whole != null) {
      Lend.end(whole);
    }
    return true;
  }

  @Override
  public EventExecutor loop() {
    return connections.loop();
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
  public void writeData(LentRegion region, int padByteSize, boolean endStream) {
    if (fault != null) {
      region.fail(fault);
    } else if (stream == null) {
      writes.add(new WaitingWrite(region, padByteSize, endStream));
    } else {
      bodyBegun = true;
      stream.writeData(region, padByteSize, endStream);
    }
  }

  @Override
  public void consumed(int byteSize) {
    throw new UnsupportedOperationException("a response is read from its stream");
  }

  @Override
  public void unwanted(boolean isMuch) {
    throw new UnsupportedOperationException("a response is read from its stream");
  }

  @Override
  public void reset(Http2Error error) {
    Http2StreamException cause =
        new Http2StreamException(name + ": cancelled by its caller", error);
    OpenStream ended = stream; // It is none any more where it ends before the response begins.
    if (ended != null) {
      ended.end(cause);
      ended.reader.abandon("cancelled by its caller"); // Also where all of it has come.
    }
    connections.remove(this);
    fail(cause);
  }

  @Override
  public Duration idle() {
    return connections.settings.limits.idle();
  }

  @Override
  public PeerClock clock() {
    return connections.clock;
  }

  @Override
  public long lastTakenNanos() {
    throw new UnsupportedOperationException("a client speaks no WebSocket");
  }

  @Override
  public String describe() {
    return stream == null ? name : stream.describe();
  }

  @Override
  public String toString() {
    return name;
  }
}
