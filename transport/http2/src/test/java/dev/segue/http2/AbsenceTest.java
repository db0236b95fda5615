package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An end whose only loop stands still for longer than each of its deadlines, as in a process that
 * is stopped, doesn't take that for its peer's silence: what came meanwhile is still to be read.
 */
@Timeout(60)
class AbsenceTest {
  static {
    LeakWatch.install();
  }

  private static final Duration TIME = Duration.ofSeconds(2);
  private static final long AWAY_MILLIS = 3000;

  private Http2Server server;

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  @BeforeEach
  void start() throws IOException {
    server =
        Http2Server.builder(this::handle)
            .limits(Http2Limits.defaults().withIdle(TIME))
            .deadlines(
                Http2Deadlines.defaults().withHeader(TIME).withBody(TIME).withLeastByteRate(1))
            .grace(Duration.ofMillis(100))
            .threadCount(1)
            .start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void handle(Http2Exchange exchange) {
    switch (exchange.request().path()) {
      case "/away" -> {
        standStill(AWAY_MILLIS);
        exchange.respond(204);
      }
      case "/away-again" -> {
        standStill(AWAY_MILLIS / 2);
        exchange.respond(204);
      }
      case "/never" -> {}
      case "/later" ->
          CompletableFuture.delayedExecutor(AWAY_MILLIS / 5, TimeUnit.MILLISECONDS)
              .execute(() -> exchange.respond(204));
      case "/socket" -> exchange.acceptWebSocket("", 1000, new Echo());
      case "/read-time" -> {
        readTime(exchange);
        receive(exchange);
      }
      default -> receive(exchange);
    }
  }

  private static void receive(Http2Exchange exchange) {
    var _ =
        exchange
            .body()
            .readAll(1 << 20)
            .thenAccept(
                body -> {
                  body.close();
                  exchange.respond(204);
                });
  }

  /** As a handler with a deadline of its own does, on a thread of its own. */
  private static void readTime(Http2Exchange exchange) {
    Thread.startVirtualThread(
        () -> {
          try {
            while (!exchange.closed().toCompletableFuture().isDone()) {
              var _ = exchange.nanoTime();
              Thread.sleep(20);
            }
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static final class Echo implements WebSocket.Listener {
    @Override
    public void onText(WebSocket socket, String text) {
      socket.sendText(text);
    }
  }

  private static void standStill(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String statusOf(Socket socket) throws IOException {
    return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
  }

  /** The server's loop stands still for a while from now on. */
  private void sendAway() throws Exception {
    sendAway("/away");
  }

  private void sendAway(String path) throws Exception {
    try (Socket socket = connect()) {
      send(socket, "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals("HTTP/1.1 204", statusOf(socket));
    }
  }

  @Test
  void aHeaderThatCameMeanwhileIsRead() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "GET / HTTP/1.1\r\nHo");
      Thread rest =
          Thread.startVirtualThread(
              () -> {
                try {
                  Thread.sleep(TIME.dividedBy(2));
                  send(socket, "st: a\r\n\r\n");
                } catch (IOException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      sendAway();
      rest.join();
      assertEquals("HTTP/1.1 204", statusOf(socket));
    }
  }

  @Test
  void aLoopThatIsAwayAgainAndAgainEndsAHeaderThatNeverEnds() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "GET / HTTP/1.1\r\nHo");
      AtomicBoolean ended = new AtomicBoolean();
      Thread away =
          Thread.startVirtualThread(
              () -> {
                try {
                  while (!ended.get()) {
                    sendAway("/away-again");
                  }
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      try {
        assertEquals("HTTP/1.1 408", statusOf(socket));
      } finally {
        ended.set(true);
        away.join();
      }
    }
  }

  @Test
  void aBodyThatCameMeanwhileIsRead() throws Exception {
    sendBody("/");
  }

  @Test
  void aHandlerThatReadsTheTimeHidesNoAbsence() throws Exception {
    sendBody("/read-time");
  }

  private void sendBody(String path) throws Exception {
    try (Socket socket = connect()) {
      send(socket, "PUT " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
      Thread rest =
          Thread.startVirtualThread(
              () -> {
                try {
                  for (int i = 0; i < 100; i++) {
                    send(socket, "x");
                    Thread.sleep(AWAY_MILLIS / 80);
                  }
                } catch (IOException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      Thread.sleep(100);
      sendAway();
      rest.join();
      assertEquals("HTTP/1.1 204", statusOf(socket));
    }
  }

  @Test
  void aConnectionWithAnOpenStreamLivesOn() throws Exception {
    try (RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.get(1, "/never");
      Thread away =
          Thread.startVirtualThread(
              () -> {
                try {
                  Thread.sleep(TIME); // What was said at first has left long ago.
                  sendAway();
                  Thread.sleep(TIME.multipliedBy(2));
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      while (away.isAlive()) {
        peer.windowUpdate(0, 1); // Answered with nothing.
        Thread.sleep(20);
      }
      away.join();
      peer.get(3, "/");
      assertEquals(3, peer.await(RawPeer.HEADERS).streamId(), "the connection was cut");
    }
  }

  @Test
  void aWebSocketLivesOn() throws Exception {
    CompletableFuture<String> echo = new CompletableFuture<>();
    try (HttpClient client = HttpClient.newHttpClient()) {
      var socket =
          client
              .newWebSocketBuilder()
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + server.address().getPort() + "/socket"),
                  new java.net.http.WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(
                        java.net.http.WebSocket from, CharSequence data, boolean last) {
                      echo.complete(data.toString());
                      return CompletableFuture.allOf();
                    }

                    @Override
                    public void onError(java.net.http.WebSocket from, Throwable fault) {
                      echo.completeExceptionally(fault);
                    }
                  })
              .get(20, TimeUnit.SECONDS);
      sendAway();
      Thread.sleep(TIME.multipliedBy(2));
      socket.sendText("still here", true).get(20, TimeUnit.SECONDS);
      assertEquals("still here", echo.get(20, TimeUnit.SECONDS));
      socket.abort();
      client.shutdownNow();
    }
  }

  @Test
  void aClientReadsTheResponseThatCameMeanwhile() throws Exception {
    try (Http2Client client =
        Http2Client.builder("127.0.0.1", server.address().getPort())
            .timeouts(Http2ClientTimeouts.defaults().withResponse(TIME))
            .connectionCount(1)
            .connect()) {
      CompletableFuture<Response> later = client.send(Request.get("/later")).toCompletableFuture();
      client
          .send(Request.get("/"))
          .thenAccept(_ -> standStill(AWAY_MILLIS))
          .toCompletableFuture()
          .join();
      assertTrue(later.get(20, TimeUnit.SECONDS).status() == 204);
    }
  }
}
