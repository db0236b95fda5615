package dev.segue.bench.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Netty's own HTTP/2 as a peer, with its frame codec and nothing of ours: {@code FILE [CERTIFICATES
 * KEY]}, whatever is asked for is the file, from memory. It writes in batches of the size that our
 * server writes in, as Netty's defaults are far smaller. Prints {@code listening on ADDRESS:PORT}.
 */
public final class NettyPeer {
  private static final int BATCH_BYTE_SIZE = 14 * 16_384;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(4 * 16_384, BATCH_BYTE_SIZE);

  private NettyPeer() {}

  /** The process. */
  public static void main(String[] args) throws Exception {
    ByteBuf file = read(Path.of(args[0]));
    SslContext ssl = args.length > 1 ? context(args[1], args[2]) : null;
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    Class<? extends ServerChannel> kind =
        Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    var loops = new MultiThreadIoEventLoopGroup(Runtime.getRuntime().availableProcessors(), io);
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(kind)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(new Pipeline(ssl, new Answer(file)))
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    var address = (InetSocketAddress) server.localAddress();
    System.out.println("listening on 127.0.0.1:" + address.getPort());
    server.closeFuture().sync();
  }

  private static ByteBuf read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer memory = ByteBuffer.allocateDirect((int) channel.size());
      while (memory.hasRemaining() && channel.read(memory) >= 0) {}
      return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(memory.flip().asReadOnlyBuffer()));
    }
  }

  private static SslContext context(String certificates, String key) throws IOException {
    return SslContextBuilder.forServer(Path.of(certificates).toFile(), Path.of(key).toFile())
        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
        .protocols("TLSv1.3")
        .ciphers(List.of("TLS_AES_128_GCM_SHA256"))
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                ApplicationProtocolNames.HTTP_2))
        .build();
  }

  private static final class Pipeline extends ChannelInitializer<Channel> {
    private final @Nullable SslContext ssl;
    private final Answer answer;

    Pipeline(@Nullable SslContext ssl, Answer answer) {
      this.ssl = ssl;
      this.answer = answer;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (ssl != null) {
        SslHandler handler = ssl.newHandler(channel.alloc());
        handler.setWrapDataSize(-1);
        channel.pipeline().addLast(handler);
      }
      channel.pipeline().addLast(new Codec().build());
      channel.pipeline().addLast(new Http2MultiplexHandler(answer));
    }
  }

  private static final class Codec extends Http2FrameCodecBuilder {
    Codec() {
      Http2Connection connection = new DefaultHttp2Connection(true);
      UniformStreamByteDistributor order = new UniformStreamByteDistributor(connection);
      // Its default of 1 KiB makes as small frames where a connection has several streams.
      order.minAllocationChunk(BATCH_BYTE_SIZE);
      connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, order));
      connection(connection);
      gracefulShutdownTimeoutMillis(0);
    }
  }

  @Sharable
  private static final class Answer extends ChannelInboundHandlerAdapter {
    private final ByteBuf file;

    Answer(ByteBuf file) {
      this.file = file;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Http2HeadersFrame headers && headers.isEndStream()) {
        var head = new DefaultHttp2Headers().status("200");
        head.setLong("content-length", file.readableBytes());
        var _ = context.write(new DefaultHttp2HeadersFrame(head, false), context.voidPromise());
        var _ =
            context.writeAndFlush(
                new DefaultHttp2DataFrame(file.retainedDuplicate(), true), context.voidPromise());
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
