package dev.segue.http2;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1 for those who can't speak HTTP/2: the same exchanges, one at a time. */
final class Http1Handler extends ChannelDuplexHandler {
  private final Http2Handler handler;
  private final Http2Limits limits;
  private final @Nullable X509Certificate client;
  private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>();
  private @Nullable Turn turn;

  private Http1Handler(Http2Handler handler, Http2Limits limits, @Nullable X509Certificate client) {
    this.handler = handler;
    this.limits = limits;
    this.client = client;
  }

  static void addTo(
      ChannelPipeline pipeline,
      Http2Handler handler,
      Http2Limits limits,
      @Nullable X509Certificate client) {
    HttpDecoderConfig config =
        new HttpDecoderConfig()
            .setMaxHeaderSize(limits.headerByteSize())
            .setMaxInitialLineLength(limits.headerByteSize());
    pipeline.addLast("http1-codec", new HttpServerCodec(config));
    pipeline.addLast("http1", new Http1Handler(handler, limits, client));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (msg instanceof HttpObject object) {
      waiting.add(object);
      next(ctx);
    } else {
      ReferenceCountUtil.release(msg);
    }
  }

  private void next(ChannelHandlerContext ctx) {
    while (!waiting.isEmpty()) {
      if (waiting.getFirst() instanceof HttpRequest request) {
        if (turn != null) {
          ctx.channel().config().setAutoRead(false);
          return; // Its turn comes when the one before has been answered.
        }
        waiting.removeFirst();
        begin(ctx, request);
      } else {
        HttpObject object = waiting.removeFirst();
        if (turn != null && object instanceof HttpContent content) {
          turn.received(content);
        }
        ReferenceCountUtil.release(object);
      }
    }
  }

  private void begin(ChannelHandlerContext ctx, HttpRequest request) {
    Turn begun = new Turn(ctx, HttpUtil.isKeepAlive(request), request.protocolVersion());
    turn = begun;
    if (!request.decoderResult().isSuccess()) {
      begun.keepAlive = false;
      if (request.decoderResult().cause() instanceof TooLongHttpHeaderException) {
        begun.writeResponse(431, Headers.of("content-length", "0"), true);
      }
      var _ = ctx.close(); // What can't be read as HTTP/1.1 may be anything.
      return;
    }
    List<String> fields = new ArrayList<>();
    for (Map.Entry<String, String> field : request.headers()) {
      fields.add(field.getKey().toLowerCase(Locale.ROOT));
      fields.add(field.getValue());
    }
    Headers headers = Headers.owning(fields);
    Http2Exchange exchange =
        new Http2Exchange(
            begun,
            new Request(
                request.method().name(), request.uri(), headers.first("host").orElse(""), headers),
            begun.reader,
            ctx.channel().remoteAddress(),
            client);
    begun.exchange = exchange;
    if (HttpUtil.getContentLength(request, 0L) == 0
        && !HttpUtil.isTransferEncodingChunked(request)) {
      begun.reader.end(); // Known before the codec says so, and the handler may answer at once.
    }
    if (HttpUtil.getContentLength(request, 0L) > limits.bodyByteSize()) {
      begun.keepAlive = false;
      exchange.respond(413);
      return;
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      var _ =
          ctx.writeAndFlush(
              new DefaultFullHttpResponse(
                  HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    ServerEvents.answer(handler, exchange);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (turn != null && ctx.channel().isWritable()) {
      turn.pump();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
    if (turn != null) {
      turn.close();
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var _ = ctx.close();
  }

  /** One request and its response. */
  private final class Turn implements Transport {
    private final ChannelHandlerContext ctx;
    private final HttpVersion version;
    private final BodyReader reader = new BodyReader(this, false);
    private final ArrayDeque<RegionCursor> regions = new ArrayDeque<>();
    private @Nullable Http2Exchange exchange;
    private boolean keepAlive;
    private boolean endQueued;
    private boolean responded;
    private boolean closed;
    private long received;
    private long unconsumed;

    Turn(ChannelHandlerContext ctx, boolean keepAlive, HttpVersion version) {
      this.ctx = ctx;
      this.keepAlive = keepAlive;
      this.version = version;
    }

    void received(HttpContent content) {
      int byteSize = content.content().readableBytes();
      received += byteSize;
      if (received > limits.bodyByteSize()) {
        reset(Http2Error.CANCEL);
        return;
      }
      unconsumed += byteSize;
      if (unconsumed > limits.windowByteSize()) {
        ctx.channel().config().setAutoRead(false);
      }
      reader.received(content.content());
      if (content instanceof LastHttpContent) {
        reader.end();
        finish();
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
      HttpResponse response =
          new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
      headers.forEach((name, value) -> response.headers().add(name, value));
      boolean sized = response.headers().contains(HttpHeaderNames.CONTENT_LENGTH) || endStream;
      if (!sized && version.equals(HttpVersion.HTTP_1_1)) {
        HttpUtil.setTransferEncodingChunked(response, true);
      } else if (!sized) {
        keepAlive = false;
      }
      HttpUtil.setKeepAlive(response.headers(), version, keepAlive);
      var _ = ctx.write(response, ctx.voidPromise());
      endQueued = endStream;
      pump();
    }

    @Override
    public void writeData(LentRegion lease, int padByteSize, boolean endStream) {
      if (closed) {
        lease.fail(
            new Http2StreamException("write to " + describe() + ": closed", Http2Error.CANCEL));
        return;
      }
      endQueued |= endStream;
      regions.add(new RegionCursor(lease));
      pump();
    }

    /** Writes as much as the socket takes; the rest waits as it lies. */
    void pump() {
      while (!regions.isEmpty() && (ctx.channel().isWritable() || !isLarge())) {
        RegionCursor region = regions.getFirst();
        if (region.remainingByteSize() > 0) {
          int piece = region.pieceByteSize(ConnectionBuilder.BATCH_BYTE_SIZE);
          var _ =
              ctx.write(
                  SendBuffers.ofThisLoop()
                      .view(
                          region.segment(),
                          region.byteOffset(),
                          piece,
                          region.lease(),
                          ctx.alloc()),
                  ctx.voidPromise());
          region.advance(piece);
        }
        if (region.remainingByteSize() == 0) {
          regions.removeFirst().lease().release();
        }
      }
      if (endQueued && regions.isEmpty() && !responded) {
        responded = true;
        ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
            .addListener(keepAlive ? _ -> {} : ChannelFutureListener.CLOSE);
        finish();
      } else {
        ctx.flush();
      }
    }

    private boolean isLarge() {
      return regions.getFirst().remainingByteSize() > 0;
    }

    private void finish() {
      if (!responded) {
        return;
      }
      if (!reader.isEnded() && !reader.isTouched()) {
        keepAlive = false; // Nobody will read what still comes.
        close();
        var _ = ctx.close();
      } else if (reader.isEnded()) {
        close();
        turn = null;
        ctx.channel().config().setAutoRead(true);
        next(ctx);
      }
    }

    @Override
    public void consumed(int byteSize) {
      unconsumed -= byteSize;
      if (unconsumed <= limits.windowByteSize() / 2) {
        ctx.channel().config().setAutoRead(true);
      }
    }

    @Override
    public void reset(Http2Error error) {
      close();
      var _ = ctx.close();
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

    private Http2StreamException fault() {
      return new Http2StreamException(describe() + ": closed before its end", Http2Error.CANCEL);
    }

    @Override
    public String describe() {
      return "exchange with " + ctx.channel().remoteAddress();
    }
  }
}
