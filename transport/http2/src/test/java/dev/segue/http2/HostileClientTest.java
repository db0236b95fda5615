package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients can make a server keep, and what becomes of a server that is closed meanwhile. */
@Timeout(60)
class HostileClientTest {
  static {
    LeakWatch.install();
  }

  private static final int SETTING_HEADER_TABLE_SIZE = 1;

  private final AtomicInteger handled = new AtomicInteger();

  private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();

  @AfterEach
  void lookForLeaksAgain() {
    ResourceLeakDetector.setLevel(level);
  }

  /** Each byte that is read takes microseconds while every access is noted. */
  private static void hurry() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static SocketChannel channelTo(Http2Server server) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 8192);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, 65_536);
    channel.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.address().getPort()));
    channel.configureBlocking(false);
    return channel;
  }

  /** Sends the same again and again, until that many bytes are gone or none are taken for long. */
  private static long flood(SocketChannel channel, byte[] request, long mostByteSize)
      throws IOException, InterruptedException {
    ByteBuffer many = ByteBuffer.allocate(request.length * (65_536 / request.length));
    while (many.hasRemaining()) {
      many.put(request);
    }
    many.flip();
    long sent = 0;
    long lastProgress = System.nanoTime();
    while (sent < mostByteSize && System.nanoTime() - lastProgress < 1_500_000_000L) {
      int taken = channel.write(many);
      sent += taken;
      if (!many.hasRemaining()) {
        many.rewind();
      }
      if (taken == 0) {
        Thread.sleep(1);
      } else {
        lastProgress = System.nanoTime();
      }
    }
    return sent;
  }

  /** Answers without a body went into the channel, however many of them waited there already. */
  @ParameterizedTest
  @ValueSource(
      strings = {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"})
  void aClientThatPipelinesAndReadsNothingIsHeldBack(String request) throws Exception {
    hurry();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      handled.incrementAndGet();
                      exchange.respond(204);
                    })
                .threadCount(1)
                .grace(Duration.ofMillis(100))
                .start();
        SocketChannel channel = channelTo(server)) {
      byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
      long most = 24L << 20;
      long sent = flood(channel, bytes, most);
      assertTrue(sent < most, "all of byteSize=" + sent + " were taken, handled=" + handled);
      int before = handled.get();
      // It reads on, and gets on.
      ByteBuffer answers = ByteBuffer.allocate(1 << 16);
      long end = System.nanoTime() + 20_000_000_000L;
      while (handled.get() == before && System.nanoTime() < end) {
        channel.read(answers.clear());
      }
      assertTrue(handled.get() > before, "held back for ever, handled=" + handled);
    }
  }

  /** What is lent to an answer ends as a task of the loop, which a long read held up. */
  @Test
  void requestsThatAreSentAheadAreAnsweredWhileFewOfThemAreOpen() throws Exception {
    int count = 20_000;
    SegmentedBytes body = SegmentedBytes.copyOfUtf8("segue");
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      most.accumulateAndGet(open.incrementAndGet(), Math::max);
                      var _ = exchange.closed().thenRun(open::decrementAndGet);
                      exchange.respond(200, Headers.empty(), body);
                    })
                .threadCount(1)
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      byte[] requests =
          "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(count).getBytes(StandardCharsets.US_ASCII);
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> assertDoesNotThrow(() -> socket.getOutputStream().write(requests)));
      String answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nsegue";
      socket.setSoTimeout(60_000);
      byte[] answers = socket.getInputStream().readNBytes(count * answer.length());
      assertEquals(answer.repeat(count), new String(answers, StandardCharsets.US_ASCII));
      sent.get(60, TimeUnit.SECONDS);
    }
    // 256 KiB of room, 4 KiB and its header for each.
    assertTrue(most.get() <= 64, "open at a time: " + most);
  }

  /** A client that is held back for longer than the write deadline is ended. */
  @Test
  void aClientThatPipelinesAndNeverReadsIsEnded() throws Exception {
    hurry();
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.respond(204))
                .deadlines(Http2Deadlines.defaults().withWrite(Duration.ofMillis(600)))
                .threadCount(1)
                .grace(Duration.ofMillis(100))
                .start();
        SocketChannel channel = channelTo(server)) {
      byte[] bytes = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      try {
        long most = 64L << 20;
        assertTrue(flood(channel, bytes, most) < most);
      } catch (IOException e) {
        return; // It was ended while it sent.
      }
      while (server.connectionCount() > 0) {
        Thread.sleep(5);
      }
    }
  }

  @Test
  void anHttp2ClientThatReadsNothingIsHeldBackAsWell() throws Exception {
    hurry();
    String filler = "x".repeat(2000);
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      // Another one each time, so that it is sent in full.
                      Headers fields = Headers.of("filler", handled.incrementAndGet() + filler);
                      exchange.respond(204, fields);
                    })
                .threadCount(1)
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(server.address(), 4096).start(65_535, 65_535, 16_384)) {
      byte[] block = peer.headers("GET", "/");
      try {
        for (int id = 1; id < 100_000; id += 2) {
          peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, id, block);
          if (id % 2000 == 1) {
            Thread.sleep(1);
          }
        }
      } catch (IOException e) {
        return; // It was ended, for what it made the server refuse.
      }
      Thread.sleep(200);
      assertTrue(handled.get() < 20_000, "handled=" + handled);
    }
  }

  /** Each costs KiB of heap and a few bytes to ask for, on as many connections as there may be. */
  @Test
  void theExchangesOfAllConnectionsAreBounded() throws Exception {
    int refused = 7;
    long each = 4096L + "/".length() + "localhost".length();
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("x")))
            .threadCount(1)
            .grace(Duration.ofMillis(100));
    builder.exchangesByteSize = 2 * 10 * each; // Half of it for one address.
    try (Http2Server server = builder.start();
        RawPeer one = new RawPeer(server.address()).start(0, 65_535, 16_384);
        RawPeer two = new RawPeer(server.address()).start(0, 65_535, 16_384)) {
      for (int id = 1; id < 17; id += 2) {
        one.get(id, "/");
        assertEquals(id, one.await(RawPeer.HEADERS).streamId());
      }
      for (int id = 1; id < 5; id += 2) {
        two.get(id, "/");
        assertEquals(id, two.await(RawPeer.HEADERS).streamId());
      }
      two.get(5, "/");
      RawPeer.Frame end = two.await(RawPeer.RST_STREAM);
      assertEquals(5, end.streamId());
      assertEquals(refused, end.code());
      try (Socket http1 =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        http1
            .getOutputStream()
            .write(
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        byte[] answer = http1.getInputStream().readAllBytes();
        String text = new String(answer, StandardCharsets.US_ASCII);
        assertTrue(text.startsWith("HTTP/1.1 200 "), text); // HTTP/1.1 has room of its own.
      }
      one.reset(1, 8);
      one.send(RawPeer.PING, 0, 0, new byte[8]);
      one.await(RawPeer.PING);
      two.get(7, "/");
      assertEquals(7, two.await(RawPeer.HEADERS).streamId());
      two.get(9, "/");
      assertEquals(9, two.await(RawPeer.RST_STREAM).streamId());
      one.windowUpdate(3, 10); // It is read to its end.
      assertEquals(3, one.await(RawPeer.DATA).streamId());
      one.send(RawPeer.PING, 0, 0, new byte[8]);
      one.await(RawPeer.PING);
      two.get(11, "/");
      assertEquals(11, two.await(RawPeer.HEADERS).streamId());
    }
  }

  /**
   * 7,000 connections with one request each, of 16 KiB and 190 fields, filled a heap of 256 MiB.
   */
  @Test
  void http1ExchangesAreBoundedWithTheirFields() throws Exception {
    String request = "GET / HTTP/1.1\r\nHost: x\r\n" + "a: v\r\n".repeat(100) + "\r\n";
    long each = 4096L + "/".length() + "x".length();
    each += 100 + "host".length() + "x".length() + 100 * (100L + "a".length() + "v".length());
    Http2Server.Builder builder =
        Http2Server.builder(_ -> handled.incrementAndGet())
            .threadCount(1)
            .grace(Duration.ofMillis(100));
    builder.exchangesByteSize = 2 * 2 * each; // Half of it for one address.
    try (Http2Server server = builder.start()) {
      try (Socket one = asked(server, request);
          Socket two = asked(server, request)) {
        awaitHandled(2);
        try (Socket three = asked(server, request)) {
          String text =
              new String(three.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
          assertTrue(text.startsWith("HTTP/1.1 503 "), text);
        }
        assertEquals(2, handled.get());
        assertTrue(one.isConnected() && two.isConnected());
      }
      while (server.connectionCount() > 0) {
        Thread.sleep(5);
      }
      try (Socket _ = asked(server, request)) { // What has ended takes no room.
        awaitHandled(3);
      }
    }
  }

  private static Socket asked(Http2Server server, String request) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private void awaitHandled(int count) throws InterruptedException {
    while (handled.get() < count) {
      Thread.sleep(5);
    }
  }

  /** Timers for what might go wrong at the end kept all of a connection for a minute. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
      })
  void nothingOfAConnectionStaysBehindItsEnd(String request) throws Exception {
    List<WeakReference<SocketAddress>> addresses = new CopyOnWriteArrayList<>();
    try (Http2Server server =
        Http2Server.builder(
                exchange -> {
                  addresses.add(new WeakReference<>(exchange.remoteAddress()));
                  if (exchange.request().method().equals("GET")) {
                    exchange.respond(204);
                  }
                })
            .threadCount(1)
            .grace(Duration.ofMillis(100))
            .start()) {
      for (int i = 0; i < 20; i++) {
        try (Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
          socket.setSoTimeout(20_000);
          socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
          assertTrue(socket.getInputStream().readAllBytes().length > 0);
        }
      }
      assertEquals(20, addresses.size());
      while (server.connectionCount() > 0) {
        Thread.sleep(5);
      }
      long end = System.nanoTime() + 20_000_000_000L;
      long left = 20;
      while (left > 2 && System.nanoTime() < end) { // What a loop has seen last may stay.
        System.gc();
        Thread.sleep(50);
        left = addresses.stream().filter(each -> each.get() != null).count();
      }
      assertTrue(left <= 2, "connections that stayed: " + left);
    }
  }

  /**
   * A peer may allow any size: all that was sent would be kept as long as the connection is open.
   */
  @Test
  void theTableOfSentFieldsIsBoundedWhateverThePeerAllows() throws Exception {
    String filler = "x".repeat(400);
    try (Http2Server server =
            Http2Server.builder(
                    exchange ->
                        exchange.respond(
                            200,
                            Headers.of("answer", exchange.request().path() + filler),
                            SegmentedBytes.empty()))
                .threadCount(1)
                .grace(Duration.ofMillis(100))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      ByteBuffer setting = ByteBuffer.allocate(6).putShort((short) SETTING_HEADER_TABLE_SIZE);
      peer.send(RawPeer.SETTINGS, 0, 0, setting.putInt(-1).array());
      List<Integer> sizes = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        peer.get(2 * i + 1, i % 20 == 0 ? "/again" : "/" + i);
        sizes.add(peer.await(RawPeer.HEADERS).payload().length);
      }
      peer.get(81, "/39"); // It is known still.
      assertTrue(peer.await(RawPeer.HEADERS).payload().length < 100);
      assertTrue(sizes.get(20) > 400, "what was sent 20 answers ago is still known: " + sizes);
    }
  }

  /** The client would take what follows for the rest of it. */
  @ParameterizedTest
  @ValueSource(ints = {5, 15})
  void aBodyOfAnotherLengthThanDeclaredEndsTheConnection(int byteSize) throws Exception {
    CompletableFuture<Void> failed = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      BodyWriter body = exchange.respond(200, Headers.of("content-length", "10"));
                      SegmentedBytes bytes = SegmentedBytes.copyOf(new byte[byteSize]);
                      var _ =
                          body.write(bytes, 0, byteSize, 0, true)
                              .whenComplete(
                                  (_, fault) -> {
                                    if (fault == null) {
                                      failed.complete(null);
                                    } else {
                                      failed.completeExceptionally(fault);
                                    }
                                  });
                    })
                .grace(Duration.ofMillis(100))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      String request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
      socket.getOutputStream().write((request + request).getBytes(StandardCharsets.US_ASCII));
      String all = "";
      try {
        all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        // Reset, which says as well that it is not whole.
      }
      assertFalse(all.indexOf("HTTP/1.1") != all.lastIndexOf("HTTP/1.1"), all);
      ExecutionException fault =
          assertThrows(ExecutionException.class, () -> failed.get(20, TimeUnit.SECONDS));
      assertTrue(String.valueOf(fault).contains("content-length=10"), fault.toString());
    }
  }

  /** A response to HEAD has no body and the length of one. */
  @ParameterizedTest
  @CsvSource({"GET, 200, false", "GET, 304, true", "HEAD, 200, true"})
  void noBodyWhereOneWasDeclaredEndsTheConnection(String method, int status, boolean goesOn)
      throws Exception {
    try (Http2Server server =
            Http2Server.builder(
                    exchange ->
                        exchange.respond(
                            status, Headers.of("content-length", "10"), SegmentedBytes.empty()))
                .grace(Duration.ofMillis(100))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      String request = method + " / HTTP/1.1\r\nHost: x\r\n";
      String last = request + "Connection: close\r\n\r\n";
      socket.getOutputStream().write((request + "\r\n" + last).getBytes(StandardCharsets.US_ASCII));
      String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertEquals(goesOn, all.indexOf("HTTP/1.1") != all.lastIndexOf("HTTP/1.1"), all);
      assertTrue(all.endsWith("\r\nconnection: close\r\n\r\n"), all);
    }
  }

  @Test
  void aHandlerMayCloseItsServer() throws Exception {
    CompletableFuture<Http2Server> itself = new CompletableFuture<>();
    CompletableFuture<String> done = new CompletableFuture<>();
    Http2Server server =
        Http2Server.builder(
                exchange -> {
                  exchange.respond(204);
                  try {
                    itself.join().close();
                    done.complete("closed");
                  } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                  }
                })
            .threadCount(1)
            .grace(Duration.ofMillis(300))
            .start();
    itself.complete(server);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(answer.startsWith("HTTP/1.1 204 "), answer);
      assertEquals("closed", done.get(20, TimeUnit.SECONDS));
    }
    while (server.connectionCount() > 0) {
      Thread.sleep(5);
    }
    server.close();
  }

  /** A handler on another thread may still be at work when the server's loops have ended. */
  @Test
  void whoAnswersAfterTheServersEndIsToldByTheStage() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    CompletableFuture<CompletableFuture<Void>> answer = new CompletableFuture<>();
    CountDownLatch closed = new CountDownLatch(1);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Http2Server server =
          Http2Server.builder(
                  exchange -> {
                    begun.countDown();
                    ended.await();
                    try {
                      exchange.body().cancel();
                      exchange.reset(Http2Error.CANCEL);
                      answer.complete(
                          exchange
                              .respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("late"))
                              .toCompletableFuture());
                    } catch (RuntimeException e) {
                      answer.completeExceptionally(e);
                    }
                    var _ = exchange.closed().thenRun(closed::countDown);
                  })
              .executor(executor)
              .grace(Duration.ofMillis(100))
              .start();
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertTrue(begun.await(20, TimeUnit.SECONDS));
        server.close();
      }
      ended.countDown();
      CompletableFuture<Void> sent = answer.get(20, TimeUnit.SECONDS);
      assertThrows(ExecutionException.class, () -> sent.get(20, TimeUnit.SECONDS));
      assertTrue(closed.await(20, TimeUnit.SECONDS));
    }
  }

  /** It is refused at the call, and the stream can still be ended. */
  @Test
  void memoryThatWasGivenBackIsRefusedAndNotCounted() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      BodyWriter body = exchange.respond(200, Headers.empty());
                      SegmentedBytes gone;
                      try (Loan loan = pool.loan(4096)) {
                        gone = loan.handOver();
                      }
                      try {
                        body.write(gone, 0, 4096, 0, true);
                        seen.complete("written");
                      } catch (IllegalStateException e) {
                        body.end();
                        seen.complete("queuedByteSize=" + body.queuedByteSize());
                      }
                    })
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("localhost", server.address().getPort()).connect()) {
      Response response =
          client.send(Request.get("/")).toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertEquals("queuedByteSize=0", seen.get(20, TimeUnit.SECONDS));
      try (WholeBody body =
          response.body().readAll(10).toCompletableFuture().get(20, TimeUnit.SECONDS)) {
        assertTrue(body.bytes().isEmpty());
      }
    }
  }
}
