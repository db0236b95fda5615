package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** The handlers of a new connection: limits, TLS, then the protocol that the peer speaks. */
@ChannelHandler.Sharable
final class ServerPipeline extends ChannelInitializer<Channel> {
  /**
   * How much the kernel keeps of what a TLS connection on this host sends
   * (docs/notes/http2-tls.md): there a peer that reads more at a time takes a tenth more in all. It
   * ends the kernel's own sizing, which a longer way needs.
   */
  static final int LOCAL_SEND_BYTE_SIZE = 512 * 1024;

  private final Http2Server.Builder settings;
  private final List<SslContext> identities;
  private final ChannelGroup connections;
  private final AddressCounts addresses;
  private final ExchangeRoom room;

  /** Of its own, so that streams, of which one client may have many, never shut HTTP/1.1 out. */
  private final ExchangeRoom http1Room;

  private final AddressRoom unread;
  private final BooleanSupplier isClosed;

  ServerPipeline(
      Http2Server.Builder settings,
      List<SslContext> identities,
      ChannelGroup connections,
      BooleanSupplier isClosed) {
    this.isClosed = isClosed;
    this.settings = settings;
    this.identities = identities;
    this.connections = connections;
    this.addresses = new AddressCounts(settings.limits.addressConnectionCount());
    this.room = new ExchangeRoom(settings.exchangesByteSize);
    this.http1Room = new ExchangeRoom(settings.exchangesByteSize);
    this.unread = new AddressRoom(settings.unreadByteSize);
  }

  @Override
  protected void initChannel(Channel channel) {
    if (connections.size() >= settings.limits.connectionCount() || !addresses.admit(channel)) {
      var _ = channel.close();
      return;
    }
    connections.add(channel);
    if (isClosed.getAsBoolean()) { // It was accepted just before, and is not among those closed.
      var _ = channel.close();
      return;
    }
    if (!identities.isEmpty() && isOfThisHost(channel.remoteAddress(), channel.localAddress())) {
      channel.config().setOption(ChannelOption.SO_SNDBUF, LOCAL_SEND_BYTE_SIZE);
    }
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(
        "watch", new ConnectionWatch(settings.limits.idle(), settings.deadlines, this::isCrowded));
    if (identities.isEmpty()) {
      pipeline.addLast(new ClearText());
    } else {
      SslHandler handler = identities.getLast().newHandler(channel.alloc());
      handler.setWrapDataSize(-1);
      handler.setHandshakeTimeoutMillis(0); // The watch has one, for all of it.
      pipeline.addLast(handler);
      pipeline.addLast(new TlsFaults());
      pipeline.addLast(new Negotiated());
    }
  }

  static boolean isOfThisHost(@Nullable SocketAddress remote, @Nullable SocketAddress local) {
    return remote instanceof InetSocketAddress peer
        && local instanceof InetSocketAddress own
        && (peer.getAddress().isLoopbackAddress() || peer.getAddress().equals(own.getAddress()));
  }

  private boolean isCrowded() {
    return connections.size() > ConnectionBuilder.MANY_CONNECTIONS;
  }

  private void http2(ChannelPipeline pipeline, @Nullable X509Certificate client) {
    ConnectionWatch watch = pipeline.get(ConnectionWatch.class);
    ConnectionHandler connection =
        ConnectionBuilder.server(
            settings.limits,
            settings.deadlines,
            watch.clock(),
            new ServerEvents(starter(client), room),
            settings.grace);
    pipeline.addLast("http2", connection);
    watch.speaks(connection);
  }

  private void http1(ChannelPipeline pipeline, @Nullable X509Certificate client) {
    ConnectionWatch watch = pipeline.get(ConnectionWatch.class);
    watch.speaks(Http1Handler.addTo(pipeline, settings, watch.clock(), starter(client), http1Room));
  }

  private ExchangeStarter starter(@Nullable X509Certificate client) {
    return new ExchangeStarter(
        settings.handler, settings.executor, client, !identities.isEmpty(), unread);
  }

  private final class Negotiated extends ApplicationProtocolNegotiationHandler {
    Negotiated() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol)
        throws IOException {
      X509Certificate client = clientOf(ctx.pipeline().get(SslHandler.class));
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        http2(ctx.pipeline(), client);
      } else if (settings.http1) {
        http1(ctx.pipeline(), client);
      } else {
        var _ = ctx.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var _ = ctx.close(); // A handshake that fails is the peer's affair, not an entry in our log.
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
      var _ = ctx.close();
    }
  }

  private static @Nullable X509Certificate clientOf(SslHandler handler) {
    try {
      return (X509Certificate) handler.engine().getSession().getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  /** Tells HTTP/2 with prior knowledge from HTTP/1.1 by the first bytes. */
  private final class ClearText extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
      ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
      try {
        int known = Math.min(in.readableBytes(), preface.readableBytes());
        int same = 0;
        while (same < known && in.getByte(in.readerIndex() + same) == preface.getByte(same)) {
          same++;
        }
        // "PR" tells it from every method of HTTP/1.1 but PROPFIND and the like, which go on.
        if (same == known && known < 4) {
          return;
        }
        if (same >= 4 || !settings.http1) {
          http2(ctx.pipeline(), null);
        } else {
          http1(ctx.pipeline(), null);
        }
        ctx.pipeline().remove(this);
      } finally {
        preface.release();
      }
    }
  }
}
