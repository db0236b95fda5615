package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One request of an HTTP/1.1 connection and its response. Loop only. */
final class Http1Turn implements ProtocolExchange {
  /** The bytes that may come of a body that nobody has begun to read, as over HTTP/2. */
  private static final int UNREAD_BYTE_SIZE = 65_535;

  private final Http1Handler connection;
  private final ChannelHandlerContext ctx;
  private final Http1Head head;
  private final Http1Body body;
  private final BodyReader reader = new BodyReader(this, false);
  private final ArrayDeque<RegionCursor> regions = new ArrayDeque<>();
  private final ProgressCheck reading;
  private final ProgressCheck writing;
  private @Nullable Http2Exchange exchange;
  private boolean keepAlive;
  private boolean chunked;
  private boolean tunnel;
  private boolean wanted;
  private boolean begun;
  private boolean endQueued;
  private boolean responded;
  private boolean closed;

  /** Whether the exchange is over but for the rest of its body, which is dropped. */
  private boolean dropping;

  private long droppingSince;
  private boolean pumping;
  private long chunkLeft;
  private long declaredByteSize = -1;
  private long writtenByteSize;
  private long received;
  private long unconsumed;
  private long passedOn;
  private long receivedAt;

  Http1Turn(Http1Handler connection, ChannelHandlerContext ctx, Http1Head head, boolean goesOn) {
    this.connection = connection;
    this.ctx = ctx;
    this.head = head;
    this.keepAlive = head.keepAlive() && goesOn;
    this.body = new Http1Body(head, connection.settings.limits.headerByteSize());
    Http2Deadlines deadlines = connection.settings.deadlines;
    this.reading = new ProgressCheck(deadlines.body(), deadlines);
    this.writing = new ProgressCheck(deadlines.write(), deadlines);
  }

  void start(ExchangeStarter starter, ExchangeRoom room) {
    Http2Exchange made =
        new Http2Exchange(
            this,
            head.request(),
            reader,
            ctx.channel().remoteAddress(),
            starter.clientCertificate(),
            starter.isTls());
    exchange = made;
    String method = head.request().method();
    boolean mayUpgrade =
        body.isDone() && head.isHttp11() && WebSocketHandshake.isUpgrade(head.request());
    if (body.isDone()) {
      receivedAt = nanoTime();
      reader.end(); // Before the handler, which may answer at once.
    }
    if ((method.equals("GET") || method.equals("HEAD")) && !mayUpgrade) {
      reader.discard();
    }
    if (head.contentByteSize() > connection.settings.limits.bodyByteSize()) {
      keepAlive = false;
      made.respond(413);
      return;
    }
    if (!room.admit(made)) {
      keepAlive = false;
      made.respond(503);
      return;
    }
    if (head.expectsContinue() && head.hasBody()) {
      var _ = ctx.writeAndFlush(Http1Response.ascii(ctx, "HTTP/1.1 100 Continue\r\n\r\n"));
    }
    starter.start(made);
  }

  /** Takes what belongs to this request; whether there may be more. */
  boolean take(ByteBuf in) throws Http1Malformed {
    if (dropping) {
      return drop(in);
    }
    if (closed) {
      return false; // By a reset; the connection ends, and nobody would release what comes.
    }
    if (tunnel) {
      return takeRaw(in);
    }
    if (body.isDone() || isFull()) {
      return false;
    }
    ByteBuf piece = body.next(in);
    if (piece != null) {
      received += piece.readableBytes();
      if (received > connection.settings.limits.bodyByteSize()) {
        throw new Http1Malformed(413, "body too large");
      }
      unconsumed += piece.readableBytes();
      reader.received(piece);
    }
    if (body.isDone()) {
      receivedAt = nanoTime();
      reader.end();
      finish();
      return true;
    }
    return piece != null;
  }

  private boolean drop(ByteBuf in) throws Http1Malformed {
    boolean more = body.next(in) != null;
    if (body.isDone()) {
      connection.next();
    }
    return more;
  }

  private boolean takeRaw(ByteBuf in) {
    if (!isFull()) {
      takeRest(in);
    }
    return false;
  }

  /** Gives a WebSocket what has come for it, though its window be full: its peer has gone. */
  void takeRest(ByteBuf in) {
    int byteSize = in.readableBytes();
    if (tunnel && !closed && byteSize > 0) {
      received += byteSize;
      unconsumed += byteSize;
      reader.received(in.readSlice(byteSize));
    }
  }

  /** Returns whether the application holds the sender back, as it does until it reads. */
  boolean isFull() {
    int window = connection.settings.limits.windowByteSize();
    return !dropping
        && unconsumed > (wanted || tunnel ? window : Math.min(window, UNREAD_BYTE_SIZE));
  }

  @Override
  public void wanted() {
    boolean wasFull = isFull();
    wanted = true;
    goOnIf(wasFull);
  }

  /** Returns whether the application is to go on: to answer, or to take more of what is sent. */
  boolean keepsPeerWaiting() {
    return isFull() || (isReceived() && !begun);
  }

  /** Returns whether all of the request is here. */
  boolean isReceived() {
    return !tunnel && body.isDone();
  }

  boolean hasBegun() {
    return begun;
  }

  /** Returns whether the channel has all of the answer. */
  boolean isAnswered() {
    return responded;
  }

  void closeAfter() {
    keepAlive = false;
    if (dropping) {
      connection.endAfterWrites();
    }
  }

  @Override
  public EventExecutor loop() {
    return ctx.executor();
  }

  @Override
  public void writeResponse(int status, Headers headers, boolean endStream) {
    if (closed) {
      return;
    }
    begun = true;
    boolean sized = endStream || headers.first("content-length").isPresent();
    declaredByteSize = endStream ? -1 : declared(headers);
    chunked = !sized && head.isHttp11();
    if ((!sized && !chunked)
        || (endStream && isMisdeclared(status, headers))
        || (!reader.isWanted() && !isRestShort())) {
      keepAlive = false;
    }
    if (!sized && !chunked) {
      connection.endsBodyByClosing(true);
    }
    String connectionField = keepAlive ? head.isHttp11() ? "" : "keep-alive" : "close";
    ByteBuf bytes =
        chunked && connectionField.isEmpty()
            ? Http1Response.head(ctx, status, headers, "transfer-encoding: chunked")
            : chunked
                ? Http1Response.head(
                    ctx,
                    status,
                    headers,
                    "transfer-encoding: chunked",
                    "connection: " + connectionField)
                : connectionField.isEmpty()
                    ? Http1Response.head(ctx, status, headers)
                    : Http1Response.head(ctx, status, headers, "connection: " + connectionField);
    write(bytes);
    endQueued = endStream;
    pump();
  }

  @Override
  public void upgrade(Headers headers) {
    if (closed) {
      return;
    }
    begun = true;
    tunnel = true;
    keepAlive = false;
    reader.reopen(); // What follows is what the WebSocket receives.
    write(Http1Response.head(ctx, 101, headers, "connection: Upgrade", "upgrade: websocket"));
    ctx.flush();
    ctx.executor().execute(connection::process);
  }

  private void write(ByteBuf bytes) {
    passedOn += bytes.readableBytes();
    connection.passedOn(bytes.readableBytes());
    var _ = ctx.write(bytes, ctx.voidPromise());
  }

  @Override
  public void writeData(LentRegion lease, int padByteSize, boolean endStream) {
    if (closed || endQueued) {
      lease.fail(
          new Http2StreamException("write to " + describe() + ": closed", Http2Error.CANCEL));
      return;
    }
    writtenByteSize += lease.bytes().byteSize();
    if (isMisdeclared(endStream)) {
      lease.fail(
          new Http2StreamException(
              "write to "
                  + describe()
                  + ": a body of byteSize="
                  + writtenByteSize
                  + " for content-length="
                  + declaredByteSize,
              Http2Error.INTERNAL_ERROR));
      reset(Http2Error.INTERNAL_ERROR);
      return;
    }
    endQueued |= endStream;
    regions.add(new RegionCursor(lease));
    pump();
  }

  private static long declared(Headers headers) {
    try {
      return headers.first("content-length").map(Long::parseLong).orElse(-1L);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** The next response would be taken for a part of this one, or the rest of this for the next. */
  private boolean isMisdeclared(boolean ends) {
    return declaredByteSize >= 0
        && (writtenByteSize > declaredByteSize || (ends && writtenByteSize < declaredByteSize));
  }

  /** The same of a response that has no body, where one of its kind would. */
  private boolean isMisdeclared(int status, Headers headers) {
    Http2Exchange known = exchange;
    return known != null && !known.isBodiless(status) && declared(headers) > 0;
  }

  /** Writes as much as the socket takes; the rest waits as it lies. */
  void pump() {
    if (pumping) {
      return; // The loop below goes on.
    }
    pumping = true;
    try {
      while (!regions.isEmpty() && (ctx.channel().isWritable() || isEmptyRegion())) {
        writeNext(regions.getFirst());
      }
    } finally {
      pumping = false;
    }
    if (endQueued && regions.isEmpty() && !responded) {
      responded = true;
      if (chunked) {
        write(Http1Response.ascii(ctx, "0\r\n\r\n"));
      }
      ctx.flush();
      connection.answered();
      finish();
    } else {
      ctx.flush();
    }
  }

  private boolean isEmptyRegion() {
    return regions.getFirst().remainingByteSize() == 0;
  }

  private void writeNext(RegionCursor region) {
    if (region.remainingByteSize() > 0) {
      if (chunked && chunkLeft == 0) {
        chunkLeft = region.remainingByteSize();
        write(Http1Response.chunkHead(ctx, chunkLeft));
      }
      int piece = region.pieceByteSize(ConnectionBuilder.BATCH_BYTE_SIZE);
      write(
          SendBuffers.ofThisLoop()
              .view(region.segment(), region.byteOffset(), piece, region.lease(), ctx.alloc()));
      region.advance(piece);
      if (chunked) {
        chunkLeft -= piece;
        if (chunkLeft == 0) {
          write(Http1Response.ascii(ctx, "\r\n"));
        }
      }
    }
    if (region.remainingByteSize() == 0) {
      regions.removeFirst().lease().release();
    }
  }

  private void finish() {
    if (!responded || closed) {
      return;
    }
    boolean isGivenUp = !reader.isEnded() && !reader.isWanted();
    if (isGivenUp && !tunnel && keepAlive && isRestShort()) {
      dropRest();
    } else if (tunnel || isGivenUp || (reader.isEnded() && !keepAlive)) {
      connection.endAfterWrites(); // Nobody will read what still comes.
    } else if (reader.isEnded()) {
      close();
      connection.next();
    }
  }

  /** Returns whether what is still to come of the body is known, and no more than a window. */
  private boolean isRestShort() {
    return body.leftByteSize() <= connection.settings.limits.windowByteSize();
  }

  /** Its sender would lose the connection, though it has been told nothing of the kind. */
  private void dropRest() {
    close();
    dropping = true;
    droppingSince = nanoTime();
    connection.autoRead(true);
    connection.process();
  }

  @Override
  public void consumed(int byteSize) {
    boolean wasFull = isFull();
    unconsumed -= byteSize;
    goOnIf(wasFull);
  }

  private void goOnIf(boolean wasFull) {
    if (!closed && wasFull && !isFull()) {
      connection.autoRead(true);
      connection.process();
    }
  }

  @Override
  public void unwanted(boolean isMuch) {
    finish();
  }

  @Override
  public void reset(Http2Error error) {
    if (!closed) {
      close();
      connection.closeNow();
    }
  }

  void close() {
    if (closed) {
      return;
    }
    closed = true;
    while (!regions.isEmpty()) {
      regions.removeFirst().lease().fail(fault());
    }
    reader.closed(this::fault);
    if (exchange != null) {
      exchange.onClosed();
    }
  }

  /** Ends what has taken longer than it may. */
  void check(long nowNanos) {
    Http2Exchange known = exchange;
    if (dropping && nowNanos - droppingSince >= Nanos.of(connection.settings.deadlines.body())) {
      connection.endAfterWrites();
    }
    if (known == null || closed) {
      return;
    }
    var out = ctx.channel().unsafe().outboundBuffer();
    long pending = out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
    if (writing.isTooSlow(nowNanos, !regions.isEmpty() || pending > 0, passedOn - pending)) {
      reset(Http2Error.ENHANCE_YOUR_CALM);
    } else if (reading.isTooSlow(nowNanos, reader.isWaiting() && !isFull(), received)) {
      if (begun) {
        reset(Http2Error.ENHANCE_YOUR_CALM);
      } else {
        Http1Response.refuse(ctx, 408);
        connection.endAfterWrites();
      }
    } else if (receivedAt != 0
        && !known.hasResponded()
        && nowNanos - receivedAt >= Nanos.of(connection.settings.deadlines.handler())) {
      keepAlive = false;
      known.handlerIsLate();
    }
  }

  private Http2StreamException fault() {
    return new Http2StreamException(describe() + ": closed before its end", Http2Error.CANCEL);
  }

  @Override
  public Duration idle() {
    return connection.settings.limits.idle();
  }

  @Override
  public PeerClock clock() {
    return connection.clock;
  }

  @Override
  public long lastTakenNanos() {
    return ConnectionWatch.lastTakenNanos(ctx);
  }

  @Override
  public String describe() {
    return "exchange with " + ctx.channel().remoteAddress();
  }
}
