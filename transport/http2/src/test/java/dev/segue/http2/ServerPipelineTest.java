package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a new connection is set to. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ServerPipelineTest {
  /** The kernel may allow less than it is asked for, and counts in its own way. */
  private static int sendBufferOf(Socket socket) throws Exception {
    socket.setSendBufferSize(ServerPipeline.LOCAL_SEND_BYTE_SIZE);
    return socket.getSendBufferSize();
  }

  private static int sendBufferOfServer(Socket client, List<SslContext> identities)
      throws Exception {
    ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      Channel listener =
          new ServerBootstrap()
              .group(loop)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ServerPipeline(
                      Http2Server.builder(exchange -> exchange.respond(204)),
                      identities,
                      connections,
                      () -> false))
              .bind(InetAddress.getLoopbackAddress(), 0)
              .sync()
              .channel();
      client.connect(listener.localAddress());
      while (connections.isEmpty()) {
        Thread.onSpinWait();
      }
      Channel accepted = connections.iterator().next();
      // Behind what sets the connection up.
      Integer byteSize =
          accepted
              .eventLoop()
              .submit(() -> accepted.config().getOption(ChannelOption.SO_SNDBUF))
              .get();
      assertNotNull(byteSize);
      return byteSize;
    } finally {
      connections.close().sync(); // With what TLS holds.
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void theKernelKeepsLittleOfTlsForAPeerOnThisHost() throws Exception {
    SslContext identity = Tls.selfSigned("localhost").serverContext(true);
    try (Socket tls = new Socket();
        Socket clear = new Socket();
        Socket other = new Socket()) {
      int expected = sendBufferOf(other);
      assertEquals(expected, sendBufferOfServer(tls, List.of(identity)));
      assertNotEquals(expected, sendBufferOfServer(clear, List.of()));
    } finally {
      ReferenceCountUtil.release(identity);
    }
  }

  @Test
  void aPeerOnThisHostIsToldFromOthers() throws Exception {
    InetSocketAddress own = address("192.0.2.1");
    assertTrue(ServerPipeline.isOfThisHost(address("127.0.0.1"), address("127.0.0.1")));
    assertTrue(ServerPipeline.isOfThisHost(address("::1"), address("::1")));
    assertTrue(ServerPipeline.isOfThisHost(address("192.0.2.1"), own));
    assertFalse(ServerPipeline.isOfThisHost(address("192.0.2.2"), own));
    assertFalse(ServerPipeline.isOfThisHost(null, own));
    assertFalse(ServerPipeline.isOfThisHost(own, null));
  }

  private static InetSocketAddress address(String literal) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(literal), 1);
  }
}
