package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSockets over HTTP/1.1 and HTTP/2, with the JDK's client and with frames by hand. */
@Timeout(60)
class WebSocketTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private final CountDownLatch closed = new CountDownLatch(1);

  private Http2Server serve() throws IOException {
    return Http2Server.builder(
            Http2Handler.mounted(
                "/ws",
                exchange -> {
                  if (!exchange.isWebSocket()) {
                    exchange.respond(426);
                    return;
                  }
                  String protocol = exchange.webSocketProtocols().contains("two") ? "two" : "";
                  exchange.acceptWebSocket(protocol, 1 << 20, new Echo());
                }))
        .grace(Duration.ofMillis(200))
        .threadCount(1)
        .start();
  }

  private final class Echo implements WebSocket.Listener {
    @Override
    public void onText(WebSocket socket, String text) {
      socket.sendText(text);
    }

    @Override
    public void onBinary(WebSocket socket, SegmentedBytes bytes) {
      socket.sendBinary(bytes); // Lent beyond this call.
    }

    @Override
    public void onClosed(WebSocket socket) {
      closed.countDown();
    }
  }

  @Test
  void theJdksClientGetsBackWhatItSends() throws Exception {
    byte[] bytes = new byte[300_000];
    new Random(3).nextBytes(bytes);
    try (Http2Server server = serve();
        HttpClient client = HttpClient.newHttpClient()) {
      CompletableFuture<String> text = new CompletableFuture<>();
      CompletableFuture<byte[]> binary = new CompletableFuture<>();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      var listener =
          new java.net.http.WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(
                java.net.http.WebSocket socket, CharSequence data, boolean last) {
              text.complete(data.toString());
              socket.request(1);
              return CompletableFuture.completedStage(null);
            }

            @Override
            public CompletionStage<?> onBinary(
                java.net.http.WebSocket socket, ByteBuffer data, boolean last) {
              byte[] part = new byte[data.remaining()];
              data.get(part);
              all.writeBytes(part);
              if (last) {
                binary.complete(all.toByteArray());
              }
              socket.request(1);
              return CompletableFuture.completedStage(null);
            }
          };
      java.net.http.WebSocket socket =
          client
              .newWebSocketBuilder()
              .subprotocols("one", "two")
              .buildAsync(
                  URI.create("ws://localhost:" + server.address().getPort() + "/ws"), listener)
              .get(20, TimeUnit.SECONDS);
      assertEquals("two", socket.getSubprotocol());
      socket.sendText("grüß dich", true).get(20, TimeUnit.SECONDS);
      assertEquals("grüß dich", text.get(20, TimeUnit.SECONDS));
      socket.sendBinary(ByteBuffer.wrap(bytes, 0, 100_000), false).get(20, TimeUnit.SECONDS);
      socket
          .sendBinary(ByteBuffer.wrap(bytes, 100_000, bytes.length - 100_000), true)
          .get(20, TimeUnit.SECONDS);
      assertArrayEquals(bytes, binary.get(20, TimeUnit.SECONDS));
      socket.sendClose(1000, "done").get(20, TimeUnit.SECONDS);
      assertTrue(closed.await(20, TimeUnit.SECONDS));
    }
  }

  private static byte[] masked(int first, byte[] payload, boolean isMasked) {
    ByteBuffer frame = ByteBuffer.allocate(14 + payload.length).put((byte) first);
    int bit = isMasked ? 0x80 : 0;
    if (payload.length < 126) {
      frame.put((byte) (bit | payload.length));
    } else {
      frame.put((byte) (bit | 126)).putShort((short) payload.length);
    }
    byte[] mask = {1, 2, 3, 4};
    if (isMasked) {
      frame.put(mask);
    }
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ (isMasked ? mask[i % 4] : 0)));
    }
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    return bytes;
  }

  private static Socket upgraded(Http2Server server) throws IOException {
    return upgraded(server, 0);
  }

  private static Socket upgraded(Http2Server server, int receiveByteSize) throws IOException {
    Socket socket = new Socket();
    if (receiveByteSize > 0) {
      socket.setReceiveBufferSize(receiveByteSize);
    }
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.address().getPort()));
    socket.setSoTimeout(20_000);
    String request =
        String.join(
            "\r\n",
            "GET /ws HTTP/1.1",
            "Host: a",
            "Upgrade: websocket",
            "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "",
            "");
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) socket.getInputStream().read());
    }
    assertTrue(head.toString().startsWith("HTTP/1.1 101 "), head.toString());
    assertTrue(head.toString().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), head.toString());
    return socket;
  }

  @Test
  void framesThatTheProtocolForbidsAreAnsweredWithTheirCode() throws Exception {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Case(byte[] sent, int code) {}
    byte[] hi = "hi".getBytes(StandardCharsets.US_ASCII);
    List<Case> cases =
        List.of(
            new Case(masked(0x81, hi, false), 1002),
            new Case(masked(0xC1, hi, true), 1002),
            new Case(masked(0x83, hi, true), 1002),
            new Case(masked(0x80, hi, true), 1002),
            new Case(masked(0x09, hi, true), 1002),
            new Case(masked(0x89, new byte[200], true), 1002),
            new Case(masked(0x81, new byte[] {(byte) 0xC3, 0x28}, true), 1007),
            new Case(
                new byte[] {(byte) 0x82, (byte) 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, 1009),
            new Case(
                new byte[] {(byte) 0x82, (byte) 0xFF, -1, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, 1009),
            // Lengths below zero, which would begin a frame within another.
            new Case(
                new byte[] {(byte) 0x89, (byte) 0xFF, -1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002),
            new Case(
                new byte[] {
                  1,
                  (byte) 0x81,
                  0,
                  0,
                  0,
                  0,
                  'x',
                  0,
                  (byte) 0xFF,
                  -1,
                  -1,
                  -1,
                  -1,
                  -1,
                  -1,
                  -1,
                  -1,
                  1,
                  2,
                  3,
                  4
                },
                1009),
            new Case(masked(0x88, new byte[] {3, (byte) 0xE8}, true), 1000));
    try (Http2Server server = serve()) {
      for (Case each : cases) {
        try (Socket socket = upgraded(server)) {
          socket.getOutputStream().write(each.sent());
          DataInputStream in = new DataInputStream(socket.getInputStream());
          assertEquals(0x88, in.readUnsignedByte());
          int size = in.readUnsignedByte();
          assertEquals(each.code(), in.readUnsignedShort());
          in.readNBytes(size - 2);
          assertEquals(-1, in.read());
        }
      }
    }
  }

  /** The message behind the goodbye was begun, and its memory never given back. */
  @Test
  void whatComesBehindTheGoodbyeIsDropped() throws Exception {
    CountDownLatch parts = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public boolean onPart(WebSocket socket, boolean isText, long byteSize) {
            parts.countDown();
            return true;
          }

          @Override
          public void onClosed(WebSocket socket) {
            end.countDown();
          }
        };
    try (Http2Server server =
        Http2Server.builder(exchange -> exchange.acceptWebSocket("", 1 << 20, listener))
            .grace(Duration.ofMillis(200))
            .threadCount(1)
            .start()) {
      for (byte[] behind :
          List.of(
              new byte[] {(byte) 0x82, (byte) 0x85, 0, 0, 0, 0, 'p', 'a', 'r'},
              new byte[] {(byte) 0x89, (byte) 0x85, 0, 0, 0, 0, 'p', 'i', 'n'})) {
        try (Socket socket = upgraded(server)) {
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          all.writeBytes(masked(0x88, new byte[] {3, (byte) 0xE8}, true));
          all.writeBytes(behind);
          socket.getOutputStream().write(all.toByteArray());
          DataInputStream in = new DataInputStream(socket.getInputStream());
          assertArrayEquals(new byte[] {(byte) 0x88, 2, 3, (byte) 0xE8}, in.readNBytes(4));
          assertEquals(-1, in.read());
        }
      }
      assertTrue(end.await(20, TimeUnit.SECONDS));
    }
    assertEquals(1, parts.getCount(), "a part came behind the end");
    LeakWatch.assertNone();
  }

  /** Takes one message at a time, and leaves each to the test. */
  private static final class OneAtATime implements WebSocket.Listener {
    final LinkedBlockingQueue<String> taken = new LinkedBlockingQueue<>();
    final CompletableFuture<WebSocket> socket = new CompletableFuture<>();
    final CountDownLatch end = new CountDownLatch(1);

    @Override
    public void onText(WebSocket from, String text) {
      from.pauseReading();
      socket.complete(from);
      taken.add(text);
    }

    @Override
    public void onClosed(WebSocket from) {
      end.countDown();
    }

    String next() throws InterruptedException {
      return String.valueOf(taken.poll(20, TimeUnit.SECONDS));
    }
  }

  /** A message may take long on another thread; those behind it keep their place. */
  @Test
  void whatComesWhileReadingIsPausedWaitsInItsOrder() throws Exception {
    OneAtATime listener = new OneAtATime();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      exchange.acceptWebSocket("", 1 << 20, listener);
                    })
                .grace(Duration.ofMillis(200))
                .threadCount(1)
                .start();
        Socket socket = upgraded(server)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (String each : List.of("a", "b", "c".repeat(60_000), "d")) {
        all.writeBytes(masked(0x81, each.getBytes(StandardCharsets.US_ASCII), true));
      }
      all.writeBytes(masked(0x89, new byte[] {7}, true)); // a ping
      socket.getOutputStream().write(all.toByteArray());
      assertEquals("a", listener.next());
      WebSocket paused = listener.socket.get(20, TimeUnit.SECONDS);
      assertThrows(IllegalStateException.class, paused::pauseReading);
      assertEquals(null, listener.taken.poll(300, TimeUnit.MILLISECONDS));
      for (String next : List.of("b", "c".repeat(60_000), "d")) {
        paused.resumeReading();
        assertEquals(next, listener.next());
      }
      paused.resumeReading();
      assertEquals(0x8A, socket.getInputStream().read()); // the pong, of what came last
      socket.getOutputStream().write(masked(0x81, new byte[] {'e'}, true));
      assertEquals("e", listener.next());
      socket.getOutputStream().write(masked(0x81, new byte[] {'f'}, true));
      paused.close(1000, ""); // What waits goes with the socket.
      assertTrue(listener.end.await(20, TimeUnit.SECONDS));
      paused.resumeReading();
      assertEquals(null, listener.taken.poll(100, TimeUnit.MILLISECONDS));
    }
  }

  private static Http2Server paused(WebSocket.Listener listener, long unreadByteSize)
      throws IOException {
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  exchange.acceptWebSocket("", 1 << 20, listener);
                })
            .grace(Duration.ofMillis(200))
            .threadCount(1);
    builder.unreadByteSize = unreadByteSize;
    return builder.start();
  }

  private static void awaitConnectionCount(Http2Server server, int count)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (server.connectionCount() > count) {
      assertTrue(System.nanoTime() - deadline < 0, "waited in vain for a connection's end");
      Thread.sleep(1);
    }
  }

  /** As it was taken when it came, while the message before it didn't take long. */
  @Test
  void whatCameWhileReadingIsPausedIsTakenThoughThePeerHasGone() throws Exception {
    OneAtATime listener = new OneAtATime();
    try (Http2Server server = paused(listener, 64 << 20)) {
      try (Socket socket = upgraded(server)) {
        socket.getOutputStream().write(masked(0x81, new byte[] {'a'}, true));
        assertEquals("a", listener.next());
        for (String each : List.of("b".repeat(60_000), "c")) {
          socket
              .getOutputStream()
              .write(masked(0x81, each.getBytes(StandardCharsets.US_ASCII), true));
        }
      }
      awaitConnectionCount(server, 0);
      WebSocket paused = listener.socket.get(20, TimeUnit.SECONDS);
      paused.resumeReading();
      assertEquals("b".repeat(60_000), listener.next());
      paused.resumeReading();
      assertEquals("c", listener.next());
      assertEquals(1, listener.end.getCount());
      paused.resumeReading();
      assertTrue(listener.end.await(20, TimeUnit.SECONDS));
    }
  }

  /** Before its block does. */
  private static void end(Http2Server server) {
    server.close();
  }

  /** epoll reads it at the end though nothing is to be read: it is not dropped then. */
  @Test
  void whatCameBeyondTheWindowIsTakenThoughThePeerHasGone() throws Exception {
    OneAtATime listener = new OneAtATime();
    int count = 24;
    try (Http2Server server = paused(listener, 64 << 20)) {
      try (Socket socket = upgraded(server)) {
        for (int i = 0; i < count; i++) {
          byte[] text = (i + "x".repeat(50_000)).getBytes(StandardCharsets.US_ASCII);
          socket.getOutputStream().write(masked(0x81, text, true));
        }
        assertEquals("0" + "x".repeat(50_000), listener.next());
        Thread.sleep(200); // As much comes as may.
      }
      Thread.sleep(200); // The end as well.
      WebSocket paused = listener.socket.get(20, TimeUnit.SECONDS);
      for (int i = 1; i < count; i++) {
        paused.resumeReading();
        assertEquals(i + "x".repeat(50_000), listener.next());
      }
      paused.resumeReading();
      assertTrue(listener.end.await(20, TimeUnit.SECONDS));
    }
  }

  /** Else it would keep for ever what it has for the socket, as would what came. */
  @Test
  void aPausedListenerLearnsOfTheEndAlsoWhenTheServerIsClosed() throws Exception {
    OneAtATime listener = new OneAtATime();
    try (Http2Server server = paused(listener, 64 << 20);
        Socket socket = upgraded(server)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (String each : List.of("a", "b".repeat(60_000), "c")) {
        all.writeBytes(masked(0x81, each.getBytes(StandardCharsets.US_ASCII), true));
      }
      socket.getOutputStream().write(all.toByteArray());
      assertEquals("a", listener.next());
      end(server);
      WebSocket paused = listener.socket.get(20, TimeUnit.SECONDS);
      paused.resumeReading();
      assertTrue(listener.end.await(20, TimeUnit.SECONDS));
      paused.resumeReading();
      assertEquals(null, listener.taken.poll());
    }
  }

  /** Their windows alone are 1 MiB each, of as many sockets as there are connections. */
  @Test
  void whatPausedSocketsKeepIsBoundedForAllOfThem() throws Exception {
    LinkedBlockingQueue<WebSocket> paused = new LinkedBlockingQueue<>();
    LinkedBlockingQueue<WebSocket> ended = new LinkedBlockingQueue<>();
    LinkedBlockingQueue<Long> taken = new LinkedBlockingQueue<>();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public void onText(WebSocket from, String text) {
            from.pauseReading();
            paused.add(from);
          }

          @Override
          public void onBinary(WebSocket from, SegmentedBytes bytes) {
            taken.add(bytes.byteSize());
          }

          @Override
          public void onClosed(WebSocket from) {
            ended.add(from);
          }
        };
    byte[] message = masked(0x82, new byte[60_000], true);
    try (Http2Server server = paused(listener, 2 * 180_000)) {
      for (int round = 0; round < 2; round++) {
        List<WebSocket> open = new ArrayList<>();
        try (Socket first = upgraded(server);
            Socket second = upgraded(server);
            Socket third = upgraded(server)) {
          for (Socket each : List.of(first, second)) {
            each.getOutputStream().write(masked(0x81, new byte[] {'a'}, true));
            open.add(paused.poll(20, TimeUnit.SECONDS));
            each.getOutputStream().write(message);
          }
          third.getOutputStream().write(masked(0x81, new byte[] {'a'}, true));
          open.add(paused.poll(20, TimeUnit.SECONDS));
          third.getOutputStream().write(message); // There is no room for this one.
          awaitConnectionCount(server, 2);
          open.forEach(WebSocket::resumeReading);
          assertEquals(open.getLast(), ended.poll(20, TimeUnit.SECONDS));
          for (int i = 0; i < 2; i++) {
            assertEquals(60_000L, taken.poll(20, TimeUnit.SECONDS));
          }
        }
        for (int i = 0; i < 2; i++) {
          assertTrue(open.contains(ended.poll(20, TimeUnit.SECONDS)));
        }
      }
      assertEquals(null, taken.poll());
    }
  }

  @Test
  void fragmentsAreJoinedByteByByteAndPingsAnsweredInBetween() throws Exception {
    try (Http2Server server = serve();
        Socket socket = upgraded(server)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(masked(0x01, "Se".getBytes(StandardCharsets.US_ASCII), true));
      all.writeBytes(masked(0x89, "?".getBytes(StandardCharsets.US_ASCII), true));
      all.writeBytes(masked(0x80, "gue".getBytes(StandardCharsets.US_ASCII), true));
      for (byte each : all.toByteArray()) {
        socket.getOutputStream().write(each);
      }
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertArrayEquals(new byte[] {(byte) 0x8A, 1, '?'}, in.readNBytes(3));
      assertArrayEquals(new byte[] {(byte) 0x81, 5, 'S', 'e', 'g', 'u', 'e'}, in.readNBytes(7));
    }
    assertTrue(closed.await(20, TimeUnit.SECONDS));
  }

  @Test
  void anExtendedConnectOfHttp2IsAWebSocketAsWell() throws Exception {
    try (Http2Server server = serve();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(
          RawPeer.HEADERS,
          RawPeer.END_HEADERS,
          1,
          peer.headers("CONNECT", "/ws", ":protocol", "websocket", "sec-websocket-version", "13"));
      assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
      peer.send(
          RawPeer.DATA, 0, 1, masked(0x82, "frame".getBytes(StandardCharsets.US_ASCII), true));
      byte[] got = peer.await(RawPeer.DATA).payload();
      assertArrayEquals(new byte[] {(byte) 0x82, 5, 'f', 'r', 'a', 'm', 'e'}, got);
      peer.send(RawPeer.DATA, 0, 1, masked(0x88, new byte[] {3, (byte) 0xE8}, true));
      assertTrue(closed.await(20, TimeUnit.SECONDS));
    }
  }

  /** The limit is one of bodies; what a socket gets in hours is none. */
  @Test
  void aSocketOverHttp2MayGetMoreThanABody() throws Exception {
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.acceptWebSocket("", 1 << 20, new Echo()))
                .limits(Http2Limits.defaults().withBodyByteSize(1000))
                .grace(Duration.ofMillis(200))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(1 << 20, 1 << 20, 16_384)) {
      peer.send(
          RawPeer.HEADERS,
          RawPeer.END_HEADERS,
          1,
          peer.headers("CONNECT", "/ws", ":protocol", "websocket", "sec-websocket-version", "13"));
      assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
      for (int i = 0; i < 5; i++) {
        peer.send(RawPeer.DATA, 0, 1, masked(0x82, new byte[600], true));
        assertEquals(604, peer.await(RawPeer.DATA).payload().length);
      }
    }
  }

  @Test
  void aQuietSocketLivesBeyondTheIdleTimeAsLongAsItsPeerAnswersPings() throws Exception {
    Duration idle = Duration.ofMillis(600);
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.acceptWebSocket("", 1 << 20, new Echo()))
                .limits(Http2Limits.defaults().withIdle(idle))
                .grace(Duration.ofMillis(200))
                .start();
        Socket answers = upgraded(server);
        Socket silent = upgraded(server)) {
      long end = System.nanoTime() + 5 * idle.toNanos();
      DataInputStream in = new DataInputStream(answers.getInputStream());
      while (System.nanoTime() < end) {
        assertArrayEquals(new byte[] {(byte) 0x89, 0}, in.readNBytes(2)); // a ping
        answers.getOutputStream().write(masked(0x8A, new byte[0], true));
      }
      assertEquals(1, server.connectionCount());
      assertTrue(closed.await(20, TimeUnit.SECONDS));
      silent.getInputStream().readAllBytes(); // It was ended.
    }
  }

  /** It was ended when two pings waited behind messages that a slow link was taking. */
  @Test
  void aPingThatWaitsBehindMessagesEndsNoSocketWhoseBytesMove() throws Exception {
    int messageCount = 28;
    byte[] message = new byte[1 << 20];
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public void onClosed(WebSocket socket) {
            closed.countDown();
          }
        };
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      WebSocket socket = exchange.acceptWebSocket("", 1 << 20, listener);
                      for (int i = 0; i < messageCount; i++) {
                        socket.sendBinary(SegmentedBytes.copyOf(message));
                      }
                    })
                .limits(Http2Limits.defaults().withIdle(Duration.ofMillis(1500)))
                .grace(Duration.ofMillis(200))
                .start();
        Socket socket = upgraded(server, 64 * 1024)) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int messages = 0;
      int pongs = 0;
      while (messages < messageCount || pongs < 8) {
        int opcode = in.readUnsignedByte() & 0xF;
        long byteSize = in.readUnsignedByte();
        byteSize = byteSize == 127 ? in.readLong() : byteSize;
        for (long left = byteSize; left > 0; left -= Math.min(left, 64 * 1024)) {
          in.readNBytes((int) Math.min(left, 64 * 1024));
          if (messages < messageCount / 2) { // What the kernel holds is read at once in the end.
            Thread.sleep(10);
          }
        }
        if (opcode == 9) {
          socket.getOutputStream().write(masked(0x8A, new byte[0], true));
          pongs++;
        } else {
          assertEquals(message.length, byteSize);
          messages++;
        }
      }
      assertEquals(1, closed.getCount(), "it was closed");
    }
  }

  @Test
  void whatAPeerThatDoesNotReadMakesWaitIsBoundedAndTheSocketGoesOn() throws Exception {
    CompletableFuture<WebSocket> accepted = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange ->
                        accepted.complete(
                            exchange.acceptWebSocket("", 1 << 20, new WebSocket.Listener() {})))
                .grace(Duration.ofMillis(200))
                .start();
        Socket socket = upgraded(server)) {
      WebSocket sender = accepted.get(20, TimeUnit.SECONDS);
      List<CompletableFuture<Void>> sent = new ArrayList<>();
      String text = "x".repeat(1000);
      for (int i = 0; i < 4 * WebSocket.MAX_WAITING_COUNT; i++) {
        sent.add(sender.sendText(text).toCompletableFuture());
      }
      assertRefused(sent.getLast());
      long waiting = sent.stream().filter(each -> !each.isDone()).count();
      assertTrue(waiting <= WebSocket.MAX_WAITING_COUNT, "waiting: " + waiting);
      assertTrue(sender.isOpen());
      // Everything that was taken comes, and then there is room again.
      DataInputStream in = new DataInputStream(socket.getInputStream());
      long taken = sent.stream().filter(each -> !each.isCompletedExceptionally()).count();
      for (long i = 0; i < taken; i++) {
        assertEquals(0x81, in.readUnsignedByte());
        assertEquals(126, in.readUnsignedByte());
        in.readNBytes(in.readUnsignedShort());
      }
      while (sender.queuedByteSize() > 0) {
        Thread.sleep(5);
      }
      var large = sender.sendText("y".repeat(2 << 20)).toCompletableFuture();
      SegmentedBytes half =
          SegmentedBytes.fromSegments(
              List.of(Arena.ofAuto().allocate(WebSocket.MAX_WAITING_BYTE_SIZE / 2).asReadOnly()),
              false);
      List<CompletableFuture<Void>> halves = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        halves.add(sender.sendBinary(half).toCompletableFuture());
      }
      assertRefused(halves.getLast());
      assertTrue(sender.queuedByteSize() <= 2 * WebSocket.MAX_WAITING_BYTE_SIZE);
      assertFalse(large.isCompletedExceptionally());
    }
  }

  private static void assertRefused(CompletableFuture<Void> sent) {
    Throwable fault =
        assertThrows(ExecutionException.class, () -> sent.get(20, TimeUnit.SECONDS)).getCause();
    assertEquals(
        Http2Error.ENHANCE_YOUR_CALM,
        assertInstanceOf(Http2StreamException.class, fault).error(),
        fault.toString());
  }

  @Test
  void aPlainRequestUnderTheSamePathIsAnsweredAndOthersAreNotFound() throws Exception {
    try (Http2Server server = serve();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort()).connect()) {
      assertEquals(426, status(client, "/ws/x?y"));
      assertEquals(404, status(client, "/wsx"));
      assertEquals(404, status(client, "/"));
    }
  }

  private static int status(Http2Client client, String path) throws Exception {
    return client.send(Request.get(path)).toCompletableFuture().get(20, TimeUnit.SECONDS).status();
  }

  /** The handler may look at the body first, whoever asks for what. */
  @Test
  void aGetThatAsksForAWebSocketHasAnEmptyBody() throws Exception {
    for (boolean accepted : new boolean[] {false, true}) {
      try (Http2Server server =
              Http2Server.builder(
                      exchange -> {
                        var _ =
                            exchange
                                .body()
                                .readAll(100)
                                .thenAccept(
                                    body -> {
                                      body.close();
                                      if (accepted) {
                                        exchange.acceptWebSocket("", 100, new Echo());
                                      } else {
                                        exchange.respond(204);
                                      }
                                    });
                      })
                  .grace(Duration.ofMillis(100))
                  .threadCount(1)
                  .start();
          Socket socket =
              new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.setSoTimeout(20_000);
        String request =
            String.join(
                "\r\n",
                "GET / HTTP/1.1",
                "Host: x",
                "Connection: upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "",
                "");
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        // A text of one letter, its mask all zero, and what it is answered with.
        socket.getOutputStream().write(new byte[] {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'a'});
        byte[] said = socket.getInputStream().readNBytes(13);
        String status = new String(said, StandardCharsets.US_ASCII);
        assertEquals(accepted ? "HTTP/1.1 101 " : "HTTP/1.1 204 ", status);
        if (accepted) {
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          while (!all.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n\u0081\u0001a")) {
            int next = socket.getInputStream().read();
            assertTrue(next >= 0, all.toString(StandardCharsets.ISO_8859_1));
            all.write(next);
          }
        }
      }
    }
  }
}
