package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that go away in the middle, other people's clients, and HTTP/1.1 as it is on the wire. */
@Timeout(60)
class EndsTest {
  static {
    LeakWatch.install();
  }

  private final SegmentedBytes large =
      SegmentedBytes.fromSegments(List.of(Arena.ofAuto().allocate(10 << 20).asReadOnly()), false);

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private Http2Server serve(@Nullable Tls tls) throws IOException {
    Http2Server.Builder builder =
        Http2Server.builder(exchange -> exchange.respond(200, Headers.empty(), large))
            .grace(Duration.ofMillis(100))
            .threadCount(1);
    return (tls == null ? builder : builder.tls(tls)).start();
  }

  private void awaitRelease() throws Exception {
    large.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void aPeerThatShutsItsOutputOrDiesMidFrameReleasesWhatIsLent() throws Exception {
    try (Http2Server server = serve(null)) {
      try (RawPeer peer = new RawPeer(server.address()).start(100_000, 1 << 20, 16_384)) {
        peer.get(1, "/");
        peer.await(RawPeer.DATA);
        peer.sendRaw(new byte[] {0, 0, 100, 0, 0});
        peer.shutdownOutput();
        awaitRelease();
      }
    }
  }

  /** The socket is full, so that the frame that ends the stream waits behind its data. */
  @Test
  void nothingOfAStreamFollowsItsReset() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      var _ =
                          exchange.respond(200, Headers.empty(), large).exceptionally(_ -> null);
                      got.complete(exchange);
                    })
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer =
            new RawPeer(server.address(), 4096).start(Integer.MAX_VALUE, 1 << 30, 16_384)) {
      peer.get(1, "/");
      got.get(20, TimeUnit.SECONDS).reset(Http2Error.CANCEL);
      assertEquals(1, peer.await(RawPeer.RST_STREAM).streamId());
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      RawPeer.Frame next = peer.next();
      while (next != null && next.type() != RawPeer.PING) {
        assertNotEquals(RawPeer.DATA, next.type());
        next = peer.next();
      }
      awaitRelease();
    }
  }

  /**
   * The answer is whole in the kernel's buffers, and its client sends something whenever it has
   * read a part, as clients of HTTP/2 do: that was answered with a reset.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasAnsweredAsTheServerClosesComesThoughItsClientSendsOn(boolean isTls) throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    int byteSize = 1_000_000;
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  exchange.respond(200, Headers.empty(), large.slice(0, byteSize));
                  got.complete(exchange);
                })
            .grace(Duration.ofSeconds(20));
    try (Http2Server server = (isTls ? builder.tls(identity) : builder).start();
        Socket plain = new Socket()) {
      plain.setReceiveBufferSize(65_536);
      plain.connect(server.address());
      RawPeer peer = new RawPeer(isTls ? JdkTls.over(plain, identity) : plain);
      peer.start(Integer.MAX_VALUE, 1 << 30, 16_384).get(1, "/");
      peer.await(RawPeer.HEADERS);
      got.get(20, TimeUnit.SECONDS).closed().toCompletableFuture().get(20, TimeUnit.SECONDS);
      Thread closer = Thread.ofVirtual().start(server::close);
      closer.join(Duration.ofMillis(500)); // For it to close the socket.
      int read = 0;
      boolean isWhole = false;
      for (RawPeer.Frame frame = peer.next(); frame != null; frame = peer.next()) {
        read += frame.type() == RawPeer.DATA ? frame.payload().length : 0;
        isWhole |= frame.endStream();
        peer.windowUpdate(0, 16_384);
      }
      assertEquals(byteSize, read);
      assertTrue(isWhole);
      peer.close();
      closer.join();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void closingDoesNotWaitForAClientThatHasGone(boolean http2) throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Http2Server server =
        Http2Server.builder(_ -> begun.countDown())
            .grace(Duration.ofHours(1))
            .threadCount(1)
            .start();
    int port = server.address().getPort();
    Thread closing = Thread.ofPlatform().daemon().unstarted(server::close);
    if (http2) {
      try (RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
        peer.get(1, "/");
        assertTrue(begun.await(20, TimeUnit.SECONDS));
        closing.start();
        peer.await(RawPeer.GO_AWAY);
      }
    } else {
      try (Socket idle = new Socket(InetAddress.getLoopbackAddress(), port);
          Socket waits = new Socket(InetAddress.getLoopbackAddress(), port)) {
        waits
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertTrue(begun.await(20, TimeUnit.SECONDS));
        closing.start();
        assertEquals(-1, idle.getInputStream().read()); // At once, as nothing runs on it.
      }
    }
    closing.join();
  }

  private static void giveUpTheBody(Http2Exchange exchange) {
    var _ =
        exchange
            .body()
            .readAll(1000)
            .whenComplete((_, fault) -> exchange.respond(fault == null ? 204 : 413));
  }

  /** Its sender may have any length of it left, and is told that nobody waits for that. */
  @Test
  void aBodyThatWasGivenUpNeedNotCome() throws Exception {
    try (Http2Server server =
        Http2Server.builder(EndsTest::giveUpTheBody)
            .grace(Duration.ofMillis(100))
            .threadCount(1)
            .start()) {
      try (RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
        peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
        peer.send(RawPeer.DATA, 0, 1, new byte[2000]);
        assertEquals(0, peer.await(RawPeer.RST_STREAM).code());
      }
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.setSoTimeout(20_000);
        String head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(new byte[2000]);
        String said =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(said.startsWith("HTTP/1.1 413 "), said);
      }
    }
  }

  /** Its sender can't know yet; each further reset would count against the connection. */
  @Test
  void whatIsOnItsWayToAStreamThatWasResetIsDropped() throws Exception {
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.respond(403))
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      assertEquals(0, peer.await(RawPeer.RST_STREAM).code());
      for (int i = 0; i < 10; i++) {
        peer.send(RawPeer.DATA, 0, 1, new byte[1000]);
      }
      assertEquals(0, peer.resetCountUntilPing());
    }
  }

  @Test
  void tlsThatIsCutInMidFrameReleasesWhatIsLent() throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    try (Http2Server server = serve(identity)) {
      for (boolean polite : new boolean[] {true, false}) {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
        SSLSocket socket =
            (SSLSocket)
                JdkTls.trusting(identity)
                    .getSocketFactory()
                    .createSocket(plain, "localhost", server.address().getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        var out = socket.getOutputStream();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.write(RawPeer.frame(RawPeer.SETTINGS, 0, 0, new byte[0]));
        byte[] get = {(byte) 0x82, (byte) 0x87, (byte) 0x84, 0x41, 1, 'x'};
        out.write(RawPeer.frame(RawPeer.HEADERS, RawPeer.END_HEADERS | RawPeer.END_STREAM, 1, get));
        out.write(new byte[] {0, 0, 8, 6});
        out.flush();
        assertEquals(40_000, socket.getInputStream().readNBytes(40_000).length);
        if (polite) {
          socket.close();
        } else {
          plain.setSoLinger(true, 0);
          plain.close();
        }
        awaitRelease();
      }
    }
  }

  @Test
  void http1AnswersPipelinedRequestsInTheirOrder() throws Exception {
    try (Http2Server server =
            Http2Server.builder(
                    exchange ->
                        exchange.respond(
                            200,
                            Headers.empty(),
                            SegmentedBytes.copyOfUtf8(exchange.request().path())))
                .grace(Duration.ofMillis(100))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      String requests =
          String.join(
              "\r\nHost: x\r\n",
              "GET /one HTTP/1.1",
              "\r\nHEAD /two HTTP/1.1",
              "\r\nGET /three HTTP/1.1",
              "Connection: close\r\n\r\n");
      socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String said = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(3, said.split("HTTP/1.1 200 OK", -1).length - 1, said);
      assertTrue(said.contains("/one") && said.endsWith("/three") && !said.contains("/two"), said);
      assertTrue(said.indexOf("content-length: 4") < said.indexOf("content-length: 6"), said);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theLastAnswerArrivesThoughItsClientGoesOnSending(boolean tls) throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    Http2Server.Builder builder =
        Http2Server.builder(exchange -> exchange.respond(204))
            .limits(Http2Limits.defaults().withBodyByteSize(1000))
            .grace(Duration.ofMillis(100))
            .threadCount(1);
    try (Http2Server server = (tls ? builder.tls(identity) : builder).start()) {
      int port = server.address().getPort();
      for (int i = 0; i < 20; i++) {
        try (Socket socket =
            tls
                ? JdkTls.trusting(identity).getSocketFactory().createSocket("localhost", port)
                : new Socket(InetAddress.getLoopbackAddress(), port)) {
          socket.setSoTimeout(20_000);
          var out = socket.getOutputStream();
          out.write(
              "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
          try {
            for (int sent = 0; sent < 2_000_000; sent += 100_000) {
              out.write(new byte[100_000]);
            }
          } catch (IOException e) {
            // The server has said its last word; it is there to be read.
          }
          String said =
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
          assertTrue(said.startsWith("HTTP/1.1 413 ") && said.endsWith("\r\n\r\n"), said);
        }
      }
    }
  }

  /**
   * To HTTP/1.0 a body without a length ends with the connection: one that was cut looked whole.
   */
  @ParameterizedTest
  @CsvSource({
    "false, whole", "false, reset", "false, throw", "false, close", "false, shut",
    "true, whole", "true, reset", "true, throw", "true, close", "true, shut"
  })
  @SuppressWarnings("try") // it is closed before the block ends
  void aBodyThatEndsWithTheConnectionIsNotTakenForWholeWhereItWasCut(boolean isTls, String end)
      throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    CompletableFuture<Void> sent = new CompletableFuture<>();
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  BodyWriter body = exchange.respond(200, Headers.empty());
                  var left = body.write(large.slice(0, 100_000));
                  switch (end) {
                    case "whole" -> body.end();
                    case "throw" -> throw new IllegalStateException("in the midst of a body");
                    default ->
                        left.thenRun(
                            () -> {
                              sent.complete(null);
                              if (end.equals("reset")) {
                                exchange.reset(Http2Error.INTERNAL_ERROR);
                              }
                            });
                  }
                })
            .grace(Duration.ofMillis(100))
            .threadCount(1);
    try (Http2Server server = (isTls ? builder.tls(identity) : builder).start()) {
      int port = server.address().getPort();
      try (Socket socket =
          isTls
              ? JdkTls.trusting(identity).getSocketFactory().createSocket("localhost", port)
              : new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        if (end.equals("close")) {
          sent.get(20, TimeUnit.SECONDS);
          server.close();
        }
        if (end.equals("shut")) { // Its client reads on.
          sent.get(20, TimeUnit.SECONDS);
          assertTrue(socket.getInputStream().read() >= 0);
          socket.shutdownOutput();
        }
        if (end.equals("whole")) {
          assertTrue(socket.getInputStream().readAllBytes().length > 100_000);
        } else {
          assertThrows(IOException.class, () -> socket.getInputStream().readAllBytes());
        }
      }
    }
    awaitRelease();
  }

  /** It was reset, as if it had been cut, until the handler had all of the request. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBodyThatEndsWithTheConnectionIsWholeThoughTheRequestIsNot(boolean isTls) throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  BodyReader request = exchange.body();
                  var _ =
                      request
                          .read()
                          .thenAccept(
                              first -> {
                                first.ifPresent(BodyPiece::close);
                                var _ = request.read();
                                BodyWriter body = exchange.respond(200, Headers.empty());
                                body.write(large.slice(0, 100_000));
                                body.end();
                              });
                })
            .grace(Duration.ofMillis(100))
            .threadCount(1);
    try (Http2Server server = (isTls ? builder.tls(identity) : builder).start();
        Socket socket =
            isTls
                ? JdkTls.trusting(identity)
                    .getSocketFactory()
                    .createSocket("localhost", server.address().getPort())
                : new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "POST / HTTP/1.0\r\ncontent-length: 10\r\n\r\nhalf."
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      int last = 0;
      while (last != 0x0D0A0D0A) { // The end of the head.
        last = last << 8 | in.read();
      }
      assertEquals(100_000, in.readNBytes(100_000).length);
      socket.shutdownOutput();
      assertEquals(-1, in.read());
    }
    awaitRelease();
  }

  /** Its channel has closed, and the word of that waits behind what the loop has read. */
  @Test
  @SuppressWarnings("try") // it is closed before the block ends
  void anAnswerToAClientThatIsJustGoneThrowsNothing() throws Exception {
    CompletableFuture<Http2Exchange> first = new CompletableFuture<>();
    CountDownLatch standing = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<BodyWriter> answered = new CompletableFuture<>();
    Http2Handler handler =
        exchange -> {
          switch (exchange.request().path()) {
            case "/first" -> first.complete(exchange);
            case "/stand" -> {
              standing.countDown();
              stand(go);
              exchange.respond(204);
            }
            case "/answer" -> {
              try {
                answered.complete(first.join().respond(200, Headers.empty()));
              } catch (RuntimeException e) {
                answered.completeExceptionally(e);
              }
              exchange.respond(204);
            }
            default -> exchange.respond(204);
          }
        };
    try (Http2Server server = Http2Server.builder(handler).threadCount(1).start();
        Socket gone = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
        Socket other = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
        Socket last = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      request(gone, "/first", "1.0"); // To HTTP/1.0 its body ends with the connection.
      first.get(20, TimeUnit.SECONDS);
      request(last, "/", "1.1");
      assertTrue(last.getInputStream().read() >= 0);
      request(other, "/stand", "1.1");
      assertTrue(standing.await(20, TimeUnit.SECONDS));
      gone.setSoLinger(true, 0);
      gone.close();
      request(last, "/answer", "1.1");
      go.countDown();
      answered.get(20, TimeUnit.SECONDS);
    }
    awaitRelease();
  }

  private static void stand(CountDownLatch until) {
    try {
      until.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void request(Socket socket, String path, String version) throws IOException {
    String head = "GET " + path + " HTTP/" + version + "\r\nHost: localhost\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
  }

  /** All of the answer is in the kernel's buffers, and its client sends the rest of its request. */
  @Test
  void theLastAnswerArrivesThoughItsServerClosesMeanwhile() throws Exception {
    int byteSize = 1_000_000;
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      exchange.respond(200, Headers.empty(), large.slice(0, byteSize));
                      got.complete(exchange);
                    })
                .grace(Duration.ofSeconds(20))
                .start();
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(65_536);
      socket.connect(server.address());
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      String head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n";
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      got.get(20, TimeUnit.SECONDS).closed().toCompletableFuture().get(20, TimeUnit.SECONDS);
      Thread closer = Thread.ofVirtual().start(server::close);
      closer.join(Duration.ofMillis(200)); // For it to reach the connection.
      byte[] piece = new byte[16_384];
      long read = 0;
      for (int n = socket.getInputStream().read(piece); n >= 0; ) {
        read += n;
        out.write(new byte[100]);
        n = socket.getInputStream().read(piece);
      }
      assertTrue(read > byteSize, "read=" + read);
      socket.shutdownOutput(); // Hangs up.
      closer.join();
    }
  }

  @Test
  void nghttpReceivesEachByteInFramesOf16KiB() throws Exception {
    Process process;
    try (Http2Server server = serve(null)) {
      try {
        process =
            new ProcessBuilder(
                    "nghttp",
                    "-nv",
                    "-w30",
                    "-W30",
                    "http://127.0.0.1:" + server.address().getPort() + "/")
                .redirectErrorStream(true)
                .start();
      } catch (IOException e) {
        Assumptions.abort("nghttp is not installed (Debian: nghttp2-client)");
        return;
      }
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), said);
      String full = "recv DATA frame <length=16384, flags=0x00, stream_id=";
      assertTrue(
          said.split(full, -1).length - 1 >= 500, said.lines().limit(60).toList().toString());
    }
  }
}
