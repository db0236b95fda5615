package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.PeerClock;
import dev.segue.testkit.Seeds;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hostile peer can send: each bounded, and the server serves others after it. */
@Timeout(60)
class ProtectionTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static final int ENHANCE_YOUR_CALM = 11;

  private final SegmentedBytes large =
      SegmentedBytes.fromSegments(List.of(Arena.ofAuto().allocate(10 << 20).asReadOnly()), false);
  private final AtomicInteger handled = new AtomicInteger();
  private Http2Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        Http2Server.builder(
                exchange -> {
                  handled.incrementAndGet();
                  if (exchange.request().path().equals("/large")) {
                    exchange.respond(200, Headers.empty(), large);
                  } else if (exchange.request().path().equals("/echo")) {
                    Echo.answer(exchange);
                  } else if (!exchange.request().path().equals("/never")) {
                    exchange.respond(204);
                  }
                })
            .limits(Http2Limits.defaults().withIdle(Duration.ofSeconds(3)).withConnectionCount(50))
            .grace(Duration.ofMillis(100))
            .threadCount(1)
            .start();
  }

  @AfterEach
  void othersAreStillServedAndNothingIsLent() throws Exception {
    try (RawPeer peer = peer()) {
      peer.get(1, "/");
      assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
    }
    server.close();
    large.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private RawPeer peer() throws IOException {
    return new RawPeer(server.address()).start(65_535, 65_535, 16_384);
  }

  /** Sends until the server hangs up; a write that fails is as good as the GOAWAY before it. */
  private interface Flood {
    void send() throws IOException;
  }

  private static void expectCalm(RawPeer peer, Flood flood) throws IOException {
    try {
      flood.send();
    } catch (IOException e) {
      return;
    }
    boolean said = peer.awaitGoAway(ENHANCE_YOUR_CALM);
    assertTrue(said || peer.next() == null);
  }

  @Test
  void rapidResetEndsTheConnection() throws Exception {
    try (RawPeer peer = peer()) {
      expectCalm(
          peer,
          () -> {
            for (int id = 1; id < 20_000; id += 2) {
              peer.get(id, "/never");
              peer.reset(id, 8);
            }
          });
      assertTrue(handled.get() < 1000, "handled=" + handled);
    }
  }

  @Test
  void resetsThatThePeerProvokesEndTheConnection() throws Exception {
    try (RawPeer peer = peer()) {
      expectCalm(
          peer,
          () -> {
            for (int id = 1; id < 20_000; id += 2) {
              peer.get(id, "/never");
              peer.windowUpdate(id, 0);
            }
          });
      assertTrue(handled.get() < 1000, "handled=" + handled);
    }
  }

  @Test
  void aFloodOfEmptyContinuationsEndsTheConnection() throws Exception {
    try (RawPeer peer = peer()) {
      expectCalm(
          peer,
          () -> {
            peer.send(RawPeer.HEADERS, 0, 1, peer.headers("GET", "/"));
            for (int i = 0; i < 10_000; i++) {
              peer.send(RawPeer.CONTINUATION, 0, 1, new byte[0]);
            }
          });
    }
  }

  @Test
  void pingAndSettingsAndPriorityFloodsEndTheConnection() throws Exception {
    for (int type : new int[] {RawPeer.PING, RawPeer.SETTINGS, RawPeer.PRIORITY, 200}) {
      byte[] payload = new byte[type == RawPeer.PING ? 8 : type == RawPeer.PRIORITY ? 5 : 0];
      try (RawPeer peer = peer()) {
        expectCalm(
            peer,
            () -> {
              for (int i = 0; i < 20_000; i++) {
                peer.send(type, 0, type == RawPeer.PRIORITY ? 1 : 0, payload);
              }
            });
      }
    }
  }

  @Test
  void emptyDataFramesEndTheConnection() throws Exception {
    try (RawPeer peer = peer()) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/echo"));
      expectCalm(
          peer,
          () -> {
            for (int i = 0; i < 10_000; i++) {
              peer.send(RawPeer.DATA, 0, 1, new byte[0]);
            }
          });
    }
  }

  @Test
  void aHeaderBombIsRefusedAndNotHandled() throws Exception {
    try (RawPeer peer = peer()) {
      // One large field in the dynamic table, then a byte for each time it is used.
      byte[] first = peer.headers("GET", "/", "x-bomb", "b".repeat(3_500));
      ByteBuffer block = ByteBuffer.allocate(first.length + 8_000).put(first);
      while (block.hasRemaining()) {
        block.put((byte) (0x80 | 62));
      }
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, 1, block.array());
      RawPeer.Frame frame;
      do {
        frame = peer.next();
      } while (frame != null
          && frame.type() != RawPeer.RST_STREAM
          && frame.type() != RawPeer.GO_AWAY
          && frame.type() != RawPeer.HEADERS);
      assertEquals(0, handled.get());
    }
  }

  @Test
  void paddingLongerThanTheFrameIsAConnectionError() throws Exception {
    try (RawPeer peer = peer()) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/echo"));
      peer.send(RawPeer.DATA, RawPeer.PADDED, 1, new byte[] {100, 0, 0});
      assertTrue(peer.awaitGoAway(1));
    }
  }

  @Test
  void aPeerThatKeepsItsWindowShutIsClosedAfterTheIdleTime() throws Exception {
    try (RawPeer peer = new RawPeer(server.address()).start(1000, 65_535, 16_384)) {
      peer.get(1, "/large");
      RawPeer.Frame last = null;
      for (RawPeer.Frame frame = peer.next(); frame != null; frame = peer.next()) {
        last = frame;
      }
      assertNotNull(last);
    }
    large.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void aPeerThatNeverReadsIsClosedAfterTheIdleTime() throws Exception {
    try (RawPeer peer =
        new RawPeer(server.address(), 4096).start(Integer.MAX_VALUE, 1 << 30, 16_384)) {
      peer.get(1, "/large");
      peer.await(RawPeer.HEADERS);
      large.released().toCompletableFuture().get(40, TimeUnit.SECONDS);
    }
  }

  @Test
  void moreConnectionsThanAllowedAreClosedAtOnce() throws Exception {
    List<RawPeer> peers = new ArrayList<>();
    int refused = 0;
    try {
      for (int i = 0; i < 60; i++) {
        RawPeer peer = new RawPeer(server.address());
        peers.add(peer);
        try {
          peer.start(65_535, 65_535, 16_384).get(1, "/");
          peer.await(RawPeer.HEADERS);
        } catch (IOException e) {
          refused++;
        }
      }
    } finally {
      for (RawPeer peer : peers) {
        peer.close();
      }
    }
    assertEquals(10, refused);
    // The places are free again.
    while (server.connectionCount() > 0) {
      Thread.sleep(10);
    }
  }

  /** Though there are places left for others. */
  @Test
  void moreConnectionsOfOneAddressThanAllowedAreClosedAndAnotherIsServed() throws Exception {
    int limit = 5;
    try (Http2Server strict =
        Http2Server.builder(exchange -> exchange.respond(204))
            .limits(Http2Limits.defaults().withAddressConnectionCount(limit))
            .grace(Duration.ofMillis(100))
            .start()) {
      List<RawPeer> peers = new ArrayList<>();
      try {
        for (int i = 0; i < limit; i++) {
          RawPeer peer = new RawPeer(strict.address());
          peers.add(peer);
          peer.start(65_535, 65_535, 16_384).get(1, "/");
          peer.await(RawPeer.HEADERS);
        }
        RawPeer refused = new RawPeer(strict.address());
        peers.add(refused);
        assertThrows(
            IOException.class,
            () -> {
              refused.start(65_535, 65_535, 16_384).get(1, "/");
              refused.await(RawPeer.HEADERS);
            });
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
        socket.connect(strict.address(), 10_000);
        RawPeer other = new RawPeer(socket);
        peers.add(other);
        other.start(65_535, 65_535, 16_384).get(1, "/");
        other.await(RawPeer.HEADERS);
      } finally {
        for (RawPeer peer : peers) {
          peer.close();
        }
      }
    }
  }

  @Test
  void moreStreamsThanAllowedAreRefused() throws Exception {
    try (RawPeer peer = peer()) {
      for (int id = 1; id <= 2 * 101; id += 2) {
        peer.get(id, "/never");
      }
      assertEquals(7, peer.await(RawPeer.RST_STREAM).code());
      // Though our SETTINGS were not acknowledged when the streams were opened.
      assertEquals(100, handled.get());
    }
  }

  @Test
  void aBodyLargerThanAllowedIsRefused() throws Exception {
    try (Http2Server strict =
            Http2Server.builder(Echo::answer)
                .limits(Http2Limits.defaults().withBodyByteSize(1000))
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(strict.address()).start(65_535, 65_535, 16_384)) {
      byte[] block = peer.headers("POST", "/", "content-length", "1001");
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, block);
      peer.await(RawPeer.HEADERS);
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 3, peer.headers("POST", "/"));
      peer.send(RawPeer.DATA, 0, 3, new byte[1001]);
      RawPeer.Frame reset;
      do {
        reset = peer.await(RawPeer.RST_STREAM);
      } while (reset.streamId() != 3);
      assertEquals(8, reset.code());
    }
  }

  /** Its reader has not come to what came before the frame that is too much. */
  @Test
  void aBodyLargerThanAllowedEndsItsStreamAlone() throws Exception {
    try (Http2Server strict =
            Http2Server.builder(
                    exchange -> {
                      if (exchange.request().method().equals("GET")) {
                        exchange.respond(204);
                      }
                    })
                .limits(Http2Limits.defaults().withBodyByteSize(40_000))
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(strict.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      for (int i = 0; i < 3; i++) {
        peer.send(RawPeer.DATA, 0, 1, new byte[16_384]);
      }
      assertEquals(8, peer.await(RawPeer.RST_STREAM).code());
      peer.send(RawPeer.DATA, RawPeer.END_STREAM, 1, new byte[10]);
      peer.get(3, "/");
      assertEquals(3, peer.await(RawPeer.HEADERS).streamId());
      assertEquals(0, peer.resetCountUntilPing());
    }
  }

  /** Each costs more than one of a stream that goes on. */
  @Test
  void aFloodOfFramesOfAStreamThatWasResetEndsTheConnection() throws Exception {
    try (RawPeer peer = peer()) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      peer.await(RawPeer.RST_STREAM);
      byte[] frame = RawPeer.frame(RawPeer.DATA, 0, 1, new byte[1]);
      ByteBuffer many = ByteBuffer.allocate(1000 * frame.length);
      while (many.hasRemaining()) {
        many.put(frame);
      }
      for (int i = 0; i < 10; i++) {
        peer.sendRaw(many.array());
      }
      assertEquals(0, peer.resetCountUntilPing());
      try {
        for (int i = 0; i < 11; i++) {
          peer.sendRaw(many.array());
        }
      } catch (IOException e) {
        return; // It was ended already.
      }
      assertTrue(peer.awaitGoAway(ENHANCE_YOUR_CALM));
    }
  }

  private static Handler into(List<String> lines) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  /**
   * It stayed for the idle time, since the engine says what is wrong only when it is asked: also
   * where the bad record is read together with a good one, which nothing is written for.
   */
  @ParameterizedTest
  @CsvSource({"true, false", "true, true", "false, false", "false, true"})
  void oneBadRecordOfTlsEndsTheConnection(boolean isHttp2, boolean isBehindAGoodOne)
      throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    try (Http2Server server =
            Http2Server.builder(_ -> {})
                .tls(identity)
                .limits(Http2Limits.defaults().withIdle(Duration.ofMinutes(10)))
                .grace(Duration.ofMillis(100))
                .start();
        HeldBackSocket plain = new HeldBackSocket(server.address())) {
      plain.setSoTimeout(20_000);
      SSLSocket secure = JdkTls.over(plain, identity);
      byte[] good;
      if (isHttp2) {
        RawPeer peer = new RawPeer(secure).start(65_535, 65_535, 16_384);
        peer.get(1, "/");
        peer.send(RawPeer.PING, 0, 0, new byte[8]);
        peer.await(RawPeer.PING);
        good = RawPeer.frame(RawPeer.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1});
      } else {
        secure.setSSLParameters(new SSLParameters());
        secure.startHandshake();
        good = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      }
      byte[] broken = new byte[37];
      System.arraycopy(new byte[] {0x17, 3, 3, 0, 32}, 0, broken, 0, 5);
      if (isBehindAGoodOne) {
        plain.holdBack();
        secure.getOutputStream().write(good);
      }
      plain.sendWith(broken);
      plain.getInputStream().readAllBytes(); // Up to the alert and the end.
      while (server.connectionCount() > 0) {
        Thread.sleep(5);
      }
    }
  }

  /** A pipeline logs what no handler takes, with the stack. */
  @Test
  void whatBreaksTlsAfterItsHandshakeFillsNoLog() throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Handler handler = into(lines);
    Logger log = Logger.getLogger("io.netty.channel.DefaultChannelPipeline");
    log.addHandler(handler);
    try (Http2Server server =
            Http2Server.builder(_ -> {}).tls(identity).grace(Duration.ofMillis(100)).start();
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      RawPeer peer = new RawPeer(JdkTls.over(plain, identity)).start(65_535, 65_535, 16_384);
      peer.await(RawPeer.SETTINGS);
      byte[] broken = new byte[37];
      System.arraycopy(new byte[] {0x17, 3, 3, 0, 32}, 0, broken, 0, 5);
      while (server.connectionCount() > 0) {
        try {
          plain.getOutputStream().write(broken);
        } catch (SocketException e) {
          // It has hung up.
        }
        Thread.sleep(50);
      }
      assertEquals(List.of(), lines);
    } finally {
      log.removeHandler(handler);
    }
  }

  /** What waits fails as its connection is closed, which closes it once more. */
  @Test
  @SuppressWarnings("try") // it is closed before the block ends
  void aBodyThatTheServersCloseCutsFillsNoLog() throws Exception {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Handler handler = into(lines);
    Logger log = Logger.getLogger("io.netty.channel.AbstractChannelHandlerContext");
    log.addHandler(handler);
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  exchange.respond(200, Headers.empty()).write(large);
                  begun.complete(null);
                })
            .grace(Duration.ofMillis(100));
    try (Http2Server server = builder.start();
        Socket client = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      // To HTTP/1.0 such a body ends with the connection.
      client.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      begun.get(20, TimeUnit.SECONDS);
      server.close();
      assertEquals(List.of(), lines);
    } finally {
      log.removeHandler(handler);
    }
  }

  /** The codec has a line for each frame that it drops. */
  @Test
  void framesOfAStreamWhoseResetIsOnItsWayFillNoLog() throws Exception {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Handler handler = into(lines);
    Logger log = Logger.getLogger("io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder");
    log.addHandler(handler);
    try (Http2Server strict =
            Http2Server.builder(_ -> {})
                .limits(Http2Limits.defaults().withBodyByteSize(1000))
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(strict.address()).start(65_535, 65_535, 16_384)) {
      ByteBuffer batch = ByteBuffer.allocate(8192);
      batch.put(RawPeer.frame(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/")));
      // Too much; the reset leaves when all of the batch was read.
      batch.put(RawPeer.frame(RawPeer.DATA, 0, 1, new byte[1001]));
      byte[] late = RawPeer.frame(RawPeer.DATA, 0, 1, new byte[10]);
      for (int i = 0; i < 200; i++) {
        batch.put(late);
      }
      peer.sendRaw(Arrays.copyOf(batch.array(), batch.position()));
      assertEquals(8, peer.await(RawPeer.RST_STREAM).code());
      assertEquals(0, peer.resetCountUntilPing());
      assertEquals(List.of(), lines);
    } finally {
      log.removeHandler(handler);
    }
  }

  /** The codec has a line for each; one that goes on in CONTINUATION frames counts as well. */
  @Test
  void headersOfStreamsWhoseResetIsOnItsWayAreFew() throws Exception {
    try (Http2Server strict =
            Http2Server.builder(_ -> {})
                .limits(Http2Limits.defaults().withBodyByteSize(1))
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(strict.address()).start(65_535, 65_535, 16_384)) {
      boolean ended = false;
      for (int id = 1; id < 2 * 100 && !ended; id += 2) {
        // Small enough for one read, as the reset leaves after it.
        ByteBuffer batch = ByteBuffer.allocate(1024);
        byte[] header = peer.headers("POST", "/");
        batch.put(RawPeer.frame(RawPeer.HEADERS, RawPeer.END_HEADERS, id, header));
        batch.put(RawPeer.frame(RawPeer.DATA, 0, id, new byte[2]));
        for (int i = 0; i < 50; i++) {
          batch.put(RawPeer.frame(RawPeer.HEADERS, 0, id, new byte[0]));
          batch.put(RawPeer.frame(RawPeer.CONTINUATION, RawPeer.END_HEADERS, id, new byte[0]));
        }
        batch.put(RawPeer.frame(RawPeer.PING, 0, 0, new byte[8]));
        peer.sendRaw(Arrays.copyOf(batch.array(), batch.position()));
        RawPeer.Frame next = Objects.requireNonNull(peer.next());
        while (next.type() != RawPeer.PING && next.type() != RawPeer.GO_AWAY) {
          next = Objects.requireNonNull(peer.next());
        }
        ended = next.type() == RawPeer.GO_AWAY && next.code() == ENHANCE_YOUR_CALM;
      }
      assertTrue(ended);
    }
  }

  /** There never was a stream of it, but its sender can't know that yet. */
  @Test
  void whatFollowsAHeaderThatIsTooLargeIsDropped() throws Exception {
    try (RawPeer peer = peer()) {
      byte[] block = peer.headers("POST", "/", "x-long", "a".repeat(17_000));
      assertTrue(block.length < 16_384, "byteSize=" + block.length);
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, block);
      peer.await(RawPeer.HEADERS); // 431
      peer.await(RawPeer.RST_STREAM);
      for (int i = 0; i < 10; i++) {
        peer.send(RawPeer.DATA, 0, 1, new byte[1000]);
      }
      assertTrue(peer.resetCountUntilPing() < 2);
      peer.get(3, "/");
      assertEquals(3, peer.await(RawPeer.HEADERS).streamId());
    }
  }

  @Test
  void randomBytesAndBrokenFramesNeverStopTheServer() throws Exception {
    long seed = Seeds.of("ProtectionTest");
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      try (RawPeer peer = new RawPeer(server.address())) {
        peer.start(random.nextInt(100_000), 65_535, 16_384);
        byte[] good = peer.headers(random.nextBoolean() ? "GET" : "POST", "/echo");
        for (int i = 0; i < 20; i++) {
          byte[] payload = random.nextInt(3) == 0 ? good.clone() : new byte[random.nextInt(200)];
          if (random.nextBoolean()) {
            random.nextBytes(payload);
          }
          int type = random.nextInt(12);
          int flags = random.nextInt(4) == 0 ? random.nextInt(256) : RawPeer.END_HEADERS;
          byte[] frame = RawPeer.frame(type, flags, random.nextInt(6), payload);
          if (random.nextInt(4) == 0) {
            frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
          }
          peer.sendRaw(frame);
        }
      } catch (IOException e) {
        // The server hung up in the middle, as it may.
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("-Dsegue.seed=" + seed + " round=" + round, e);
      }
    }
  }

  @Test
  void aFrameThatDripsInKeepsNoObjectForEachByte() {
    byte[] header = {0, 0x3E, (byte) 0x80, 1, 5, 0, 0, 0, 1}; // HEADERS of 16,000 bytes
    int count = 15_000;
    int channelCount = 10;
    // The detector's records would be counted as well.
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    List<EmbeddedChannel> channels = new ArrayList<>();
    long before = liveHeap();
    for (int c = 0; c < channelCount; c++) {
      EmbeddedChannel channel =
          new EmbeddedChannel(
              ConnectionBuilder.server(
                  Http2Limits.defaults(),
                  Http2Deadlines.defaults(),
                  new PeerClock(1),
                  new ServerEvents(new ExchangeStarter(_ -> {}), new ExchangeRoom(Long.MAX_VALUE)),
                  Duration.ofMillis(1)));
      channels.add(channel);
      feed(channel, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      feed(channel, RawPeer.frame(RawPeer.SETTINGS, 0, 0, new byte[0]));
      feed(channel, header);
      for (int i = 0; i < count; i++) {
        feed(channel, new byte[1]);
      }
    }
    long kept = (liveHeap() - before) / ((long) channelCount * count);
    channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    ResourceLeakDetector.setLevel(level);
    assertTrue(kept < 10, "heap for each byte: " + kept);
  }

  private static void feed(EmbeddedChannel channel, byte[] bytes) {
    channel.writeInbound(Unpooled.directBuffer(bytes.length).writeBytes(bytes));
  }

  private static long liveHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
