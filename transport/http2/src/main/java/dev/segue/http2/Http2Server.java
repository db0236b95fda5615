package dev.segue.http2;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A server of HTTP/2, and of HTTP/1.1 for clients that don't speak HTTP/2.
 *
 * <pre>{@code
 * try (Http2Server server =
 *     Http2Server.builder(exchange -> exchange.respond(200, Headers.empty(), image))
 *         .port(8443)
 *         .tls(Tls.fromPem(certificates, key))
 *         .start()) {
 *   …
 * }
 * }</pre>
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}, which lets running exchanges end.
 * Threads: any; handlers run on the server's event loops, or on the {@link Builder#executor}.
 */
public final class Http2Server implements AutoCloseable {
  private static final Duration LONGEST_GRACE = Duration.ofHours(1);

  private final EventLoopGroup loops;
  private final ChannelGroup connections;
  private final Channel listener;
  private final boolean http1;

  /** The newest comes last; those before may still be in a handshake, and go when it closes. */
  private final CopyOnWriteArrayList<SslContext> identities = new CopyOnWriteArrayList<>();

  private final Duration grace;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Http2Server(Builder builder) throws IOException {
    this.grace = builder.grace;
    this.http1 = builder.http1;
    if (builder.tls != null) {
      identities.add(builder.tls.serverContext(builder.http1));
    }
    this.loops = Loops.start(builder.threadCount);
    this.connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    try {
      this.listener = bind(builder);
    } catch (IOException | RuntimeException e) {
      var _ = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      identities.forEach(ReferenceCountUtil::release);
      throw e;
    }
  }

  private Channel bind(Builder builder) throws IOException {
    var bound =
        new ServerBootstrap()
            .group(loops)
            .channel(Loops.serverChannel())
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, ConnectionBuilder.waterMark(false))
            .childHandler(new ServerPipeline(builder, identities, connections, closed::get))
            .bind(builder.address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "server on " + builder.address + ": can't listen: " + bound.cause().getMessage(),
          bound.cause());
    }
    return bound.channel();
  }

  /** Settings of a server that calls {@code handler} for each request. */
  public static Builder builder(Http2Handler handler) {
    return new Builder(handler);
  }

  /** Returns the address that the server listens on. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /**
   * Replaces the identity for the connections that come from now on, as when a certificate was
   * renewed.
   *
   * @throws IllegalStateException if the server speaks clear text, or is closed
   * @throws IOException if the identity can't be used
   */
  public synchronized void replaceTls(Tls tls) throws IOException {
    if (identities.isEmpty() || closed.get()) {
      throw new IllegalStateException("replaceTls of a server in clear text, or a closed one");
    }
    identities.add(tls.serverContext(http1));
  }

  /** Returns the number of open connections. */
  public int connectionCount() {
    return connections.size();
  }

  /**
   * Stops listening, notifies each client (GOAWAY), waits up to {@link Builder#grace} for running
   * exchanges, then closes. An HTTP/2 client that was answered within the last 5 s gets as long to
   * hang up, within the grace: otherwise, what it hasn't read yet would be lost. Idempotent. Called
   * on an event loop of the server, as by a handler, it returns at once, and another thread does
   * this.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    for (EventExecutor loop : loops) {
      if (loop.inEventLoop()) { // A handler's call: the loop can't wait for its own end.
        Thread.ofVirtual().name("segue-http2-close").start(this::shutDown);
        return;
      }
    }
    shutDown();
  }

  private void shutDown() {
    listener.close().awaitUninterruptibly();
    for (Channel each : connections) {
      // On its loop, which may be adding the protocol that knows how to end.
      each.eventLoop()
          .execute(
              () -> {
                var _ = each.close();
              });
    }
    // Not what close() gives: that may wait for exchanges whose clients have gone.
    connections
        .newCloseFuture()
        .awaitUninterruptibly(grace.toMillis() + 1000, TimeUnit.MILLISECONDS);
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    identities.forEach(ReferenceCountUtil::release);
  }

  /** Settings of a server. Owner: the caller. Lifetime: until {@link #start()}. Threads: one. */
  public static final class Builder {
    final Http2Handler handler;
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    @Nullable Tls tls;
    Http2Limits limits = Http2Limits.defaults();
    Http2Deadlines deadlines = Http2Deadlines.defaults();
    @Nullable Executor executor;
    boolean http1 = true;
    long exchangesByteSize = ExchangeRoom.defaultByteSize();

    /**
     * The limit on bodies that no handler reads. An eighth of the direct memory, which is as large
     * as the heap unless the JVM is told otherwise: a piece of a body may keep four times as much
     * of what was received with it.
     */
    long unreadByteSize = Runtime.getRuntime().maxMemory() / 8;

    int threadCount = Runtime.getRuntime().availableProcessors();
    Duration grace = Duration.ofSeconds(5);

    private Builder(Http2Handler handler) {
      this.handler = handler;
    }

    /** Listens on that port of the loopback interface; 0, the default, for any that is free. */
    public Builder port(int port) {
      return address(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Listens there. */
    public Builder address(InetSocketAddress address) {
      this.address = address;
      return this;
    }

    /**
     * HTTP/2 over TLS with ALPN. Without it the server speaks clear text (h2c, prior knowledge).
     */
    public Builder tls(Tls tls) {
      this.tls = tls;
      return this;
    }

    /** Sets the limits of what a peer may ask for. */
    public Builder limits(Http2Limits limits) {
      this.limits = limits;
      return this;
    }

    /** Sets how long a peer and a handler may take. */
    public Builder deadlines(Http2Deadlines deadlines) {
      this.deadlines = deadlines;
      return this;
    }

    /**
     * Sets where handlers run, which may block there. Without it they run on the event loop of
     * their connection and must not. A task that the executor rejects is answered with 503.
     */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /** Sets whether clients that don't speak HTTP/2 are served in HTTP/1.1; by default they are. */
    public Builder http1(boolean http1) {
      this.http1 = http1;
      return this;
    }

    /** Sets the number of event loops; by default one for each processor. */
    public Builder threadCount(int threadCount) {
      this.threadCount = threadCount;
      return this;
    }

    /**
     * Sets how long {@link Http2Server#close()} waits for running exchanges; by default 5 s.
     *
     * @throws IllegalArgumentException if it is negative, or more than an hour
     */
    public Builder grace(Duration grace) {
      if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
        throw new IllegalArgumentException("grace=" + grace + ": from 0 to " + LONGEST_GRACE);
      }
      this.grace = grace;
      return this;
    }

    /**
     * Begins to listen.
     *
     * @throws IOException if the address is in use, or the certificate can't be used
     */
    public Http2Server start() throws IOException {
      return new Http2Server(this);
    }
  }
}
