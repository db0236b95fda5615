package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 for those who can't speak HTTP/2: the same exchanges, one at a time. What a client sends
 * ahead waits in the socket until its turn comes.
 */
final class Http1Handler extends ChannelDuplexHandler implements WatchedProtocol {
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** The limit on exchanges whose answers aren't written, besides the one that runs. */
  private static final long MAX_AHEAD_BYTE_SIZE = 256 * 1024;

  final Http2Server.Builder settings;
  final PeerClock clock;
  private final ExchangeStarter starter;
  private final ExchangeRoom room;
  private final Http1Parser parser;
  private @Nullable ByteBuf in;
  private @Nullable Http1Turn turn;
  private boolean processing;
  private boolean over;
  private long headSince;

  /** Of exchanges since the writes were awaited last. */
  private long aheadByteSize;

  private boolean awaitsWrites;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ChannelPromise closing;
  private @Nullable PeerTimer ending;
  private final ProgressCheck answers;

  /** Of all answers so far. */
  private long passedOnByteSize;

  /** Whether nothing but the end of the connection tells where the answer ends. */
  private boolean endsBody;

  private Http1Handler(
      Http2Server.Builder settings, PeerClock clock, ExchangeStarter starter, ExchangeRoom room) {
    this.settings = settings;
    this.clock = clock;
    this.starter = starter;
    this.room = room;
    this.parser = new Http1Parser(settings.limits.headerByteSize());
    this.answers = new ProgressCheck(settings.deadlines.write(), settings.deadlines);
  }

  static Http1Handler addTo(
      ChannelPipeline pipeline,
      Http2Server.Builder settings,
      PeerClock clock,
      ExchangeStarter starter,
      ExchangeRoom room) {
    Http1Handler handler = new Http1Handler(settings, clock, starter, room);
    pipeline.addLast("http1", handler);
    return handler;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("HTTP/1.1 used before it was added to a pipeline");
    }
    return known;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (over || !(msg instanceof ByteBuf buffer)) {
      ReferenceCountUtil.release(msg);
      return;
    }
    ByteBuf before = in;
    if (before != null && before.refCnt() == 1) {
      before.discardSomeReadBytes(); // Else all requests that were ever cut by a read would stay.
    }
    in =
        before == null
            ? buffer
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), before, buffer);
    process();
  }

  /** Goes on with what has come, as far as it may now. */
  void process() {
    if (processing) {
      return; // The loop below goes on.
    }
    processing = true;
    try {
      boolean more = true;
      while (more && in != null && !over) {
        more = step(in);
      }
    } catch (Http1Malformed e) {
      refuse(e);
    } finally {
      processing = false;
    }
    ByteBuf left = in;
    if (left != null && (over || !left.isReadable())) {
      in = null;
      left.release();
    }
  }

  private boolean step(ByteBuf bytes) throws Http1Malformed {
    Http1Turn current = turn;
    if (current != null) {
      boolean more = current.take(bytes);
      // Either it holds the sender back, or what follows belongs to the next request.
      boolean pause = !more && (current.isFull() || current.isReceived()) && bytes.isReadable();
      autoRead(!pause);
      return more || turn == null;
    }
    if (aheadByteSize > MAX_AHEAD_BYTE_SIZE) {
      awaitWrites();
    }
    if (awaitsWrites || !ctx().channel().isWritable()) {
      autoRead(false); // Who doesn't read the answers before gets no further ones.
      return false;
    }
    autoRead(true);
    Http1Head head = parser.head(bytes);
    if (head == null) {
      if (headSince == 0 && bytes.isReadable()) {
        headSince = clock.nanoTime();
      }
      return false;
    }
    headSince = 0;
    Http1Turn begun = new Http1Turn(this, ctx(), head, closing == null);
    turn = begun;
    aheadByteSize += ExchangeRoom.byteSizeOf(head.request());
    begun.start(starter, room);
    return true;
  }

  /**
   * Goes on when all answers so far are written: until then they keep their exchanges, and those of
   * one client that sends ahead would take the room of its whole address.
   */
  private void awaitWrites() {
    aheadByteSize = 0;
    awaitsWrites = true;
    EventExecutor loop = ctx().executor();
    // As a task of the loop, behind those by which what was lent to these answers ends.
    ctx()
        .writeAndFlush(ctx().alloc().buffer(0, 0))
        .addListener(_ -> loop.execute(this::afterWrites));
  }

  private void afterWrites() {
    awaitsWrites = false;
    goOn();
  }

  /** No turn runs: goes on with what is here, or reads, as nothing else goes on where none is. */
  private void goOn() {
    if (turn == null && !over) {
      autoRead(true);
    }
    process();
  }

  /** Counts bytes that an answer has given to the channel. */
  void passedOn(int byteSize) {
    passedOnByteSize += byteSize;
  }

  void autoRead(boolean on) {
    if (ctx().channel().config().isAutoRead() != on) {
      ctx().channel().config().setAutoRead(on);
    }
  }

  /** The turn is over, and the connection goes on. */
  void next() {
    turn = null;
    goOn();
  }

  private void refuse(Http1Malformed fault) {
    Http1Turn current = turn;
    if (fault.status() != Http1Malformed.NO_ANSWER && (current == null || !current.hasBegun())) {
      Http1Response.refuse(ctx(), fault.status());
    }
    endAfterWrites();
  }

  /**
   * Nothing more is read or answered. The output is shut first, and what still comes is dropped for
   * a time: closing at once would reset the connection, and the last answer with it. A server that
   * closes doesn't wait for a client that has sent nothing ahead.
   */
  void endAfterWrites() {
    if (over) {
      return;
    }
    over = true;
    Http1Turn current = turn;
    turn = null;
    boolean isCut = endsBody && current != null && !current.isAnswered();
    if (current != null) {
      current.close();
    }
    if (isCut) {
      closeNow();
      return;
    }
    ChannelHandlerContext ctx = ctx();
    boolean isSentAhead = in != null && in.isReadable();
    autoRead(true);
    if (closing == null) {
      // A peer that reads nothing, and goes on sending, is ended all the same.
      closeWithin(settings.deadlines.write());
    }
    ctx.writeAndFlush(ctx.alloc().buffer(0, 0))
        .addListener(
            done -> {
              if (!done.isSuccess() || (closing != null && !isSentAhead)) {
                closeNow();
              } else {
                shutOutput(ctx);
              }
            });
  }

  /** Says that nothing more comes, in TLS as well, and drops what does come for a time. */
  private void shutOutput(ChannelHandlerContext ctx) {
    if (!(ctx.channel() instanceof DuplexChannel duplex)) {
      closeNow();
      return;
    }
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (tls == null) {
      var _ = duplex.shutdownOutput();
    } else {
      tls.closeOutbound()
          .addListener(
              _ -> {
                var _ = duplex.shutdownOutput();
              });
      ctx.pipeline().addBefore(ctx.pipeline().context(tls).name(), "drop", new DropsAll());
    }
    closeWithin(linger());
  }

  private Duration linger() {
    Duration grace = settings.grace;
    return closing != null && grace.compareTo(LINGER) < 0 ? grace : LINGER;
  }

  /** Keeps what still comes from TLS, which has said its last word. */
  private static final class DropsAll extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      ReferenceCountUtil.release(msg);
    }
  }

  /** One timer at a time, and none for a connection that is gone: it would keep all of it. */
  private void closeWithin(Duration time) {
    stopEnding();
    ending = PeerTimer.start(ctx().executor(), clock, Nanos.of(time), this::closeNow);
  }

  private void stopEnding() {
    PeerTimer known = ending;
    ending = null;
    if (known != null) {
      known.cancel();
    }
  }

  /**
   * Says whether the end of the connection is that of a body, as in HTTP/1.0, and more of it is to
   * come: then the end must be a reset, or what is cut looks whole.
   */
  void endsBodyByClosing(boolean on) {
    if (endsBody != on) {
      endsBody = on;
      try {
        ctx().channel().config().setOption(ChannelOption.SO_LINGER, on ? 0 : -1);
      } catch (ChannelException e) {
        // It has closed, and the word of that is on its way.
      }
    }
  }

  /**
   * The channel has all of an answer. Once that has left, the connection may end in any way: the
   * rest of the request may take long, or never come.
   */
  void answered() {
    if (endsBody) {
      ctx()
          .writeAndFlush(ctx().alloc().buffer(0, 0))
          .addListener(
              done -> {
                if (done.isSuccess()) {
                  endsBodyByClosing(false);
                }
              });
    }
  }

  void closeNow() {
    ChannelPromise promise = closing;
    // Not by way of TLS, which would say that nothing is missing.
    ChannelHandlerContext from = endsBody ? ctx().pipeline().firstContext() : ctx();
    // What closing fails may lead here again.
    var _ = promise == null || promise.isDone() ? from.close() : from.close(promise);
  }

  /** The server closes: the exchange that runs may end, and what was answered may leave. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    Http1Turn current = turn;
    boolean lingers = over && pendingByteSize() == 0;
    if (lingers && ending == null) {
      var _ = ctx.close(promise);
      return;
    }
    closing = promise;
    if (lingers) { // Else the last answer would be lost to a reset all the same.
      closeWithin(linger());
      return;
    }
    closeWithin(settings.grace);
    // A client of HTTP/1.1 that waits for no answer sends nothing as it reads.
    if (current != null || pendingByteSize() > 0) {
      ConnectionWatch.closes(ctx, true, settings.grace);
    }
    if (current != null) {
      current.closeAfter();
    } else {
      endAfterWrites();
    }
  }

  /** Returns what waits for the socket. */
  private long pendingByteSize() {
    ChannelOutboundBuffer out = ctx().channel().unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      if (turn == null) {
        goOn();
      } else {
        turn.pump();
      }
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    Http1Turn current = turn;
    if (current != null && in != null) {
      // Though nothing should be read: where a peer has gone, epoll reads all that is left.
      current.takeRest(in);
    }
    over = true;
    stopEnding();
    turn = null;
    if (current != null) {
      current.close();
    }
    process(); // Releases what is left.
    ctx.fireChannelInactive();
  }

  /** A peer that shuts down its output in TLS counts as gone, but may read on. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (endsBody && event instanceof SslCloseCompletionEvent) {
      closeNow(); // Before its close_notify is answered.
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (endsBody) {
      closeNow();
    } else {
      var _ = ctx.close();
    }
  }

  @Override
  public void check(long nowNanos) {
    Http1Turn current = turn;
    if (over) {
      return;
    }
    long pending = pendingByteSize();
    boolean unread = current == null && pending > 0;
    // What has left: as much may wait each time, since new answers take the place of those.
    if (answers.isTooSlow(nowNanos, unread, passedOnByteSize - pending)) {
      closeNow();
    } else if (current != null) {
      current.check(nowNanos);
    } else if (headSince != 0 && nowNanos - headSince >= Nanos.of(settings.deadlines.header())) {
      refuse(new Http1Malformed(408, "header too slow"));
    }
  }

  @Override
  public boolean keepsPeerWaiting() {
    Http1Turn current = turn;
    return !over && current != null && current.keepsPeerWaiting();
  }

  @Override
  public void leavesTooSlowly() {
    closeNow();
  }

  @Override
  public boolean probe() {
    return false;
  }
}
