package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 by the letter of RFC 9112: what could be read in two ways is refused. */
@Timeout(60)
class Http1Test {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private final Queue<String> stored = new ConcurrentLinkedQueue<>();
  private final AtomicInteger handled = new AtomicInteger();
  private final Queue<Http2Exchange> open = new ConcurrentLinkedQueue<>();
  private final CountDownLatch opened = new CountDownLatch(1);
  private Http2Server server;

  @BeforeEach
  void start() throws IOException {
    start(Http2Deadlines.defaults());
  }

  private void start(Http2Deadlines deadlines) throws IOException {
    server =
        Http2Server.builder(this::handle)
            .deadlines(deadlines)
            .grace(Duration.ofSeconds(5))
            .threadCount(1)
            .start();
  }

  /** Begins again with a server that waits for nobody. */
  private void startImpatient() throws IOException {
    server.close();
    start(
        Http2Deadlines.defaults()
            .withHeader(Duration.ofMillis(400))
            .withBody(Duration.ofMillis(400))
            .withHandler(Duration.ofSeconds(1))
            .withLeastByteRate(1000));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void handle(Http2Exchange exchange) {
    handled.incrementAndGet();
    String path = exchange.request().path();
    if (path.equals("/open")) {
      open.add(exchange);
      opened.countDown();
    } else if (path.equals("/late") || path.equals("/never")) {
      return; // Nobody answers.
    } else if (exchange.request().method().equals("PUT")) {
      var _ =
          exchange
              .body()
              .readAll(1 << 20)
              .whenComplete(
                  (body, failure) -> {
                    if (failure == null) {
                      stored.add(body.bytes().copyToUtf8String());
                      body.close();
                      exchange.respond(204);
                    }
                  });
    } else {
      exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8(path));
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends and reads until the server closes. */
  private String exchange(String text) throws IOException {
    try (Socket socket = connect()) {
      send(socket, text);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static String put(String headers, String body) {
    return "PUT /x HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\r\nhello\r\nZZZ\r\n",
        "5\r\nhello\r\n-1\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello!!0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 x\r\nhello\r\n0\r\n\r\n",
        "5;\u0001\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
        "5\r\nhello\r\n0\r\n a: folded\r\n\r\n"
      })
  void aMalformedChunkedBodyIsRefusedAndNothingStored(String body) throws Exception {
    String said = exchange(put("Transfer-Encoding: chunked\r\n", body));
    assertTrue(said.startsWith("HTTP/1.1 400 "), said);
    assertEquals(0, stored.size());
  }

  @Test
  void aChunkedBodyWithExtensionsAndATrailerIsStoredWhole() throws Exception {
    String said =
        exchange(
            put(
                "Transfer-Encoding: chunked\r\nConnection: close\r\n",
                "5;a=b\r\nhello\r\n00006 ; c\r\n world\r\n0\r\nx-trailer: y\r\n\r\n"));
    assertTrue(said.startsWith("HTTP/1.1 204 "), said);
    assertFalse(said.contains("content-length"), said);
    assertEquals(List.of("hello world"), List.copyOf(stored));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / HTTP/x.1\r\nHost: a\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "PUT / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      })
  void aHeaderThatTwoReadersTakeInTwoWaysIsRefusedAndNotHandled(String request) throws Exception {
    String said = exchange(request);
    assertTrue(said.startsWith("HTTP/1.1 400 "), said);
    assertEquals(1, said.split("HTTP/1.1 ", -1).length - 1, said);
    assertEquals(0, handled.get());
  }

  @Test
  void aHeaderThatIsTooLongIsRefused() throws Exception {
    String said = exchange("GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(20_000));
    assertTrue(said.startsWith("HTTP/1.1 431 "), said);
    said = exchange("GET /" + "y".repeat(20_000));
    assertTrue(said.startsWith("HTTP/1.1 414 "), said);
    assertEquals(0, handled.get());
  }

  @Test
  void anAbsoluteTargetNamesTheAuthority() throws Exception {
    String said =
        exchange("GET http://other:81/p?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertTrue(said.startsWith("HTTP/1.1 200 ") && said.endsWith("/p?q"), said);
  }

  @Test
  void thousandsOfRequestsBehindASlowOneAreAnsweredInTheirOrder() throws Exception {
    int count = 4000;
    try (Socket socket = connect()) {
      StringBuilder requests = new StringBuilder("GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
      for (int i = 0; i < count; i++) {
        requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: a\r\n");
        requests.append(i == count - 1 ? "Connection: close\r\n\r\n" : "\r\n");
      }
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                try {
                  send(socket, requests.toString());
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      opened.await();
      assertEquals(1, handled.get());
      open.remove().respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("first"));
      String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      sender.join();
      assertEquals(count + 1, said.split("HTTP/1.1 200 OK", -1).length - 1);
      assertTrue(said.endsWith("/" + (count - 1)));
    }
  }

  /** More than may be unwritten: each is read whole, so only a read goes on with the next. */
  @Test
  void manyRequestsOneAfterTheOtherAreAnswered() throws Exception {
    String answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n/x";
    try (Socket socket = connect()) {
      for (int i = 0; i < 200; i++) {
        send(socket, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        byte[] said = socket.getInputStream().readNBytes(answer.length());
        assertEquals(answer, new String(said, StandardCharsets.ISO_8859_1), "answer " + i);
      }
    }
  }

  @Test
  void requestsBehindABodyThatIsStillReadWaitInTheSocket() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
      opened.await();
      socket.setSoTimeout(300);
      byte[] more =
          "GET /x HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000).getBytes(StandardCharsets.UTF_8);
      CompletableFuture<Boolean> stuck = new CompletableFuture<>();
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 4000; i++) {
                        socket.getOutputStream().write(more);
                      }
                      stuck.complete(false);
                    } catch (IOException e) {
                      stuck.complete(true);
                    }
                  });
      sender.join(1500);
      assertFalse(stuck.isDone(), "the server took 100 MB of requests ahead");
      assertEquals(1, handled.get());
      socket.shutdownOutput();
      assertTrue(stuck.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void aHeaderOrABodyThatDripsIsEnded() throws Exception {
    startImpatient();
    try (Socket socket = connect()) {
      InputStream in = socket.getInputStream();
      send(socket, "GET / HT");
      String said = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(said.startsWith("HTTP/1.1 408 "), said);
    }
    try (Socket socket = connect()) {
      send(socket, put("Content-Length: 1000\r\n", "a"));
      String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(said.startsWith("HTTP/1.1 408 "), said);
      assertEquals(0, stored.size());
    }
  }

  @Test
  void aConnectionThatSaysNothingIsClosedAfterTheHeaderTime() throws Exception {
    startImpatient();
    try (Socket socket = connect()) {
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void aHandlerThatNeverAnswersIsAnsweredFor() throws Exception {
    startImpatient();
    String said = exchange("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    assertTrue(said.startsWith("HTTP/1.1 503 "), said);
  }

  @Test
  void closingLetsTheExchangeThatRunsEnd() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
      opened.await();
      Thread closing = Thread.ofPlatform().start(server::close);
      Thread.sleep(200);
      open.remove().respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("whole"));
      String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(said.startsWith("HTTP/1.1 200 ") && said.endsWith("whole"), said);
      closing.join();
    }
  }

  @Test
  void randomBytesNeverStopTheServer() throws Exception {
    Random random = Seeds.random("Http1Test");
    String good =
        "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (int round = 0; round < 300; round++) {
      byte[] bytes = good.repeat(1 + random.nextInt(3)).getBytes(StandardCharsets.ISO_8859_1);
      for (int i = random.nextInt(4); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try (Socket socket = connect()) {
        int cut = random.nextInt(bytes.length);
        socket.getOutputStream().write(bytes, 0, cut);
        socket.getOutputStream().write(bytes, cut, bytes.length - cut);
        if (random.nextBoolean()) {
          socket.getInputStream().read();
        }
      } catch (IOException e) {
        // The server hung up, as it may.
      }
    }
    String said = exchange("GET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertTrue(said.endsWith("/after"), said);
  }
}
