package dev.segue.http2;

import dev.segue.bytes.SegmentedBytes;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to a server, for any number of requests at a time.
 *
 * <pre>{@code
 * try (Http2Client client = Http2Client.builder("localhost", 8443).tls(Tls.ofDefaults()).connect()) {
 *   Response response = client.send(Request.get("/image")).toCompletableFuture().get();
 *   try (WholeBody body = response.body().readAll(1 << 20).toCompletableFuture().get()) {
 *     use(body.bytes());
 *   }
 * }
 * }</pre>
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()} or the server goes away. Threads: any;
 * completions run on the client's event loop and must not block.
 */
public final class Http2Client implements AutoCloseable {
  private final EventLoopGroup loops;
  private final @Nullable SslContext ssl;
  private final Channel channel;
  private final ConnectionHandler connection;
  private final String scheme;
  private final String authority;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Http2Client(Builder builder) throws IOException {
    this.ssl = builder.tls == null ? null : builder.tls.clientContext();
    this.scheme = ssl == null ? "http" : "https";
    this.authority = builder.host + ":" + builder.port;
    this.loops = Loops.start(1);
    CompletableFuture<Void> ready = new CompletableFuture<>();
    this.connection =
        ConnectionBuilder.client(builder.limits, new ClientEvents(ready), Duration.ofSeconds(1));
    try {
      this.channel = connect(builder, ready);
    } catch (IOException | RuntimeException e) {
      release();
      throw e;
    }
  }

  private Channel connect(Builder builder, CompletableFuture<Void> ready) throws IOException {
    String where = "connect to host=" + builder.host + " port=" + builder.port;
    ChannelFuture connecting =
        new Bootstrap()
            .group(loops)
            .channel(Loops.channel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) builder.timeout.toMillis())
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, ConnectionBuilder.waterMark(false))
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (ssl == null) {
                      channel.pipeline().addLast("http2", connection);
                      return;
                    }
                    SslHandler handler =
                        ssl.newHandler(channel.alloc(), builder.host, builder.port);
                    handler.setWrapDataSize(-1);
                    channel.pipeline().addLast(handler);
                    handler
                        .handshakeFuture()
                        .addListener(
                            done -> {
                              if (!done.isSuccess()) {
                                ready.completeExceptionally(done.cause());
                              } else if (!"h2".equals(handler.applicationProtocol())) {
                                ready.completeExceptionally(
                                    new IOException(where + ": the server doesn't speak HTTP/2"));
                              } else {
                                channel.pipeline().addLast("http2", connection);
                              }
                            });
                  }
                })
            .connect(builder.host, builder.port)
            .awaitUninterruptibly();
    if (!connecting.isSuccess()) {
      throw new IOException(where, connecting.cause());
    }
    connecting
        .channel()
        .closeFuture()
        .addListener(
            _ -> ready.completeExceptionally(new IOException(where + ": the server hung up")));
    try {
      ready.get(builder.timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(where, e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(where + ": no SETTINGS within timeout=" + builder.timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(where + ": interrupted", e);
    }
    return connecting.channel();
  }

  /** Settings of a client of that server. */
  public static Builder builder(String host, int port) {
    return new Builder(host, port);
  }

  /** Sends a request without a body. Completes when the response's header has come. */
  public CompletionStage<Response> send(Request request) {
    CompletableFuture<Response> response = new CompletableFuture<>();
    connection.loop().execute(() -> connection.request(fields(request), true, response));
    return response;
  }

  /**
   * Sends a request with a body, which is lent until it has left; with {@code content-length}.
   *
   * @throws IllegalArgumentException if a segment is confined to the caller's thread
   */
  public CompletionStage<Response> send(Request request, SegmentedBytes body) {
    Call call = open(request.with("content-length", Long.toString(body.byteSize())));
    var _ = call.body().write(body, 0, body.byteSize(), 0, true);
    return call.response();
  }

  /** Begins a request whose body is written by and by. */
  public Call open(Request request) {
    CompletableFuture<Response> response = new CompletableFuture<>();
    PendingStream stream = new PendingStream(connection);
    connection
        .loop()
        .execute(() -> stream.opened(connection.request(fields(request), false, response)));
    return new Call(stream, new BodyWriter(stream), response);
  }

  private Http2Headers fields(Request request) {
    Http2Headers fields = new DefaultHttp2Headers();
    fields.method(request.method()).scheme(scheme).path(request.path());
    fields.authority(request.authority().isEmpty() ? authority : request.authority());
    request.headers().forEach(fields::add);
    return fields;
  }

  /**
   * A request on its way.
   *
   * <p>Owner: the caller. Lifetime: until the stream ends. Threads: any.
   */
  public static final class Call {
    private final Transport stream;
    private final BodyWriter body;
    private final CompletionStage<Response> response;

    private Call(Transport stream, BodyWriter body, CompletionStage<Response> response) {
      this.stream = stream;
      this.body = body;
      this.response = response;
    }

    /** Writes the body of the request. */
    public BodyWriter body() {
      return body;
    }

    /** Completes when the response's header has come. */
    public CompletionStage<Response> response() {
      return response;
    }

    /** Gives the request up (RST_STREAM, CANCEL); what is lent to it is released. */
    public void cancel() {
      stream.loop().execute(() -> stream.reset(Http2Error.CANCEL));
    }
  }

  /** Whether requests can still be sent. */
  public boolean isOpen() {
    return channel.isActive() && !connection.connection().goAwayReceived();
  }

  /** Ends the connection; requests that run fail. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      channel.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
      release();
    }
  }

  private void release() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    ReferenceCountUtil.release(ssl);
  }

  /** Settings of a client. Owner: the caller. Lifetime: {@link #connect()}. Threads: one. */
  public static final class Builder {
    private final String host;
    private final int port;
    private @Nullable Tls tls;
    private Duration timeout = Duration.ofSeconds(10);
    private Http2Limits limits =
        Http2Limits.defaults().withBodyByteSize(Long.MAX_VALUE).withWindowByteSize(4 << 20);

    private Builder(String host, int port) {
      this.host = host;
      this.port = port;
    }

    /** HTTP/2 over TLS with ALPN. Without it: clear text with prior knowledge. */
    public Builder tls(Tls tls) {
      this.tls = tls;
      return this;
    }

    /** What the server may send; its numbers of connections and streams have no meaning here. */
    public Builder limits(Http2Limits limits) {
      this.limits = limits;
      return this;
    }

    /** How long to wait for the connection; by default 10 s. */
    public Builder timeout(Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /**
     * Connects, and waits until the server has said that it speaks HTTP/2.
     *
     * @throws IOException if it can't be reached in time, is not trusted, or speaks something else
     */
    public Http2Client connect() throws IOException {
      return new Http2Client(this);
    }
  }
}
