package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection: Netty's codec, with our guard before it and our writer beside it. All on
 * the connection's event loop.
 */
final class ConnectionHandler extends Http2ConnectionHandler implements WatchedProtocol {
  private static final int PREFACE_BYTE_SIZE = 24;

  /** The size of a frame that every peer takes, RFC 9113 section 4.2. */
  private static final int FRAME_BYTE_SIZE = 16_384;

  /** The size of a table of fields before any SETTINGS, RFC 9113 section 6.5.2. */
  private static final int HEADER_TABLE_BYTE_SIZE = 4096;

  private static final int SMALL_READ_BYTE_SIZE = 2048;

  /** A stream with less of its own window than this waits for it. */
  private static final int MIN_WINDOW_BYTE_SIZE = 1024;

  private static final long PROBE = 0x7365677565L;

  private final Http2Connection.PropertyKey key;
  private final FrameGuard guard = new FrameGuard();
  private final StreamOrder order;
  private final ResetStreams resets = new ResetStreams();
  private final Http2Limits limits;
  private final WriteTurns turns;
  private final PeerClock clock;
  private final @Nullable Http2Deadlines deadlines;
  private final @Nullable Http2ClientTimeouts timeouts;
  private final @Nullable ProgressCheck writing;
  private final @Nullable ProgressCheck partialData;
  private long lastReadNanos;
  private @Nullable String endCause;
  private long sentByteSize;
  private long partialSince;

  /** The stream of a DATA frame that is not whole; 0 if there is none. */
  private int partialStreamId;

  private int partialByteSize;
  private long readByteSize;
  private final int localMaxFrameSize;
  private final Runnable flushLater = this::flushNow;
  private int prefaceLeft;
  private boolean broken;
  private boolean reading;
  private boolean flushScheduled;
  private @Nullable ChannelHandlerContext context;
  private @Nullable FrameSink sink;

  ConnectionHandler(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Http2Limits limits,
      WriteTurns turns,
      PeerClock clock,
      @Nullable Http2Deadlines deadlines,
      @Nullable Http2ClientTimeouts timeouts) {
    super(decoder, encoder, settings);
    this.timeouts = timeouts;
    this.turns = turns;
    this.clock = clock;
    this.lastReadNanos = clock.nanoTime();
    this.deadlines = deadlines;
    this.writing = deadlines == null ? null : new ProgressCheck(deadlines.write(), deadlines);
    this.partialData = deadlines == null ? null : new ProgressCheck(deadlines.body(), deadlines);
    this.limits = limits;
    this.order = new StreamOrder(connection());
    Integer maxFrameSize = settings.maxFrameSize();
    this.localMaxFrameSize = maxFrameSize == null ? FRAME_BYTE_SIZE : maxFrameSize;
    this.key = connection().newKey();
    this.prefaceLeft = connection().isServer() ? PREFACE_BYTE_SIZE : 0;
    setCumulator(ConnectionHandler::cumulate);
  }

  /**
   * A frame that straddles two reads stays in both buffers, since merging would copy it. Small
   * reads are merged: each would keep a buffer and an object for what may be a single byte.
   */
  private static ByteBuf cumulate(ByteBufAllocator alloc, ByteBuf before, ByteBuf in) {
    boolean small = in.readableBytes() < SMALL_READ_BYTE_SIZE;
    return (small ? MERGE_CUMULATOR : COMPOSITE_CUMULATOR).cumulate(alloc, before, in);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    SslHandler ssl = ctx.pipeline().get(SslHandler.class);
    if (ssl != null && ssl.engine() instanceof ReferenceCountedOpenSslEngine) {
      TlsSink tls = new TlsSink(ssl);
      ctx.pipeline().addBefore(ctx.pipeline().context(ssl).name(), "tls-sink", tls);
      ctx.pipeline().addBefore(ctx.name(), "tls-gate", tls.gate());
      sink = tls;
    } else {
      sink = new SocketSink(ctx);
    }
    super.handlerAdded(ctx);
    openResponsesWindow();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    super.channelActive(ctx);
    openResponsesWindow();
  }

  /** On a client, which asks for nothing that it doesn't want. */
  private void openResponsesWindow() throws Http2Exception {
    if (!connection().isServer() && ctx().channel().isActive()) {
      openConnectionWindow();
    }
  }

  /**
   * On a server, a handler reads a body. Until then all bodies of the connection have the window
   * that each begins with, 64 KiB: where none is ever read, they keep no more memory than that.
   */
  void bodiesAreWanted() {
    if (connection().isServer()) {
      try {
        openConnectionWindow();
      } catch (Http2Exception e) {
        onError(ctx(), true, e);
      }
    }
  }

  private void openConnectionWindow() throws Http2Exception {
    Http2Stream all = connection().connectionStream();
    int missing = connectionWindowByteSize() - decoder().flowController().initialWindowSize(all);
    if (missing > 0) {
      decoder().flowController().incrementWindowSize(all, missing);
      flushSoon();
    }
  }

  private int connectionWindowByteSize() {
    return (int) Math.min(1L << 30, 2L * limits.windowByteSize());
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("connection used before it was added to a pipeline");
    }
    return known;
  }

  EventExecutor loop() {
    return ctx().executor();
  }

  FrameSink sink() {
    FrameSink known = sink;
    if (known == null) {
      throw new IllegalStateException("connection used before it was added to a pipeline");
    }
    return known;
  }

  int remoteMaxFrameSize() {
    return encoder().configuration().frameSizePolicy().maxFrameSize();
  }

  /**
   * Keeps the table of fields that were sent at the size that each peer begins with, whatever this
   * one allows: 4 GiB of it would keep every field of every answer.
   */
  void boundHeaderTable() throws Http2Exception {
    Http2HeadersEncoder.Configuration fields = encoder().configuration().headersConfiguration();
    if (fields.maxHeaderTableSize() > HEADER_TABLE_BYTE_SIZE) {
      fields.maxHeaderTableSize(HEADER_TABLE_BYTE_SIZE);
    }
  }

  /**
   * Rounds what the socket takes now up to whole frames, as far as the windows go: cutting a frame
   * there would make small ones of no use to anybody.
   */
  int wholeFrames(Http2Stream stream, int allowedBytes) {
    int open =
        Math.min(
            encoder().flowController().windowSize(stream),
            encoder().flowController().windowSize(connection().connectionStream()));
    long whole = Math.ceilDiv((long) allowedBytes, FRAME_BYTE_SIZE) * FRAME_BYTE_SIZE;
    // The windows don't know yet what a region before this one took of them in the same turn.
    return (int) Math.max(0, Math.min((long) open - turns.writtenByteSize(), whole));
  }

  /** Counts what a write took of the windows, padding included. */
  void wrote(Http2Stream stream, int byteSize) {
    turns.wrote(byteSize);
    sentByteSize += byteSize;
    OpenStream ours = of(stream);
    if (ours != null) {
      ours.sent(byteSize);
    }
  }

  /** On a server. */
  @Nullable Http2Deadlines deadlines() {
    return deadlines;
  }

  /** On a client. */
  @Nullable Http2ClientTimeouts timeouts() {
    return timeouts;
  }

  /** The time that deadlines are kept by. */
  PeerClock clock() {
    return clock;
  }

  /** Now, by that time. */
  long nanoTime() {
    return clock.nanoTime();
  }

  /** Returns when anything came last. */
  long lastReadNanos() {
    return lastReadNanos;
  }

  long lastTakenNanos() {
    return ConnectionWatch.lastTakenNanos(ctx());
  }

  /** The streams that are open. */
  List<OpenStream> streams() {
    List<OpenStream> open = new ArrayList<>(connection().numActiveStreams());
    try {
      connection()
          .forEachActiveStream(
              stream -> {
                OpenStream ours = of(stream);
                if (ours != null) {
                  open.add(ours);
                }
                return true;
              });
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
    return open;
  }

  /** Returns whether bytes of the stream wait for a window or the socket. */
  boolean isWaitingToWrite(OpenStream stream) {
    return encoder().flowController().hasFlowControlled(stream.stream);
  }

  /** Says why the connection will end, for those whose streams it ends. */
  void dueTo(String cause) {
    endCause = cause;
  }

  // Deadlines.

  @Override
  public void check(long nowNanos) {
    Http2Deadlines known = deadlines;
    if (known == null || writing == null || partialData == null) {
      return;
    }
    boolean isData = partialStreamId != 0;
    boolean dataIsSlow = partialData.isTooSlow(nowNanos, isData, readByteSize);
    // DATA may be long and its sender slow; every other frame is short.
    boolean restIsLate =
        !isData && partialSince != 0 && nowNanos - partialSince >= Nanos.of(known.header());
    if (dataIsSlow || restIsLate) {
      endSlowConnection("a frame or header that doesn't come to its end");
      return;
    }
    List<OpenStream> slow = new ArrayList<>(0);
    boolean[] waits = {false};
    try {
      connection()
          .forEachActiveStream(
              stream -> {
                waits[0] |= look(stream, nowNanos, known, slow);
                return true;
              });
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
    if (writing.isTooSlow(nowNanos, waits[0], sentByteSize)) {
      endSlowConnection("less read than the least rate");
      return;
    }
    for (OpenStream each : slow) {
      each.reset(dev.segue.http2.Http2Error.ENHANCE_YOUR_CALM);
    }
  }

  /** Returns whether bytes of the stream wait for the connection. */
  private boolean look(
      Http2Stream stream, long nowNanos, Http2Deadlines known, List<OpenStream> slow) {
    OpenStream ours = of(stream);
    if (ours == null) {
      return false;
    }
    boolean waits = encoder().flowController().hasFlowControlled(stream);
    boolean hindered =
        waits && encoder().flowController().windowSize(stream) < MIN_WINDOW_BYTE_SIZE;
    if (ours.isTooSlow(nowNanos, hindered)) {
      slow.add(ours);
    }
    ours.checkHandler(nowNanos, Nanos.of(known.handler()));
    return waits && !hindered;
  }

  private void endSlowConnection(String what) {
    onError(
        ctx(),
        true,
        new Http2Exception(
            io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM,
            what,
            Http2Exception.ShutdownHint.HARD_SHUTDOWN));
  }

  @Override
  public boolean keepsPeerWaiting() {
    return false; // It can be asked.
  }

  @Override
  public void leavesTooSlowly() {
    endSlowConnection("less read than the least rate");
  }

  @Override
  public boolean probe() {
    if (connection().numActiveStreams() == 0) {
      return false; // Answers to PING would keep a connection for ever that nobody uses.
    }
    var _ = encoder().writePing(ctx(), false, PROBE, ctx().newPromise());
    ctx().flush();
    return true;
  }

  /**
   * With GOAWAY, so that a client whose request meets the close knows that nobody has processed it;
   * what it sends meanwhile must not answer that with a reset.
   */
  @Override
  public boolean leave() {
    if (connection().numActiveStreams() > 0 || connection().goAwaySent()) {
      return false;
    }
    ConnectionWatch.closes(ctx(), true, grace());
    var _ = ctx().channel().close();
    return true;
  }

  private Duration grace() {
    return Duration.ofMillis(gracefulShutdownTimeoutMillis());
  }

  Http2Limits limits() {
    return limits;
  }

  /** Called where this end closes the connection: open streams may end within the grace. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) throws Exception {
    ConnectionWatch.closes(ctx, connection().numActiveStreams() > 0, grace());
    super.close(ctx, promise);
  }

  // Input.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    reading = true;
    lastReadNanos = clock.nanoTime();
    readByteSize += msg instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    super.channelRead(ctx, msg);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    reading = false;
    super.channelReadComplete(ctx);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (prefaceLeft > 0) {
      int run = Math.min(prefaceLeft, in.readableBytes());
      prefaceLeft -= run;
      super.decode(ctx, in.readSlice(run), out);
      partialSince = prefaceLeft == 0 ? 0 : partialSince == 0 ? clock.nanoTime() : partialSince;
      return;
    }
    try {
      int byteSize = guard.nextFrame(in, localMaxFrameSize);
      if (byteSize > 0) {
        checkOrder(in);
        if (!dropIfReset(in, byteSize)) {
          decodeFrame(ctx, in, byteSize, out);
        }
      }
      noteWhole(in, byteSize > 0);
    } catch (Http2Exception e) {
      onError(ctx, false, e);
    }
  }

  /** Keeps since when a frame, or a header of several, has not been whole, and what is there. */
  private void noteWhole(ByteBuf in, boolean isFrame) {
    partialStreamId = 0;
    if (guard.isInHeaderBlock()) {
      partialSince = partialSince == 0 ? clock.nanoTime() : partialSince;
    } else if (isFrame || !in.isReadable()) {
      partialSince = 0;
    } else {
      partialSince = partialSince == 0 ? clock.nanoTime() : partialSince;
      notePartialData(in);
    }
  }

  private void notePartialData(ByteBuf in) {
    int start = in.readerIndex();
    if (in.readableBytes() >= FrameSink.HEADER_BYTE_SIZE
        && in.getByte(start + 3) == DataFrame.TYPE) {
      partialStreamId = in.getInt(start + 5) & Integer.MAX_VALUE;
      partialByteSize = in.readableBytes() - FrameSink.HEADER_BYTE_SIZE;
    }
  }

  /** Returns how much has come of a DATA frame of the stream that is not whole. */
  int partialByteSize(Http2Stream stream) {
    return stream.id() == partialStreamId ? partialByteSize : 0;
  }

  /** Shows the codec one frame and no more, without an object for each. */
  private void decodeFrame(ChannelHandlerContext ctx, ByteBuf in, int byteSize, List<Object> out)
      throws Exception {
    int frameEnd = in.readerIndex() + byteSize;
    int end = in.writerIndex();
    in.writerIndex(frameEnd);
    try {
      super.decode(ctx, in, out);
    } finally {
      in.setIndex(frameEnd, end);
    }
  }

  /**
   * Drops DATA of a stream whose reset is still on its way, or that began after our GOAWAY: the
   * codec would drop it as well, with a line in the log for each frame. Further HEADERS it must see
   * for their table of fields, so they are few.
   */
  private boolean dropIfReset(ByteBuf in, int byteSize) throws Http2Exception {
    int start = in.readerIndex();
    int payload = byteSize - FrameSink.HEADER_BYTE_SIZE;
    if (payload < 0 || in.getUnsignedMedium(start) != payload) {
      return false; // Not whole, or an error: for the codec to find.
    }
    int type = in.getUnsignedByte(start + 3);
    int streamId = in.getInt(start + 5) & Integer.MAX_VALUE;
    Http2Stream stream = connection().stream(streamId);
    boolean isLate = stream == null ? isBeyondGoAway(streamId) : stream.isResetSent();
    if (!isLate) {
      return false;
    }
    if (type == FrameGuard.HEADERS) {
      guard.countControl(); // Also those that go on in CONTINUATION frames.
    }
    if (type != DataFrame.TYPE || guard.isInHeaderBlock()) {
      return false; // DATA within a header block is an error, too.
    }
    ByteBuf data = in.slice(start + FrameSink.HEADER_BYTE_SIZE, payload);
    in.skipBytes(byteSize);
    if (!resets.drop()) {
      throw FrameGuard.calm("too many frames of streams that were reset");
    }
    decoder().flowController().receiveFlowControlledFrame(stream, data, 0, false);
    decoder().flowController().consumeBytes(stream, payload);
    return true;
  }

  private boolean isBeyondGoAway(int streamId) {
    return connection().goAwaySent()
        && connection().remote().isValidStreamId(streamId)
        && streamId > connection().remote().lastStreamKnownByPeer();
  }

  private void checkOrder(ByteBuf in) throws Http2Exception {
    int start = in.readerIndex();
    if (in.readableBytes() < FrameSink.HEADER_BYTE_SIZE) {
      return;
    }
    int type = in.getUnsignedByte(start + 3);
    boolean endStream = (in.getUnsignedByte(start + 4) & DataFrame.END_STREAM) != 0;
    int streamId = in.getInt(start + 5) & Integer.MAX_VALUE;
    if (!connection().isServer()) {
      checkServersStream(type, streamId);
    } else if (type == FrameGuard.HEADERS && streamId % 2 == 1) {
      order.onHeaders(streamId, endStream);
    } else if (type == DataFrame.TYPE && endStream) {
      order.onEnd(streamId);
    }
  }

  /**
   * Refuses a stream that a server opens, RFC 9113 section 5.1.1: the codec would open it, and as
   * many more as there come.
   */
  private static void checkServersStream(int type, int streamId) throws Http2Exception {
    if (type == FrameGuard.HEADERS && streamId % 2 == 0) {
      throw Http2Exception.connectionError(
          io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR,
          "HEADERS of a server on stream id=%d",
          streamId);
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception http2Ex) {
    broken = true;
    super.onConnectionError(ctx, outbound, cause, http2Ex);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException http2Ex) {
    int id = http2Ex.streamId();
    if (!outbound && connection().stream(id) == null && resets.contains(id)) {
      if (!resets.drop()) {
        onError(ctx, false, FrameGuard.calm("too many frames of streams that were reset"));
      }
      return; // It was sent before the peer knew.
    }
    resets.add(id); // Also one that there is no more, or never was, as its header is too large.
    super.onStreamError(ctx, outbound, cause, http2Ex);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    boolean isTls = cause instanceof DecoderException && cause.getCause() instanceof SSLException;
    if (isTls || cause instanceof IOException) {
      // The peer is gone, or has broken TLS, which is not an entry in our log; the streams learn it
      // from the close.
      var _ = ctx.close();
    } else {
      super.exceptionCaught(ctx, cause);
    }
  }

  // Streams.

  OpenStream open(Http2Stream stream) {
    OpenStream made = new OpenStream(this, stream);
    stream.setProperty(key, made);
    return made;
  }

  @Nullable OpenStream find(int streamId) {
    Http2Stream stream = connection().stream(streamId);
    return stream == null ? null : of(stream);
  }

  @Nullable OpenStream of(Http2Stream stream) {
    return stream.getProperty(key);
  }

  /** Opens a stream and sends a request on it; null, and nothing sent, if there is none. */
  @Nullable OpenStream request(Http2Headers headers, boolean endStream, ClientRequest request) {
    int id = connection().local().incrementAndGetNextStreamId();
    if (id < 0) {
      return null; // All of them were used.
    }
    ChannelFuture sent =
        encoder().writeHeaders(ctx(), id, headers, 0, endStream, ctx().newPromise());
    Http2Stream stream = connection().stream(id);
    if (sent.cause() instanceof Http2Exception.StreamException unfit) {
      request.fail(
          new Http2StreamException(
              request + ": the server allows no such header", Http2Error.CANCEL, unfit));
      return null;
    }
    if (stream == null) {
      return null;
    }
    OpenStream opened = open(stream);
    opened.request = request;
    if (endStream) {
      opened.sentWhole();
    }
    flushSoon();
    return opened;
  }

  void writeResponse(Http2Stream stream, int status, Headers headers, boolean endStream) {
    if (connection().stream(stream.id()) == null) {
      return;
    }
    Http2Headers fields = new DefaultHttp2Headers(false, headers.count() + 1);
    fields.status(Integer.toString(status));
    headers.forEach(fields::add);
    ChannelFuture sent =
        encoder().writeHeaders(ctx(), stream.id(), fields, 0, endStream, ctx().newPromise());
    if (endStream) {
      sent.addListener(_ -> askForNoMore(stream));
    }
    flushSoon();
  }

  void writeData(Http2Stream stream, LentRegion lease, int padByteSize, boolean endStream) {
    boolean open =
        connection().stream(stream.id()) != null
            && switch (stream.state()) {
              case OPEN, HALF_CLOSED_REMOTE -> true;
              default -> false;
            };
    if (!open) {
      lease.fail(faultOf(stream, null));
      return;
    }
    if (lease.bytes().isEmpty() && !endStream && padByteSize == 0) {
      lease.release();
      return;
    }
    encoder()
        .flowController()
        .addFlowControlled(
            stream,
            new RegionWrite(this, stream, lease, padByteSize, endStream, remoteMaxFrameSize()));
    flushSoon();
  }

  void endedLocally(Http2Stream stream, ChannelFuture sent) {
    OpenStream ours = of(stream);
    if (ours != null) {
      ours.sentWhole();
    }
    closeStreamLocal(stream, sent);
    sent.addListener(_ -> askForNoMore(stream));
  }

  /** RFC 9113 section 8.1: the response is complete, so a body nobody reads need not come. */
  void askForNoMore(Http2Stream stream) {
    OpenStream ours = of(stream);
    if (connection().isServer()
        && ours != null
        && connection().stream(stream.id()) != null
        && stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL
        && !ours.reader.isWanted()) {
      reset(stream, Http2Error.NO_ERROR);
    }
  }

  void consumed(Http2Stream stream, int byteSize) {
    if (connection().stream(stream.id()) == null) {
      return; // The codec has given back what a closed stream held.
    }
    try {
      if (decoder().flowController().consumeBytes(stream, byteSize)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
  }

  void reset(Http2Stream stream, Http2Error error) {
    if (connection().stream(stream.id()) != null) {
      resets.add(stream.id());
      var _ = resetStream(ctx(), stream.id(), error.code(), ctx().newPromise());
      flushSoon();
    }
  }

  Http2StreamException faultOf(Http2Stream stream, @Nullable Throwable cause) {
    OpenStream ours = of(stream);
    Http2StreamException known = ours == null ? null : ours.endedBy();
    if (known != null) {
      return known;
    }
    String name = "stream id=" + stream.id() + " of " + this;
    int last = connection().local().lastStreamKnownByPeer();
    if (connection().goAwayReceived()
        && connection().local().isValidStreamId(stream.id())
        && stream.id() > last) {
      return new Http2StreamException(
          name
              + ": not processed, the peer went away with lastStreamId="
              + last
              + "; send it again",
          Http2Error.REFUSED_STREAM);
    }
    String message = name + ": closed before its end" + (endCause == null ? "" : ", " + endCause);
    return cause == null
        ? new Http2StreamException(message, Http2Error.STREAM_CLOSED)
        : new Http2StreamException(message, Http2Error.CANCEL, cause);
  }

  /** One flush for all that this turn of the loop writes, so that small writes share a frame. */
  void flushSoon() {
    if (!reading && !flushScheduled) {
      flushScheduled = true;
      loop().execute(flushLater);
    }
  }

  private void flushNow() {
    flushScheduled = false;
    flush(ctx());
  }

  @Override
  public String toString() {
    return context == null ? "connection" : "connection to " + context.channel().remoteAddress();
  }
}
