package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client beside servers that are limited, silent, going away, or lying. */
@Timeout(60)
class ClientTest {
  static {
    LeakWatch.install();
  }

  private static final Duration SHORT = Duration.ofMillis(1500);
  private static final Http2ClientTimeouts TIMEOUTS = Http2ClientTimeouts.defaults();
  private static final int HOLD_MILLIS = 30;

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Throwable faultOf(CompletionStage<?> stage) {
    ExecutionException thrown = assertThrows(ExecutionException.class, () -> await(stage));
    return Objects.requireNonNull(thrown.getCause());
  }

  private static Http2StreamException streamFaultOf(CompletionStage<?> stage) {
    return assertInstanceOf(Http2StreamException.class, faultOf(stage));
  }

  private static SegmentedBytes bytes(int byteSize) {
    MemorySegment memory = Arena.ofAuto().allocate(byteSize);
    for (int i = 0; i < byteSize; i++) {
      memory.set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
    }
    return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
  }

  // The authority.

  @Test
  void anIpv6AddressStandsInBracketsAndWithoutItsZone() {
    assertEquals("[::1]:80", Authority.of("::1", 80).toString());
    assertEquals("[::1]:80", Authority.of("[::1]", 80).toString());
    assertEquals("[fe80::1]:80", Authority.of("fe80::1%eth0", 80).toString());
    assertEquals("fe80::1%eth0", Authority.of("fe80::1%eth0", 80).host());
    assertEquals("fe80::1", Authority.of("fe80::1%eth0", 80).name());
    assertEquals("a.example:8443", Authority.of("a.example", 8443).toString());
    for (String host : List.of("", "[]", "a b", "a/b", "u@a", "a\r\nb")) {
      assertThrows(IllegalArgumentException.class, () -> Authority.of(host, 80), host);
    }
    assertThrows(IllegalArgumentException.class, () -> Http2Client.builder("a", 0));
    assertThrows(IllegalArgumentException.class, () -> Http2Client.builder("a", 65_536));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aServerOnAnIpv6AddressSeesTheAddressInBrackets(boolean tls) throws Exception {
    Tls identity = Tls.selfSigned("::1");
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange ->
                    exchange.respond(
                        200,
                        Headers.empty(),
                        SegmentedBytes.copyOfUtf8(exchange.request().authority())))
            .address(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0))
            .grace(Duration.ofMillis(100));
    try (Http2Server server = (tls ? builder.tls(identity) : builder).start()) {
      int port = server.address().getPort();
      for (String host : List.of("::1", "[::1]")) {
        Http2Client.Builder settings = Http2Client.builder(host, port);
        try (Http2Client client =
            (tls ? settings.tls(Tls.ofDefaults().trusting(identity)) : settings).connect()) {
          Response response = await(client.send(Request.get("/")));
          try (WholeBody body = await(response.body().readAll(100))) {
            assertEquals(SegmentedBytes.copyOfUtf8("[::1]:" + port), body.bytes());
          }
        }
      }
    }
  }

  // The server's limit of streams.

  private static Http2Server limited(int streamCount, AtomicInteger running, AtomicInteger most)
      throws IOException {
    return Http2Server.builder(
            exchange -> {
              int now = running.incrementAndGet();
              most.accumulateAndGet(now, Math::max);
              Thread.startVirtualThread(
                  () -> {
                    try {
                      Thread.sleep(HOLD_MILLIS);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    running.decrementAndGet();
                    exchange.respond(204);
                  });
            })
        .limits(Http2Limits.defaults().withStreamCount(streamCount))
        .grace(Duration.ofMillis(100))
        .start();
  }

  private static List<CompletionStage<Response>> sendMany(Http2Client client, int count) {
    List<CompletionStage<Response>> responses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      responses.add(client.send(Request.get("/" + i)));
    }
    return responses;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void requestsBeyondTheServersLimitWaitForTheirTurn(int streamCount) throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Http2Server server = limited(streamCount, running, most);
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .connectionCount(1)
                .connect()) {
      for (CompletionStage<Response> each : sendMany(client, 30)) {
        assertEquals(204, await(each).status());
      }
      assertEquals(1, server.connectionCount());
    }
    assertTrue(most.get() <= streamCount, "at a time: " + most);
  }

  @Test
  void anotherConnectionIsMadeForWhatTheServerDoesNotAllowOnOneButNotMoreThanTheClientMayHave()
      throws Exception {
    CountDownLatch three = new CountDownLatch(3);
    List<Http2Exchange> held = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      held.add(exchange);
                      three.countDown();
                    })
                .limits(Http2Limits.defaults().withStreamCount(1))
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .connectionCount(3)
                .connect()) {
      assertEquals(1, client.connectionCount());
      List<CompletionStage<Response>> responses = sendMany(client, 4);
      assertTrue(three.await(30, TimeUnit.SECONDS));
      assertEquals(3, server.connectionCount());
      assertEquals(3, client.connectionCount());
      held.forEach(exchange -> exchange.respond(204));
      while (held.size() < 4) {
        Thread.sleep(5);
      }
      held.getLast().respond(204);
      for (CompletionStage<Response> each : responses) {
        assertEquals(204, await(each).status());
      }
    }
  }

  @Test
  void whatWaitsTooLongOrBehindTooManyFailsAndIsNotSent() throws Exception {
    AtomicInteger headers = new AtomicInteger();
    try (RawServer server =
            RawServer.of(
                socket -> {
                  RawPeer peer = new RawPeer(socket).startServerAllowing(1, 1 << 16);
                  for (var frame = peer.next(); frame != null; frame = peer.next()) {
                    headers.addAndGet(frame.type() == RawPeer.HEADERS ? 1 : 0);
                  }
                });
        Http2Client client =
            server
                .client()
                .connectionCount(1)
                .waitingRequestCount(2)
                .timeouts(TIMEOUTS.withStream(SHORT))
                .connect()) {
      CompletionStage<Response> first = client.send(Request.get("/first"));
      CompletionStage<Response> second = client.send(Request.get("/second"));
      SegmentedBytes body = bytes(100_000);
      CompletionStage<Response> third = client.send(Request.of("POST", "/third"), body);
      Http2StreamException tooMany = streamFaultOf(client.send(Request.get("/fourth")));
      assertEquals(Http2Error.REFUSED_STREAM, tooMany.error());
      assertTrue(tooMany.toString().contains("waitingRequestCount=2"), tooMany.toString());
      for (CompletionStage<Response> each : List.of(second, third)) {
        Throwable late = faultOf(each);
        assertInstanceOf(Http2TimeoutException.class, late);
        assertTrue(late.toString().contains("stream=PT1.5S"), late.toString());
      }
      assertFalse(body.isLent());
      assertFalse(first.toCompletableFuture().isDone());
      assertEquals(1, headers.get());
    }
  }

  @Test
  void whatIsWrittenBeforeThereIsAStreamGoesWithIt() throws Exception {
    try (Http2Server server =
            Http2Server.builder(Echo::answer)
                .limits(Http2Limits.defaults().withStreamCount(1))
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .connectionCount(1)
                .connect()) {
      SegmentedBytes sent = bytes(200_000);
      List<Http2Client.OpenRequest> open = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        Http2Client.OpenRequest each = client.open(Request.of("POST", "/"));
        each.body().write(sent, 0, 150_000, 0, false);
        each.body().write(sent, 150_000, 50_000, 0, true);
        open.add(each);
      }
      for (Http2Client.OpenRequest each : open) {
        Response response = await(each.response());
        try (WholeBody body = await(response.body().readAll(1 << 20))) {
          assertEquals(sent, body.bytes());
        }
      }
      await(sent.released());
    }
  }

  @Test
  void aRequestThatIsGivenUpWhileItWaitsLeavesItsPlace() throws Exception {
    try (RawServer server =
            RawServer.of(
                socket -> {
                  RawPeer peer = new RawPeer(socket).startServerAllowing(1, 1 << 16);
                  int id = peer.await(RawPeer.HEADERS).streamId();
                  peer.await(RawPeer.PING);
                  peer.respond(id, true);
                  RawServer.answerAll(peer);
                });
        Http2Client client =
            server
                .client()
                .connectionCount(1)
                .limits(Http2Limits.defaults().withIdle(SHORT))
                .connect()) {
      CompletionStage<Response> first = client.send(Request.get("/first"));
      Http2Client.OpenRequest cancelled = client.open(Request.of("POST", "/second"));
      SegmentedBytes body = bytes(1000);
      var written = cancelled.body().write(body);
      CompletableFuture<Response> forgotten =
          client.send(Request.get("/third")).toCompletableFuture();
      CompletionStage<Response> last = client.send(Request.get("/fourth"));
      cancelled.cancel();
      forgotten.cancel(false);
      assertEquals(Http2Error.CANCEL, streamFaultOf(cancelled.response()).error());
      assertEquals(Http2Error.CANCEL, streamFaultOf(written).error());
      assertEquals(200, await(first).status());
      assertEquals(200, await(last).status());
      await(body.released());
    }
  }

  // What nobody wants.

  private static void writeForEver(BodyWriter writer, SegmentedBytes piece) {
    if (!piece.isEmpty()) {
      var _ =
          writer
              .write(piece)
              .whenComplete(
                  (_, fault) -> {
                    if (fault == null) {
                      writeForEver(writer, piece);
                    }
                  });
    }
  }

  /** An endless one would hold its stream, and the network, until the client is closed. */
  @ParameterizedTest
  @ValueSource(ints = {0, 10_000})
  void aResponseThatIsCancelledIsEnded(int pieceByteSize) throws Exception {
    SegmentedBytes piece = bytes(pieceByteSize);
    CountDownLatch closed = new CountDownLatch(2);
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      writeForEver(exchange.respond(200, Headers.empty()), piece);
                      var _ = exchange.closed().thenRun(closed::countDown);
                    })
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .limits(Http2Limits.defaults().withBodyByteSize(Long.MAX_VALUE).withIdle(SHORT))
                .connect()) {
      Response cancelled = await(client.send(Request.get("/")));
      Response large = await(client.send(Request.get("/")));
      cancelled.body().cancel();
      if (pieceByteSize == 0) {
        large.body().cancel();
      } else {
        assertEquals(Http2Error.CANCEL, streamFaultOf(large.body().readAll(1000)).error());
      }
      assertTrue(closed.await(30, TimeUnit.SECONDS));
      assertTrue(await(cancelled.body().read()).isEmpty());
    }
  }

  /** Many resets of one stream would be taken for an attack, and end what others do. */
  @Test
  void whatComesOfACancelledResponseIsDropped() throws Exception {
    CompletableFuture<Integer> resets = new CompletableFuture<>();
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      peer.respond(id, false);
                      for (int i = 0; i < 6; i++) {
                        peer.send(RawPeer.DATA, 0, id, new byte[16_384]);
                      }
                      peer.await(RawPeer.RST_STREAM);
                      for (int i = 0; i < 10; i++) {
                        peer.send(RawPeer.DATA, 0, id, new byte[1000]);
                      }
                      resets.complete(peer.resetCountUntilPing());
                    }));
        Http2Client client = server.client().connect()) {
      Response response = await(client.send(Request.get("/")));
      response.body().cancel();
      assertEquals(0, await(resets));
    }
  }

  @Test
  void whoCancelsAResponseMayGoOnWithTheRequest() throws Exception {
    CompletableFuture<SegmentedBytes> received = new CompletableFuture<>();
    CountDownLatch closed = new CountDownLatch(1);
    try (Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      writeForEver(exchange.respond(200, Headers.empty()), bytes(10_000));
                      var _ =
                          exchange
                              .body()
                              .readAll(1 << 20)
                              .thenAccept(
                                  body -> {
                                    received.complete(
                                        SegmentedBytes.copyOf(body.bytes().copyToByteArray()));
                                    body.close();
                                  });
                      var _ = exchange.closed().thenRun(closed::countDown);
                    })
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .limits(Http2Limits.defaults().withBodyByteSize(Long.MAX_VALUE).withIdle(SHORT))
                .connect()) {
      Http2Client.OpenRequest open = client.open(Request.of("POST", "/"));
      Response response = await(open.response());
      response.body().cancel();
      SegmentedBytes body = bytes(100_000);
      for (int i = 0; i < 4; i++) {
        await(open.body().write(body, 25_000L * i, 25_000, 0, i == 3));
      }
      assertEquals(body, await(received));
      assertTrue(closed.await(30, TimeUnit.SECONDS));
    }
  }

  // Silence.

  @Test
  void aServerThatAcceptsAndSaysNothingEndsInATimeout() throws Exception {
    for (boolean tls : new boolean[] {false, true}) {
      try (RawServer server = RawServer.of(socket -> socket.getInputStream().readAllBytes())) {
        Http2Client.Builder builder = server.client().timeouts(TIMEOUTS.withConnect(SHORT));
        IOException fault =
            assertThrows(
                IOException.class, (tls ? builder.tls(Tls.ofDefaults()) : builder)::connect);
        assertTrue(fault.toString().contains("connect=PT1.5S"), fault.toString());
      }
    }
  }

  @Test
  void aResponseThatDoesNotComeEndsInATimeoutAndOthersGetANewConnection() throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      RawPeer.Frame frame = peer.next();
                      while (frame != null && frame.type() != RawPeer.HEADERS) {
                        frame = peer.next();
                      }
                      if (frame != null) {
                        peer.respond(frame.streamId(), true);
                      }
                      RawServer.swallow(peer);
                    }),
                RawServer.http2(RawServer::answerAll));
        Http2Client client = server.client().timeouts(TIMEOUTS.withResponse(SHORT)).connect()) {
      // All that the server says has come before the next request: only then it is silent since.
      assertEquals(200, await(client.send(Request.get("/"))).status());
      SegmentedBytes body = bytes(1000);
      Throwable late = faultOf(client.send(Request.of("POST", "/"), body));
      assertInstanceOf(Http2TimeoutException.class, late);
      assertTrue(late.toString().contains("response=PT1.5S"), late.toString());
      await(body.released());
      assertEquals(200, await(client.send(Request.get("/"))).status());
      assertEquals(2, server.connectionCount());
    }
  }

  @Test
  void aBodyThatStopsEndsInATimeoutUnlessItIsKeptOpen() throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      for (var frame = peer.next(); frame != null; frame = peer.next()) {
                        if (frame.type() == RawPeer.HEADERS) {
                          peer.respond(frame.streamId(), false);
                          peer.send(RawPeer.DATA, 0, frame.streamId(), new byte[10]);
                        }
                      }
                    }));
        Http2Client client = server.client().timeouts(TIMEOUTS.withBody(SHORT)).connect()) {
      Response stops = await(client.send(Request.get("/stops")));
      Response lives = await(client.send(Request.get("/lives")));
      lives.body().keepOpen();
      await(stops.body().read()).orElseThrow().close();
      await(lives.body().read()).orElseThrow().close();
      var more = lives.body().read().toCompletableFuture();
      Throwable late = faultOf(stops.body().read());
      assertInstanceOf(Http2TimeoutException.class, late);
      assertTrue(late.toString().contains("body=PT1.5S"), late.toString());
      Thread.sleep(3 * SHORT.toMillis());
      assertFalse(more.isDone());
      lives.body().cancel();
    }
  }

  @Test
  void aServerThatTakesNoBodyEndsInATimeoutAndNothingStaysLent() throws Exception {
    try (RawServer server =
            RawServer.of(
                socket -> RawServer.swallow(new RawPeer(socket).startServer(0, 1 << 20, 16_384)));
        Http2Client client = server.client().timeouts(TIMEOUTS.withWrite(SHORT)).connect()) {
      SegmentedBytes body = bytes(100_000);
      Throwable late = faultOf(client.send(Request.of("POST", "/"), body));
      assertInstanceOf(Http2TimeoutException.class, late);
      assertTrue(late.toString().contains("write=PT1.5S"), late.toString());
      await(body.released());
    }
  }

  @Test
  void aServerThatReadsNothingEndsInATimeoutAndNothingStaysLent() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (RawServer server =
            RawServer.of(
                socket -> {
                  socket.setReceiveBufferSize(4096);
                  new RawPeer(socket).startServer(Integer.MAX_VALUE, 1 << 30, 16_384);
                  over.await(30, TimeUnit.SECONDS);
                });
        Http2Client client = server.client().timeouts(TIMEOUTS.withWrite(SHORT)).connect()) {
      SegmentedBytes body = bytes(32 << 20);
      assertInstanceOf(
          Http2TimeoutException.class, faultOf(client.send(Request.of("POST", "/"), body)));
      await(body.released());
      over.countDown();
    }
  }

  @Test
  void aServerThatAnswersNoPingIsGivenUpThoughItsStreamMayBeSilent() throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      peer.respond(peer.await(RawPeer.HEADERS).streamId(), false);
                      RawServer.swallow(peer);
                    }),
                RawServer.http2(RawServer::answerAll));
        Http2Client client =
            server.client().limits(Http2Limits.defaults().withIdle(SHORT)).connect()) {
      Response response = await(client.send(Request.get("/")));
      response.body().keepOpen();
      Throwable fault = faultOf(response.body().read());
      assertTrue(fault.toString().contains("PING"), fault.toString());
      assertEquals(200, await(client.send(Request.get("/"))).status());
    }
  }

  @Test
  void aConnectionThatNobodyUsesIsClosedAndMadeAgain() throws Exception {
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.respond(204))
                .grace(Duration.ofMillis(100))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort())
                .limits(Http2Limits.defaults().withIdle(SHORT))
                .connect()) {
      for (int i = 0; i < 2; i++) {
        assertEquals(204, await(client.send(Request.get("/"))).status());
        while (server.connectionCount() > 0 || client.connectionCount() > 0) {
          Thread.sleep(10); // Until the timeout of the test: each end sees it by itself.
        }
        assertTrue(client.isOpen());
      }
    }
  }

  // Going away.

  @Test
  void aLostConnectionIsReplacedAndWhatWasOnItIsNotSentAgain() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      peer.await(RawPeer.HEADERS);
                      requests.incrementAndGet();
                      peer.abort();
                    }),
                RawServer.http2(
                    peer -> {
                      peer.await(RawPeer.HEADERS);
                      peer.shutdownOutput(); // half-open: the client sees the end
                      RawServer.swallow(peer);
                    }),
                RawServer.http2(RawServer::answerAll));
        Http2Client client = server.client().connect()) {
      for (int i = 0; i < 2; i++) {
        Http2StreamException fault = streamFaultOf(client.send(Request.get("/lost")));
        assertTrue(fault.error() != Http2Error.REFUSED_STREAM, fault.toString());
      }
      assertEquals(200, await(client.send(Request.get("/"))).status());
      assertEquals(1, requests.get());
      assertEquals(3, server.connectionCount());
    }
  }

  @Test
  void whatAGoAwayLeavesOutIsSentAgainOnANewConnectionWithItsBody() throws Exception {
    SegmentedBytes body = bytes(100_000);
    CompletableFuture<byte[]> received = new CompletableFuture<>();
    try (RawServer server =
            RawServer.of(
                socket -> {
                  RawPeer peer = new RawPeer(socket).startServer(30_000, 1 << 20, 16_384);
                  int first = peer.await(RawPeer.HEADERS).streamId();
                  int second = peer.await(RawPeer.HEADERS).streamId();
                  assertTrue(second > first);
                  peer.await(RawPeer.DATA);
                  peer.goAway(first, 0);
                  peer.respond(first, true);
                  RawServer.swallow(peer);
                },
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      received.complete(RawPeer.join(peer.dataToEnd(id)));
                      peer.respond(id, true);
                      RawServer.swallow(peer);
                    }));
        Http2Client client = server.client().connect()) {
      CompletionStage<Response> first = client.send(Request.get("/first"));
      CompletionStage<Response> second = client.send(Request.of("PUT", "/second"), body);
      assertEquals(200, await(first).status());
      assertEquals(200, await(second).status());
      assertEquals(body, SegmentedBytes.copyOf(await(received)));
      await(body.released());
      assertEquals(1, client.connectionCount());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 4711})
  void aResetIsReportedWithItsErrorAndOnlyARefusedRequestIsSentAgain(int code) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      for (var frame = peer.next(); frame != null; frame = peer.next()) {
                        if (frame.type() == RawPeer.HEADERS && requests.incrementAndGet() == 1) {
                          peer.reset(frame.streamId(), code);
                        } else {
                          RawServer.answer(peer, frame);
                        }
                      }
                    }));
        Http2Client client = server.client().connect()) {
      CompletionStage<Response> response = client.send(Request.get("/"));
      if (code == Http2Error.REFUSED_STREAM.code()) {
        assertEquals(200, await(response).status());
        assertEquals(2, requests.get());
      } else {
        assertEquals(code, streamFaultOf(response).errorCode());
        assertEquals(1, requests.get());
      }
      assertEquals(200, await(client.send(Request.get("/next"))).status());
      assertEquals(1, server.connectionCount());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aServerThatAlwaysRefusesIsAskedThreeTimes(boolean byGoAway) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      for (var frame = peer.next(); frame != null; frame = peer.next()) {
                        if (frame.type() == RawPeer.HEADERS) {
                          requests.incrementAndGet();
                          if (byGoAway) {
                            peer.goAway(0, 0);
                          } else {
                            peer.reset(frame.streamId(), 7);
                          }
                        }
                      }
                    }));
        Http2Client client = server.client().connect()) {
      SegmentedBytes body = bytes(10_000);
      Http2StreamException fault = streamFaultOf(client.send(Request.of("PUT", "/"), body));
      assertEquals(Http2Error.REFUSED_STREAM, fault.error());
      assertEquals(3, requests.get());
      await(body.released());
    }
  }

  @Test
  void aRequestWhoseBodyIsWrittenByAndByIsSentAgainOnlyAsLongAsNothingHasLeft() throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      peer.reset(peer.await(RawPeer.HEADERS).streamId(), 7);
                      int second = peer.await(RawPeer.HEADERS).streamId();
                      peer.await(RawPeer.DATA);
                      peer.reset(second, 7);
                      RawServer.swallow(peer);
                    }));
        Http2Client client = server.client().connect()) {
      Http2Client.OpenRequest open = client.open(Request.of("POST", "/"));
      Thread.sleep(SHORT.toMillis()); // It is refused and sent again before its body is written.
      SegmentedBytes body = bytes(1000);
      var written = open.body().write(body);
      assertEquals(Http2Error.REFUSED_STREAM, streamFaultOf(open.response()).error());
      written.toCompletableFuture().handle((_, _) -> 0).get(30, TimeUnit.SECONDS);
      assertEquals(Http2Error.REFUSED_STREAM, streamFaultOf(open.body().write(body)).error());
      await(body.released());
    }
  }

  @Test
  void aServerThatHangsUpBeforeItsSettingsIsNoServer() throws Exception {
    for (RawServer.Script script :
        List.<RawServer.Script>of(
            Socket::close,
            socket -> socket.getInputStream().readNBytes(10),
            socket -> {
              socket.setSoLinger(true, 0);
              socket.close();
            },
            socket -> {
              socket
                  .getOutputStream()
                  .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              socket.getInputStream().readNBytes(10);
            })) {
      for (boolean tls : new boolean[] {false, true}) {
        try (RawServer server = RawServer.of(script)) {
          Http2Client.Builder builder = server.client();
          IOException fault =
              assertThrows(
                  IOException.class, (tls ? builder.tls(Tls.ofDefaults()) : builder)::connect);
          assertTrue(fault.toString().contains("port=" + server.port()), fault.toString());
        }
      }
    }
  }

  @Test
  void aServerThatWillNotComeBackFailsWhatWaitsForIt() throws Exception {
    Http2Client client;
    try (RawServer server = RawServer.of(RawServer.http2(RawServer::answerAll))) {
      client = server.client().connect();
      assertEquals(200, await(client.send(Request.get("/"))).status());
    }
    try (client) {
      Throwable fault;
      do { // What was sent before the client saw the end fails in another way.
        fault = faultOf(client.send(Request.get("/")));
      } while (!(fault.getCause() instanceof IOException));
      assertEquals(Http2Error.REFUSED_STREAM, ((Http2StreamException) fault).error());
      assertTrue(fault.toString().contains("connect to host=127.0.0.1"), fault.toString());
    }
  }

  @Test
  void aCertificateForAnotherNameIsRefused() throws Exception {
    Tls identity = Tls.selfSigned("other.example");
    try (Http2Server server =
        Http2Server.builder(exchange -> exchange.respond(204))
            .tls(identity)
            .grace(Duration.ofMillis(100))
            .start()) {
      for (String host : List.of("127.0.0.1", "localhost")) {
        Http2Client.Builder builder =
            Http2Client.builder(host, server.address().getPort())
                .tls(Tls.ofDefaults().trusting(identity));
        IOException fault = assertThrows(IOException.class, builder::connect);
        assertTrue(fault.toString().contains(host), fault.toString());
      }
    }
  }

  // Lies.

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "20", "2000", "abc", "+20", "-01", "099", "101"})
  void aStatusThatIsNoneEndsTheStreamAlone(String status) throws Exception {
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      byte[] block = new byte[3 + status.length()];
                      block[0] = 0x08; // a literal whose name is :status
                      block[1] = (byte) status.length();
                      System.arraycopy(
                          status.getBytes(StandardCharsets.US_ASCII), 0, block, 2, status.length());
                      peer.send(
                          RawPeer.HEADERS,
                          RawPeer.END_HEADERS,
                          id,
                          java.util.Arrays.copyOf(block, 2 + status.length()));
                      RawServer.answerAll(peer);
                    }));
        Http2Client client = server.client().connect()) {
      streamFaultOf(client.send(Request.get("/")));
      assertEquals(200, await(client.send(Request.get("/"))).status());
      assertEquals(1, server.connectionCount());
    }
  }

  @Test
  void aHeaderThatTheServerDoesNotAllowFailsAloneAndNothingElseDoes() throws Exception {
    try (RawServer server =
            RawServer.of(
                socket -> RawServer.answerAll(new RawPeer(socket).startServerAllowing(10, 300)));
        Http2Client client = server.client().connect()) {
      Http2StreamException fault =
          streamFaultOf(client.send(Request.get("/").with("large", "x".repeat(1000))));
      assertEquals(Http2Error.CANCEL, fault.error());
      assertEquals(200, await(client.send(Request.get("/"))).status());
      assertEquals(1, server.connectionCount());
    }
  }

  @Test
  void whatHttp2DoesNotAllowInARequestIsRefusedWhereItIsMade() throws Exception {
    try (RawServer server = RawServer.of(RawServer.http2(RawServer::answerAll));
        Http2Client client = server.client().connect()) {
      for (Request request :
          List.of(
              Request.of("GET\r\n", "/"),
              Request.of("", "/"),
              Request.get("no/slash"),
              Request.get("/a b"),
              Request.get("/a\r\nb"),
              new Request("GET", "/", "a\r\nb", Headers.empty()),
              Request.get("/").with("connection", "close"),
              Request.get("/").with("transfer-encoding", "chunked"),
              Request.get("/").with("te", "gzip"))) {
        assertThrows(IllegalArgumentException.class, () -> client.send(request), request::toString);
      }
      assertEquals(200, await(client.send(Request.get("/").with("te", "trailers"))).status());
    }
  }

  // Closing.

  @Test
  void aClosedClientSaysSoAndNothingStaysLent() throws Exception {
    try (RawServer server =
        RawServer.of(
            socket -> RawServer.swallow(new RawPeer(socket).startServerAllowing(1, 1 << 16)))) {
      Http2Client client = server.client().connectionCount(1).connect();
      SegmentedBytes body = bytes(1000);
      CompletionStage<Response> runs = client.send(Request.of("POST", "/runs"), body);
      CompletionStage<Response> waits = client.send(Request.of("POST", "/waits"), body);
      client.close();
      client.close();
      assertFalse(client.isOpen());
      streamFaultOf(runs);
      streamFaultOf(waits);
      for (int i = 0; i < 2; i++) {
        assertThrows(IllegalStateException.class, () -> client.send(Request.get("/")));
        assertThrows(IllegalStateException.class, () -> client.send(Request.of("POST", "/"), body));
        assertThrows(IllegalStateException.class, () -> client.open(Request.of("POST", "/")));
      }
      await(body.released());
    }
  }

  @Test
  void aClientMayBeClosedWhereItsCompletionsRun() throws Exception {
    try (RawServer server = RawServer.of(RawServer.http2(RawServer::answerAll))) {
      Http2Client client = server.client().connect();
      CompletableFuture<Void> closed =
          client.send(Request.get("/")).thenAccept(_ -> client.close()).toCompletableFuture();
      await(closed);
      assertFalse(client.isOpen());
    }
  }

  @Test
  void manyThreadsSendWhileConnectionsComeAndGo() throws Exception {
    AtomicInteger answered = new AtomicInteger();
    try (RawServer server =
            RawServer.of(
                socket -> {
                  RawPeer peer = new RawPeer(socket).startServerAllowing(4, 1 << 16);
                  int last = 39; // of twenty
                  for (var frame = peer.next(); frame != null; frame = peer.next()) {
                    if (frame.streamId() <= last) {
                      RawServer.answer(peer, frame);
                    }
                    if (frame.type() == RawPeer.HEADERS && frame.streamId() == last) {
                      peer.goAway(last, 0);
                    }
                  }
                });
        Http2Client client = server.client().connectionCount(2).connect()) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        threads.add(
            Thread.startVirtualThread(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    try {
                      assertEquals(200, await(client.send(Request.get("/" + i))).status());
                      answered.incrementAndGet();
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(400, answered.get());
      assertTrue(server.connectionCount() >= 400 / 20 / 2, "" + server.connectionCount());
    }
  }

  /** Our server fills the frame of 256 KiB that the client allows; its bytes come all the time. */
  @Test
  void aLargeFrameThatComesSlowlyIsNoLateBody() throws Exception {
    int byteSize = 200_000;
    try (RawServer server =
            RawServer.of(
                RawServer.http2(
                    peer -> {
                      int id = peer.await(RawPeer.HEADERS).streamId();
                      peer.respond(id, false);
                      byte[] frame =
                          RawPeer.frame(RawPeer.DATA, RawPeer.END_STREAM, id, new byte[byteSize]);
                      for (int at = 0; at < frame.length; at += 5000) {
                        int end = Math.min(frame.length, at + 5000);
                        peer.sendRaw(Arrays.copyOfRange(frame, at, end));
                        Thread.sleep(50);
                      }
                      RawServer.answerAll(peer);
                    }));
        Http2Client client =
            server.client().timeouts(TIMEOUTS.withBody(Duration.ofMillis(500))).connect()) {
      Response response = await(client.send(Request.get("/")));
      try (WholeBody body = await(response.body().readAll(byteSize))) {
        assertEquals(byteSize, body.bytes().byteSize());
      }
    }
  }

  /** No request waits behind another, but for a connection that is made for it. */
  @Test
  void aClientWithoutAQueueConnectsAgain() throws Exception {
    try (RawServer server = RawServer.of(RawServer.http2(RawServer::answerAll));
        Http2Client client =
            server
                .client()
                .waitingRequestCount(0)
                .limits(Http2Limits.defaults().withIdle(Duration.ofMillis(200)))
                .connect()) {
      for (int i = 0; i < 2; i++) {
        assertEquals(200, await(client.send(Request.get("/"))).status());
        while (client.connectionCount() > 0) {
          Thread.sleep(20);
        }
      }
      assertEquals(2, server.connectionCount());
    }
  }
}
