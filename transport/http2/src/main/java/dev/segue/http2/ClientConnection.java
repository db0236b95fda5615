package dev.segue.http2;

import dev.segue.bytes.spi.Nanos;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client. Loop only.
 *
 * <pre>
 *   CONNECTING ──SETTINGS──► USABLE ──GOAWAY, silence──► RETIRED ──its last stream──► ENDED
 * </pre>
 */
final class ClientConnection {
  private static final Duration GRACE = Duration.ofSeconds(1);

  private enum State {
    CONNECTING,
    USABLE,
    RETIRED,
    ENDED
  }

  private final ClientConnections owner;
  private final CompletableFuture<Void> ready;
  private final String what;
  private final long began;
  private State state = State.CONNECTING;
  private @Nullable Channel channel;
  private @Nullable ConnectionHandler handler;
  private @Nullable PeerTimer deadline;
  private boolean used;
  private long probedAt;
  private long idleSince;

  ClientConnection(ClientConnections owner, CompletableFuture<Void> ready) {
    this.owner = owner;
    this.began = owner.clock.nanoTime();
    this.idleSince = began;
    this.ready = ready;
    this.what = "connect to host=" + owner.authority.host() + " port=" + owner.authority.port();
  }

  // Connecting.

  void connect() {
    Duration limit = owner.settings.timeouts.connect();
    deadline =
        PeerTimer.start(
            owner.loop(),
            owner.clock,
            Nanos.of(limit),
            () -> failed(new IOException(what + ": no SETTINGS within connect=" + limit)));
    // Looking a name up blocks; the loop has other connections to serve.
    Thread.ofVirtual()
        .name("segue-http2-lookup")
        .start(
            () -> {
              try {
                List<InetAddress> found = List.of(InetAddress.getAllByName(owner.authority.host()));
                owner.run(() -> connectTo(new ArrayDeque<>(found), null));
              } catch (UnknownHostException e) {
                owner.run(() -> failed(new IOException(what + ": unknown host", e)));
              }
            });
  }

  /** One address after the other, until one of them answers. */
  private void connectTo(ArrayDeque<InetAddress> addresses, @Nullable Throwable before) {
    InetAddress address = addresses.poll();
    if (state != State.CONNECTING) {
      return;
    }
    if (address == null) {
      failed(new IOException(what + ": no address answers", before));
      return;
    }
    long left = Nanos.of(owner.settings.timeouts.connect()) - (owner.clock.nanoTime() - began);
    long share = TimeUnit.NANOSECONDS.toMillis(left) / (addresses.size() + 1);
    ConnectionHandler protocol =
        ConnectionBuilder.client(
            owner.settings.limits,
            owner.settings.timeouts,
            owner.clock,
            new ClientEvents(this),
            GRACE);
    ChannelFuture connecting =
        new Bootstrap()
            .group(owner.loop())
            .channel(Loops.channel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.max(1, share))
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, ConnectionBuilder.waterMark(false))
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel made) {
                    secure(made, protocol);
                  }
                })
            .connect(new InetSocketAddress(address, owner.authority.port()));
    channel = connecting.channel();
    handler = protocol;
    owner.channels().add(connecting.channel());
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            connectTo(addresses, done.cause());
          } else {
            connecting.channel().closeFuture().addListener(_ -> hungUp());
          }
        });
  }

  private void secure(Channel made, ConnectionHandler protocol) {
    SslContext ssl = owner.ssl;
    if (ssl == null) {
      made.pipeline().addLast("http2", protocol);
      return;
    }
    SslHandler tls = ssl.newHandler(made.alloc(), owner.authority.name(), owner.authority.port());
    tls.setWrapDataSize(-1);
    tls.setHandshakeTimeoutMillis(0); // Ours holds for all of it.
    made.pipeline().addLast(tls, new TlsFaults(), new FaultsAreKnown());
    tls.handshakeFuture()
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                failed(new IOException(what + ": " + done.cause().getMessage(), done.cause()));
              } else if (!"h2".equals(tls.applicationProtocol())) {
                failed(new IOException(what + ": the server doesn't speak HTTP/2"));
              } else {
                made.pipeline().addLast("http2", protocol);
              }
            });
  }

  /** The handshake's future has what happened; the log need not. */
  private static final class FaultsAreKnown extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var _ = ctx.close();
    }
  }

  private void failed(IOException cause) {
    if (state == State.CONNECTING) {
      end(cause);
    }
  }

  /** The server has said what it allows. */
  void settingsRead() {
    if (state == State.CONNECTING) {
      state = State.USABLE;
      idleSince = owner.clock.nanoTime();
      stopDeadline();
    }
    owner.changed();
    ready.complete(null); // Last: who waits for it finds the connection among the usable ones.
  }

  private void stopDeadline() {
    if (deadline != null) {
      deadline.cancel();
    }
  }

  // Requests.

  boolean isConnecting() {
    return state == State.CONNECTING;
  }

  boolean isUsable() {
    return state == State.USABLE;
  }

  boolean isRetired() {
    return state == State.RETIRED || state == State.ENDED;
  }

  /** Returns whether it can take a request now. */
  boolean hasRoom() {
    return state == State.USABLE && protocol().connection().local().canOpenStream();
  }

  int streamCount() {
    return protocol().connection().local().numActiveStreams();
  }

  private ConnectionHandler protocol() {
    ConnectionHandler known = handler;
    if (known == null) {
      throw new IllegalStateException("connection used before it was made");
    }
    return known;
  }

  boolean start(ClientRequest request) {
    used = true;
    return request.start(protocol());
  }

  /** A stream has ended: its place is free. */
  void streamClosed() {
    idleSince = owner.clock.nanoTime();
    if (state == State.RETIRED && streamCount() == 0) {
      close();
    }
    owner.dispatchSoon();
  }

  /** The server takes no more requests here. */
  void goAway(long errorCode) {
    if (state == State.CONNECTING) {
      failed(new IOException(what + ": the server went away with errorCode=" + errorCode));
    } else {
      retire();
    }
  }

  /** Gives it no more requests; it closes after those that run. */
  void retire() {
    if (state == State.USABLE) {
      state = State.RETIRED;
      owner.changed();
      owner.soon(
          () -> {
            if (state == State.RETIRED && streamCount() == 0) {
              close();
            }
          });
    }
  }

  // Time.

  /** Ends what has taken longer than it may, and asks a silent server for a sign of life. */
  void check(long nowNanos) {
    if (state != State.USABLE && state != State.RETIRED) {
      return;
    }
    ConnectionHandler protocol = protocol();
    Http2ClientTimeouts timeouts = owner.settings.timeouts;
    boolean silent = false;
    boolean stuck = false;
    for (OpenStream each : protocol.streams()) {
      stuck |= each.isStuck(nowNanos, Nanos.of(timeouts.write()));
      if (each.isAbandoned()) {
        each.reset(Http2Error.CANCEL);
        continue;
      }
      String late = each.isLate(nowNanos, protocol.isWaitingToWrite(each), timeouts);
      if (late != null) {
        silent |= each.beganAfter(protocol.lastReadNanos());
        each.end(new Http2TimeoutException(each.describe() + ": " + late));
      }
    }
    if (stuck) {
      protocol.dueTo("the server takes nothing");
      closeNow();
      return;
    }
    if (silent) {
      retire(); // Nothing at all has come since: others should not try it there.
    }
    checkLife(protocol, nowNanos);
  }

  private void checkLife(ConnectionHandler protocol, long nowNanos) {
    long idle = Nanos.of(owner.settings.limits.idle());
    if (streamCount() == 0) {
      probedAt = 0;
      if (nowNanos - idleSince >= idle) {
        used = true; // Not a failure.
        close();
      }
    } else if (probedAt == 0 || protocol.lastReadNanos() - probedAt > 0) {
      probedAt = 0;
      if (nowNanos - protocol.lastReadNanos() >= idle / 2 && protocol.probe()) {
        probedAt = nowNanos;
      }
    } else if (nowNanos - probedAt >= idle / 2) {
      protocol.dueTo("the server has answered no PING for " + owner.settings.limits.idle());
      closeNow();
    }
  }

  // The end.

  private void hungUp() {
    end(
        state == State.CONNECTING
            ? new IOException(what + ": the server hung up before its SETTINGS")
            : null);
  }

  private void end(@Nullable IOException whyNotConnected) {
    if (state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    stopDeadline();
    closeNow();
    owner.ended(this, used, whyNotConnected);
    if (whyNotConnected != null) {
      ready.completeExceptionally(whyNotConnected);
    }
  }

  /** Says GOAWAY, and closes when the streams have ended or their time is over. */
  void close() {
    if (state == State.CONNECTING) {
      failed(new IOException(what + ": the client was closed"));
    } else if (channel != null) {
      state = state == State.ENDED ? State.ENDED : State.RETIRED;
      var _ = channel.close();
    }
  }

  /** Past every handler: nothing more is said. */
  private void closeNow() {
    Channel known = channel;
    if (known != null) {
      var first = known.pipeline().firstContext();
      var _ = first == null ? known.close() : first.close();
    }
  }
}
