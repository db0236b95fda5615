package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.PeerClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How quickly a client must take its answers, by a clock and a socket of the test's own. */
class Http1PaceTest {
  private static final String REQUEST = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final long SECOND = 1_000_000_000L;

  /** A socket that takes so many bytes as it is told, and then no more. */
  private static final class SlowSocket extends EmbeddedChannel {
    private long room;

    SlowSocket() {
      super(new ChannelInboundHandlerAdapter());
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
      while (out.current() instanceof ByteBuf buffer && buffer.readableBytes() <= room) {
        room -= buffer.readableBytes();
        assertTrue(out.remove());
      }
    }

    void take(int byteSize) {
      room = byteSize;
      flush();
      room = 0;
    }

    long waitingByteSize() {
      return Objects.requireNonNull(unsafe().outboundBuffer()).totalPendingWriteBytes();
    }
  }

  /** Answers take each other's place, so that as much waits each time one looks. */
  @Test
  void aClientThatIsAlwaysBehindStaysAsLongAsItReads() {
    Http2Server.Builder settings =
        Http2Server.builder(exchange -> exchange.respond(204))
            .deadlines(Http2Deadlines.defaults().withWrite(Duration.ofSeconds(5)));
    SlowSocket socket = new SlowSocket();
    Http1Handler handler = http1(socket, settings);
    try {
      long now = System.nanoTime();
      byte[] requests = REQUEST.repeat(20_000).getBytes(StandardCharsets.US_ASCII);
      // Without the leak detector, which notes each byte that is looked at.
      ByteBuf all = new UnpooledByteBufAllocator(true, true).directBuffer(requests.length);
      socket.writeInbound(all.writeBytes(requests));
      for (int i = 0; i < 60; i++) {
        assertTrue(socket.waitingByteSize() > 0, "i=" + i);
        handler.check(now += SECOND);
        assertTrue(socket.isOpen(), "i=" + i);
        socket.take(6000);
      }
      for (int i = 0; i < 12; i++) {
        handler.check(now += SECOND);
      }
      assertFalse(socket.isOpen());
    } finally {
      socket.finishAndReleaseAll();
    }
  }

  /** It answers a read with more than the socket takes, and the request was the last one read. */
  @Test
  void aClientThatReadsItsAnswerLateIsReadFromAgain() {
    String request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    ByteBufAllocator memory = new UnpooledByteBufAllocator(true, true);
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[200_000]);
    Http2Server.Builder settings =
        Http2Server.builder(exchange -> exchange.respond(200, Headers.empty(), large));
    SlowSocket socket = new SlowSocket();
    socket.config().setWriteBufferWaterMark(ConnectionBuilder.waterMark(true));
    http1(socket, settings);
    try {
      for (int i = 0; i < 3; i++) {
        socket.writeInbound(text(request, memory));
        assertTrue(socket.waitingByteSize() > 200_000, "i=" + i);
        assertFalse(socket.config().isAutoRead(), "i=" + i);
        socket.take(300_000);
        socket.runPendingTasks();
        assertEquals(0, socket.waitingByteSize(), "i=" + i);
        assertTrue(socket.config().isAutoRead(), "i=" + i);
      }
    } finally {
      socket.finishAndReleaseAll();
    }
  }

  /** The exchange is over as soon as the channel has its answer, which the client reads later. */
  @Test
  void closingLetsAnAnswerLeaveThatWasGivenToTheSocket() {
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[200_000]);
    Http2Server.Builder settings =
        Http2Server.builder(exchange -> exchange.respond(200, Headers.empty(), large));
    ByteBufAllocator memory = new UnpooledByteBufAllocator(true, true);
    for (String more : new String[] {"", "Connection: close\r\n"}) {
      SlowSocket socket = new SlowSocket();
      http1(socket, settings);
      try {
        String request = "GET / HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
        socket.writeInbound(text(request, memory));
        assertTrue(socket.waitingByteSize() > 200_000, more);
        ChannelFuture closed = socket.close();
        assertTrue(socket.isOpen(), more);
        socket.take(300_000);
        socket.runPendingTasks();
        assertTrue(closed.isSuccess(), more);
        assertFalse(socket.isOpen(), more);
      } finally {
        socket.finishAndReleaseAll();
      }
    }
  }

  /** Each read ends within a request, so that what was read before it never is all of it. */
  @Test
  void requestsThatReadsCutAreNotKept() {
    UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true, true);
    Http2Server.Builder settings = Http2Server.builder(exchange -> exchange.respond(204));
    EmbeddedChannel socket = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    socket.config().setAllocator(memory);
    http1(socket, settings);
    try {
      String request = "GET / HTTP/1.1\r\nHost: x\r\nfiller: " + "x".repeat(8000) + "\r\n\r\n";
      socket.writeInbound(text("G", memory));
      for (int i = 0; i < 2000; i++) {
        socket.writeInbound(text(request.substring(1) + "G", memory));
        socket.releaseOutbound();
      }
      long kept = memory.metric().usedDirectMemory();
      assertTrue(kept < 200_000, "kept byteSize=" + kept);
    } finally {
      socket.finishAndReleaseAll();
    }
  }

  /** Serves a channel, with room for whatever comes. */
  static Http1Handler http1(Channel channel, Http2Server.Builder settings) {
    return Http1Handler.addTo(
        channel.pipeline(),
        settings,
        new PeerClock(1),
        new ExchangeStarter(settings.handler),
        new ExchangeRoom(Long.MAX_VALUE));
  }

  private static ByteBuf text(String text, ByteBufAllocator memory) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return memory.directBuffer(bytes.length).writeBytes(bytes);
  }

  /** Else the connection is reset for what was sent ahead, and takes the answers with it. */
  @Test
  void whatWasAnsweredAsTheServerClosesComesThoughMoreWasSentAhead() throws Exception {
    AtomicInteger answered = new AtomicInteger();
    byte[] body = new byte[300_000];
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      answered.incrementAndGet();
                      exchange.respond(200, Headers.empty(), SegmentedBytes.copyOf(body));
                    })
                .threadCount(1)
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      byte[] request =
          ("GET / HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(100) + "\r\n\r\n")
              .repeat(500)
              .getBytes(StandardCharsets.US_ASCII);
      socket.getOutputStream().write(request);
      Thread.sleep(300); // As many answers wait as may.
      Thread closer = Thread.ofVirtual().start(server::close);
      Thread.sleep(200);
      byte[] all = socket.getInputStream().readAllBytes();
      int count = answered.get();
      assertTrue(count > 0 && count < 500, "count=" + count);
      assertTrue(all.length > count * 300_000L, "byteSize=" + all.length + " of count=" + count);
      closer.join();
    }
  }
}
