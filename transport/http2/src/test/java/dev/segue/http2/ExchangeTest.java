package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole exchanges, with our client and with the JDK's. */
@Timeout(60)
class ExchangeTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static final SegmentedBytes CONTENT = content(10_000_000);
  private static Tls identity;

  @BeforeAll
  static void identity() throws IOException {
    identity = Tls.selfSigned("localhost", "127.0.0.1");
  }

  private static SegmentedBytes content(long byteSize) {
    MemorySegment memory = Arena.global().allocate(byteSize, 8);
    for (long i = 0; i + 8 <= byteSize; i += 8) {
      memory.set(ValueLayout.JAVA_LONG, i, i * 0x9E3779B97F4A7C15L);
    }
    return SegmentedBytes.fromSegments(List.of(memory.asReadOnly()), false);
  }

  private static Http2Server serve(boolean tls, Http2Handler handler) throws IOException {
    Http2Server.Builder builder =
        Http2Server.builder(handler).grace(Duration.ofMillis(200)).threadCount(1);
    return (tls ? builder.tls(identity) : builder).start();
  }

  private static Http2Client connect(Http2Server server, boolean tls) throws IOException {
    Http2Client.Builder builder = Http2Client.builder("127.0.0.1", server.address().getPort());
    return (tls ? builder.tls(Tls.ofDefaults().trusting(identity)) : builder).connect();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBodyGoesThereAndBackInThePiecesItCameIn(boolean tls) throws Exception {
    try (Http2Server server = serve(tls, Echo::answer);
        Http2Client client = connect(server, tls)) {
      Response response = await(client.send(Request.of("POST", "/"), CONTENT));
      assertEquals(200, response.status());
      try (WholeBody body = await(response.body().readAll(CONTENT.byteSize()))) {
        assertEquals(CONTENT, body.bytes());
        assertTrue(body.bytes().segmentCount() > 1);
      }
      assertFalse(CONTENT.isLent());
    }
  }

  /** The JDK's client reads no response before all of its body is sent, so an echo would block. */
  private static void answerWhenWhole(Http2Exchange exchange) {
    var _ =
        exchange
            .body()
            .readAll(CONTENT.byteSize())
            .thenAccept(
                body -> {
                  var _ =
                      exchange
                          .respond(200, Headers.empty(), body.bytes())
                          .whenComplete((_, _) -> body.close());
                });
  }

  /**
   * Small pieces behind a frame that fills a record made a source of more than a record, the rest
   * of which came behind what followed it.
   */
  @Test
  void piecesOfAnySizeComeInTheirOrderThroughTls() throws Exception {
    long seed = Long.getLong("segue.seed", System.nanoTime());
    Random random = new Random(seed);
    int[] sizes = {1, 9, 40, 1000, 1024, 1025, 5000, 16_365, 16_366, 16_384, 16_385, 40_000};
    List<SegmentedBytes> bodies = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      List<SegmentedBytes> pieces = new ArrayList<>();
      for (long at = 0; at < 900_000; ) {
        int any = sizes[random.nextInt(sizes.length)];
        long run = random.nextInt(4) == 0 ? 1 + random.nextInt(70_000) : any;
        for (int n = 1 + random.nextInt(20); n > 0 && at < 900_000; n--, at += run) {
          pieces.add(CONTENT.slice(at, run));
        }
      }
      bodies.add(SegmentedBytes.concat(pieces));
    }
    try (Http2Server server =
            serve(
                true,
                exchange -> {
                  int index = Integer.parseInt(exchange.request().path().substring(1));
                  exchange.respond(200, Headers.empty(), bodies.get(index));
                });
        HttpClient client = HttpClient.newBuilder().sslContext(JdkTls.trusting(identity)).build()) {
      String root = "https://localhost:" + server.address().getPort() + "/";
      for (int i = 0; i < bodies.size(); i++) {
        var got =
            client.send(
                HttpRequest.newBuilder(URI.create(root + i)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(HttpClient.Version.HTTP_2, got.version());
        assertEquals(bodies.get(i), SegmentedBytes.copyOf(got.body()), "segue.seed=" + seed);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theClientOfTheJdkIsServedInBothVersions(boolean tls) throws Exception {
    try (Http2Server server =
        serve(
            tls,
            exchange -> {
              if (exchange.request().method().equals("GET")) {
                exchange.respond(200, Headers.of("x-answer", "yes"), CONTENT);
              } else {
                answerWhenWhole(exchange);
              }
            })) {
      // The JDK asks for h2c by an upgrade, which it falls back from, so clear text is HTTP/1.1.
      for (HttpClient.Version version : HttpClient.Version.values()) {
        if (version.name().equals("HTTP_3")) {
          continue;
        }
        HttpClient.Builder builder = HttpClient.newBuilder().version(version);
        if (tls) {
          builder.sslContext(JdkTls.trusting(identity));
        }
        try (HttpClient client = builder.build()) {
          URI uri =
              URI.create(
                  (tls ? "https" : "http") + "://localhost:" + server.address().getPort() + "/");
          var got =
              client.send(
                  HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray());
          assertEquals("yes", got.headers().firstValue("x-answer").orElse(""));
          assertEquals(CONTENT, SegmentedBytes.copyOf(got.body()));
          if (tls) {
            assertEquals(version, got.version());
          }
          var echoed =
              client.send(
                  HttpRequest.newBuilder(uri)
                      .POST(HttpRequest.BodyPublishers.ofByteArray(got.body()))
                      .build(),
                  HttpResponse.BodyHandlers.ofByteArray());
          assertEquals(CONTENT, SegmentedBytes.copyOf(echoed.body()));
        }
      }
    }
  }

  @Test
  void aShortResponseIsWholeHoweverLateItIsRead() throws Exception {
    try (Http2Server server =
            serve(
                false,
                exchange ->
                    exchange.respond(200, Headers.empty(), SegmentedBytes.copyOfUtf8("short")));
        Http2Client client = connect(server, false)) {
      Response first = await(client.send(Request.get("/")));
      Response second = await(client.send(Request.get("/"))); // The first stream is over by now.
      for (Response response : List.of(first, second)) {
        try (WholeBody body = await(response.body().readAll(100))) {
          assertEquals(SegmentedBytes.copyOfUtf8("short"), body.bytes());
        }
      }
    }
  }

  @Test
  void aSenderWaitsUntilItsDataIsConsumed() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server =
            Http2Server.builder(got::complete)
                .limits(Http2Limits.defaults().withWindowByteSize(100_000))
                .grace(Duration.ofMillis(200))
                .start();
        Http2Client client = connect(server, false)) {
      Http2Client.OpenRequest call = client.open(Request.of("POST", "/"));
      var written = call.body().write(CONTENT, 0, 1_000_000, 0, true).toCompletableFuture();
      BodyReader reader =
          await(CompletableFuture.completedStage(got.get(30, TimeUnit.SECONDS))).body();
      // Keeps everything: exactly one window comes, then nothing more.
      List<BodyPiece> kept = new java.util.ArrayList<>();
      long sum = 0;
      while (sum < 100_000) {
        kept.add(await(reader.read()).orElseThrow());
        sum += kept.getLast().bytes().byteSize();
      }
      assertEquals(100_000, sum);
      var next = reader.read().toCompletableFuture();
      assertFalse(next.isDone());
      assertFalse(written.isDone());
      kept.forEach(BodyPiece::close);
      try (BodyPiece data = await(next).orElseThrow()) {
        sum += data.bytes().byteSize();
      }
      for (var piece = await(reader.read()); piece.isPresent(); piece = await(reader.read())) {
        sum += piece.get().bytes().byteSize();
        piece.get().close();
      }
      assertEquals(1_000_000, sum);
      await(written);
      got.get().respond(204);
      assertEquals(204, await(call.response()).status());
    }
  }

  @Test
  void aHandlerThatFailsIsAnsweredWith500AndACancelledCallReleases() throws Exception {
    CompletableFuture<Http2Exchange> open = new CompletableFuture<>();
    try (Http2Server server =
            serve(
                false,
                exchange -> {
                  if (exchange.request().path().equals("/fail")) {
                    throw new IOException("as the test wants");
                  }
                  open.complete(exchange);
                });
        Http2Client client = connect(server, false)) {
      assertEquals(500, await(client.send(Request.get("/fail"))).status());
      Http2Client.OpenRequest call = client.open(Request.of("POST", "/open"));
      SegmentedBytes mine = CONTENT.slice(0, 9_000_000);
      var written = call.body().write(mine).toCompletableFuture();
      Http2Exchange exchange = open.get(30, TimeUnit.SECONDS);
      call.cancel();
      await(exchange.closed());
      assertThrows(ExecutionException.class, () -> written.get(30, TimeUnit.SECONDS));
      assertThrows(ExecutionException.class, () -> await(call.response()));
    }
  }

  /** Its header has gone by then, and the client would wait for the rest. */
  @Test
  void anAnswerWhoseMemoryIsRefusedEndsTheExchange() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = Http2Server.builder(got::complete).threadCount(1).start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort()).connect();
        Arena confined = Arena.ofConfined()) {
      var answer = client.send(Request.get("/")).thenCompose(head -> head.body().readAll(100));
      SegmentedBytes own =
          SegmentedBytes.fromSegments(List.of(confined.allocate(10).asReadOnly()), false);
      Http2Exchange exchange = got.get(20, TimeUnit.SECONDS);
      assertThrows(
          IllegalArgumentException.class, () -> exchange.respond(200, Headers.empty(), own));
      assertThrows(
          ExecutionException.class, () -> answer.toCompletableFuture().get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void aClientWithoutTheRightTrustIsToldWhy() throws Exception {
    try (Http2Server server = serve(true, exchange -> exchange.respond(204))) {
      Http2Client.Builder builder =
          Http2Client.builder("127.0.0.1", server.address().getPort()).tls(Tls.ofDefaults());
      assertTrue(
          assertThrows(IOException.class, builder::connect).toString().contains("127.0.0.1"));
    }
  }

  @Test
  void aClientCertificateIsAskedForAndShown() throws Exception {
    Tls clientIdentity = Tls.selfSigned("client.example");
    try (Http2Server server =
        Http2Server.builder(
                exchange -> exchange.respond(exchange.clientCertificate().isPresent() ? 200 : 403))
            .tls(identity.trusting(clientIdentity))
            .grace(Duration.ofMillis(200))
            .start()) {
      int port = server.address().getPort();
      try (Http2Client client =
          Http2Client.builder("127.0.0.1", port).tls(clientIdentity.trusting(identity)).connect()) {
        assertEquals(200, await(client.send(Request.get("/"))).status());
      }
      Http2Client.Builder stranger =
          Http2Client.builder("127.0.0.1", port).tls(Tls.ofDefaults().trusting(identity));
      assertThrows(IOException.class, stranger::connect);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisabledIfSystemProperty(
      named = "segue.http2.portable",
      matches = "true",
      disabledReason = "the TLS of the JDK itself takes 1 MB")
  void aResponseOf10MbTakesLittleHeap(boolean tls) throws Exception {
    // The detector's records would be counted as well.
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try {
      measureHeap(tls);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  private static void measureHeap(boolean tls) throws Exception {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    CompletableFuture<Long> loop = new CompletableFuture<>();
    try (Http2Server server =
            serve(
                tls,
                exchange -> {
                  loop.complete(Thread.currentThread().threadId());
                  exchange.respond(200, Headers.empty(), CONTENT);
                });
        Http2Client client = connect(server, tls)) {
      int warmUp = 20;
      int rounds = 20;
      long start = 0;
      for (int i = 0; i < warmUp + rounds; i++) {
        if (i == warmUp) {
          start = threads.getThreadAllocatedBytes(loop.get());
        }
        Response response = await(client.send(Request.get("/")));
        for (var piece = await(response.body().read());
            piece.isPresent();
            piece = await(response.body().read())) {
          piece.get().close();
        }
      }
      long each = (threads.getThreadAllocatedBytes(loop.get()) - start) / rounds;
      System.out.println("heap per response of 10 MB, tls=" + tls + ": " + each + " bytes");
      assertTrue(each < 64 << 10, "heap per response byteSize=" + each);
    }
  }

  /** On its executor: the only event loop serves others meanwhile. */
  @Test
  void aHandlerMayBlockOnItsExecutorWhileOthersAreServed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Http2Server server =
            Http2Server.builder(
                    exchange -> {
                      if (exchange.request().path().equals("/blocks")) {
                        begun.countDown();
                        try {
                          assertTrue(go.await(30, TimeUnit.SECONDS));
                        } catch (InterruptedException e) {
                          Thread.currentThread().interrupt();
                        }
                      }
                      exchange.respond(204);
                    })
                .executor(threads)
                .grace(Duration.ofMillis(200))
                .threadCount(1)
                .start();
        Http2Client client = connect(server, false)) {
      CompletionStage<Response> blocked = client.send(Request.get("/blocks"));
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      assertEquals(204, await(client.send(Request.get("/other"))).status());
      assertFalse(blocked.toCompletableFuture().isDone());
      go.countDown();
      assertEquals(204, await(blocked).status());
    }
  }

  /** Also where there is no thread for it: whoever waited got no answer until its deadline. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTaskThatTheExecutorRejectsIsAnsweredWith503(boolean hasNoThread) throws Exception {
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.respond(204))
                .executor(
                    _ -> {
                      if (hasNoThread) {
                        throw new OutOfMemoryError("unable to create native thread");
                      }
                      throw new RejectedExecutionException("as a test wants it");
                    })
                .grace(Duration.ofMillis(200))
                .threadCount(1)
                .start();
        Http2Client client = connect(server, false);
        HttpClient http1 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      assertEquals(503, await(client.send(Request.get("/"))).status());
      URI address = URI.create("http://127.0.0.1:" + server.address().getPort() + "/");
      assertEquals(
          503,
          http1
              .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.discarding())
              .statusCode());
    }
  }
}
