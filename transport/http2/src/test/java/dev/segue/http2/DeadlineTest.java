package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What may take long, and what is ended. */
@Timeout(60)
class DeadlineTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static final Duration IDLE = Duration.ofMillis(400);

  private final SegmentedBytes large =
      SegmentedBytes.fromSegments(List.of(Arena.ofAuto().allocate(10 << 20).asReadOnly()), false);

  private static Http2Server.Builder builder(Http2Handler handler) {
    return Http2Server.builder(handler)
        .limits(Http2Limits.defaults().withIdle(IDLE))
        .grace(Duration.ofMillis(100))
        .threadCount(1);
  }

  /** Sends a few bytes every 50 ms until the exchange is over. */
  private static void trickle(Http2Exchange exchange) {
    BodyWriter writer = exchange.respond(200, Headers.empty());
    Thread.startVirtualThread(
        () -> {
          while (!exchange.closed().toCompletableFuture().isDone()) {
            try {
              var _ = writer.write(SegmentedBytes.copyOfUtf8("tick\n")).exceptionally(_ -> null);
              Thread.sleep(50);
            } catch (InterruptedException | IllegalStateException e) {
              return;
            }
          }
        });
  }

  @Test
  void aStreamThatOnlyReceivesLivesFarBeyondTheIdleTime() throws Exception {
    try (Http2Server server = builder(DeadlineTest::trickle).start()) {
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.setSoTimeout(10_000);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        long end = System.nanoTime() + 6 * IDLE.toNanos();
        while (System.nanoTime() < end) {
          assertTrue(socket.getInputStream().read(new byte[100]) > 0, "the stream was cut");
        }
      }
      try (RawPeer peer = new RawPeer(server.address()).start(1 << 20, 1 << 20, 16_384)) {
        peer.get(1, "/");
        long end = System.nanoTime() + 6 * IDLE.toNanos();
        while (System.nanoTime() < end) {
          RawPeer.Frame frame = peer.next();
          assertNotNull(frame, "the stream was cut");
          if (frame.type() == RawPeer.PING && (frame.flags() & RawPeer.ACK) == 0) {
            peer.send(RawPeer.PING, RawPeer.ACK, 0, frame.payload());
          }
        }
      }
    }
  }

  /**
   * Without GOAWAY a client whose request met the close could not know that it may send it again.
   */
  @Test
  void anIdleConnectionEndsWithGoAwayAndNoResetOfWhatCrossesIt() throws Exception {
    try (Http2Server server =
            builder(exchange -> exchange.respond(204)).grace(Duration.ofSeconds(20)).start();
        RawPeer peer = new RawPeer(server.address()).start(1 << 20, 1 << 20, 16_384)) {
      peer.get(1, "/");
      peer.await(RawPeer.HEADERS);
      RawPeer.Frame goodbye = peer.await(RawPeer.GO_AWAY);
      assertEquals(1, ByteBuffer.wrap(goodbye.payload()).getInt()); // The last stream it knows.
      for (int i = 0; i < 10; i++) {
        peer.get(3 + 2 * i, "/");
        Thread.sleep(10);
      }
      assertNull(peer.next());
    }
  }

  @Test
  void aPeerThatDoesNotAnswerPingIsEnded() throws Exception {
    try (Http2Server server = builder(DeadlineTest::trickle).start();
        RawPeer peer = new RawPeer(server.address()).start(1 << 20, 1 << 20, 16_384)) {
      peer.get(1, "/");
      boolean asked = false;
      for (RawPeer.Frame frame = peer.next(); frame != null; frame = peer.next()) {
        asked |= frame.type() == RawPeer.PING && (frame.flags() & RawPeer.ACK) == 0;
      }
      assertTrue(asked);
    }
  }

  @Test
  void aStreamWhoseWindowStaysShutIsResetThoughTheConnectionIsKeptAliveByPings() throws Exception {
    try (Http2Server server =
            builder(exchange -> exchange.respond(200, Headers.empty(), large))
                .deadlines(Http2Deadlines.defaults().withWrite(Duration.ofMillis(500)))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(0, 1 << 20, 16_384)) {
      peer.get(1, "/");
      CompletableFuture<Void> released = large.released().toCompletableFuture();
      boolean reset = false;
      while (!reset) {
        peer.send(RawPeer.PING, 0, 0, new byte[8]);
        Thread.sleep(50);
        RawPeer.Frame frame = peer.next();
        assertNotNull(frame, "the connection was closed, not the stream");
        reset = frame.type() == RawPeer.RST_STREAM;
      }
      released.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aWindowThatOpensByteByByteIsResetAsWell() throws Exception {
    try (Http2Server server =
            builder(exchange -> exchange.respond(200, Headers.empty(), large))
                .deadlines(
                    Http2Deadlines.defaults()
                        .withWrite(Duration.ofMillis(500))
                        .withLeastByteRate(10_000))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(0, 1 << 20, 16_384)) {
      peer.get(1, "/");
      for (RawPeer.Frame frame = peer.await(RawPeer.HEADERS);
          frame != null && frame.type() != RawPeer.RST_STREAM;
          frame = peer.next()) {
        peer.windowUpdate(1, 1);
        Thread.sleep(20);
      }
      large.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aConnectionWindowThatStaysShutEndsTheConnection() throws Exception {
    try (Http2Server server =
            builder(exchange -> exchange.respond(200, Headers.empty(), large))
                .deadlines(Http2Deadlines.defaults().withWrite(Duration.ofMillis(500)))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(1 << 20, 65_535, 16_384)) {
      peer.get(1, "/");
      boolean said = false;
      for (RawPeer.Frame frame = peer.next(); frame != null; frame = peer.next()) {
        said |= frame.type() == RawPeer.GO_AWAY && frame.code() == 11;
        try {
          peer.send(RawPeer.PING, 0, 0, new byte[8]);
        } catch (SocketException e) {
          // It has ended the connection, as it should; what it said before is still to be read.
        }
      }
      assertTrue(said);
      large.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  /** All of its answers are on their way to the socket, and none waits for a window. */
  @Test
  void aPeerThatReadsNothingIsEndedThoughNoStreamWaits() throws Exception {
    SegmentedBytes lent =
        SegmentedBytes.fromSegments(List.of(Arena.ofAuto().allocate(100_000).asReadOnly()), false);
    BlockingQueue<CompletableFuture<Void>> closed = new LinkedBlockingQueue<>();
    try (Http2Server server =
            builder(
                    exchange -> {
                      var _ = exchange.respond(200, Headers.empty(), lent).exceptionally(_ -> null);
                      closed.add(exchange.closed().toCompletableFuture());
                    })
                .limits(Http2Limits.defaults())
                .deadlines(Http2Deadlines.defaults().withWrite(Duration.ofMillis(500)))
                .start();
        RawPeer peer =
            new RawPeer(server.address(), 4096).start(Integer.MAX_VALUE, 1 << 30, 16_384)) {
      boolean isStuck = false;
      CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
      for (int id = 1; !isStuck; id += 2) {
        peer.get(id, "/");
        last = Objects.requireNonNull(closed.poll(20, TimeUnit.SECONDS));
        try {
          last.get(100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          isStuck = true;
        }
      }
      CompletableFuture<Void> stuck = last;
      try {
        while (!stuck.isDone()) {
          peer.send(RawPeer.PING, 0, 0, new byte[8]);
          Thread.sleep(20);
        }
      } catch (SocketException e) {
        // It has ended the connection.
      }
      stuck.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aHeaderBlockOrFrameThatDripsEndsTheConnection() throws Exception {
    try (Http2Server server =
        builder(exchange -> exchange.respond(204))
            .limits(Http2Limits.defaults())
            .deadlines(Http2Deadlines.defaults().withHeader(Duration.ofMillis(400)))
            .start()) {
      try (RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
        peer.await(RawPeer.SETTINGS);
        peer.await(RawPeer.SETTINGS); // The acknowledgement of ours: nothing comes in between.
        peer.send(RawPeer.HEADERS, 0, 1, peer.headers("GET", "/"));
        assertTrue(peer.awaitGoAway(11), "header block");
      }
      try (RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
        peer.await(RawPeer.SETTINGS);
        peer.await(RawPeer.SETTINGS);
        peer.sendRaw(new byte[] {0, 0, 100, 1, 5});
        assertTrue(peer.awaitGoAway(11), "frame");
      }
    }
  }

  /** A frame of 16 KiB takes longer than the deadline; its bytes come faster than they must. */
  @Test
  void aFrameThatComesAtTheLeastRateIsWaitedFor() throws Exception {
    CompletableFuture<Long> got = new CompletableFuture<>();
    try (Http2Server server =
            builder(
                    exchange -> {
                      var _ =
                          exchange
                              .body()
                              .readAll(1 << 20)
                              .thenAccept(
                                  body -> {
                                    got.complete(body.bytes().byteSize());
                                    body.close();
                                    exchange.respond(204);
                                  });
                    })
                .limits(Http2Limits.defaults())
                .deadlines(
                    Http2Deadlines.defaults()
                        .withHeader(Duration.ofMillis(600))
                        .withBody(Duration.ofMillis(600)))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      byte[] frame = RawPeer.frame(RawPeer.DATA, RawPeer.END_STREAM, 1, new byte[16_384]);
      for (int at = 0; at < frame.length; at += 500) {
        // The header of the frame in two parts.
        peer.sendRaw(Arrays.copyOfRange(frame, at, at == 0 ? 5 : at));
        peer.sendRaw(Arrays.copyOfRange(frame, at == 0 ? 5 : at, Math.min(frame.length, at + 500)));
        Thread.sleep(60);
      }
      assertEquals(16_384, got.get(20, TimeUnit.SECONDS));
      assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
    }
  }

  @Test
  void dataThatDripsTooSlowlyEndsTheConnection() throws Exception {
    try (Http2Server server =
            builder(_ -> {})
                .limits(Http2Limits.defaults())
                .deadlines(
                    Http2Deadlines.defaults()
                        .withBody(Duration.ofMillis(500))
                        .withLeastByteRate(1000))
                .start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      peer.sendRaw(new byte[] {0, 0x40, 0, 0, 0, 0, 0, 0, 1});
      Thread drip =
          Thread.startVirtualThread(
              () -> {
                try {
                  while (true) {
                    peer.sendRaw(new byte[1]);
                    Thread.sleep(20);
                  }
                } catch (Exception e) {
                  // It has ended.
                }
              });
      assertTrue(peer.awaitGoAway(11));
      drip.join();
    }
  }

  @Test
  void aHandlerThatNeverAnswersIsAnsweredFor() throws Exception {
    try (Http2Server server =
            builder(_ -> {})
                .limits(Http2Limits.defaults())
                .deadlines(Http2Deadlines.defaults().withHandler(Duration.ofMillis(300)))
                .start();
        Http2Client client =
            Http2Client.builder("127.0.0.1", server.address().getPort()).connect()) {
      assertEquals(
          503,
          client.send(Request.get("/")).toCompletableFuture().get(20, TimeUnit.SECONDS).status());
    }
  }

  /** It has no PING, and a client that waits for its answer has nothing to send. */
  @Test
  void overHttp1WhatAHandlerTakesIsNoIdleTime() throws Exception {
    try (Http2Server server =
            builder(_ -> {})
                .deadlines(Http2Deadlines.defaults().withHandler(IDLE.multipliedBy(3)))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(said.startsWith("HTTP/1.1 503 "), said);
    }
  }

  @Test
  void overHttp1ASenderThatIsHeldBackIsNotIdle() throws Exception {
    int byteSize = 8 << 20;
    try (Http2Server server =
            builder(
                    exchange ->
                        CompletableFuture.delayedExecutor(
                                3 * IDLE.toMillis(), TimeUnit.MILLISECONDS)
                            .execute(() -> readAndAnswer(exchange, byteSize)))
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      String head =
          "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
              + byteSize
              + "\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(new byte[byteSize]);
      String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(said.startsWith("HTTP/1.1 204 "), said);
    }
  }

  @Test
  void timesWithoutEndEndNothing() throws Exception {
    Duration ever = ChronoUnit.FOREVER.getDuration();
    int byteSize = 100_000;
    try (Http2Server server =
            Http2Server.builder(exchange -> readAndAnswer(exchange, byteSize))
                .limits(Http2Limits.defaults().withIdle(ever))
                .deadlines(new Http2Deadlines(ever, ever, ever, ever, Integer.MAX_VALUE))
                .grace(Duration.ofMillis(100))
                .threadCount(1)
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      String head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + byteSize + "\r\n\r\n";
      for (int i = 0; i < 2; i++) {
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(new byte[byteSize]);
        byte[] said = new byte["HTTP/1.1 204 ".length()];
        socket.getInputStream().readNBytes(said, 0, said.length);
        assertEquals("HTTP/1.1 204 ", new String(said, StandardCharsets.ISO_8859_1));
        String rest = "";
        while (!rest.endsWith("\r\n\r\n")) {
          rest += (char) socket.getInputStream().read();
        }
      }
      try (RawPeer peer = new RawPeer(server.address()).start(1 << 20, 1 << 20, 16_384)) {
        peer.get(1, "/");
        RawPeer.Frame frame = peer.next();
        while (frame != null && frame.type() != RawPeer.HEADERS) {
          frame = peer.next();
        }
        assertNotNull(frame, "no answer");
      }
    }
  }

  @Test
  void theGraceHasLimits() {
    Http2Server.Builder builder = Http2Server.builder(exchange -> exchange.respond(204));
    for (Duration time :
        List.of(
            Duration.ofNanos(-1),
            Duration.ofHours(1).plusNanos(1),
            ChronoUnit.FOREVER.getDuration())) {
      assertEquals(
          "grace=" + time + ": from 0 to PT1H",
          assertThrows(IllegalArgumentException.class, () -> builder.grace(time)).getMessage());
    }
  }

  private static void readAndAnswer(Http2Exchange exchange, int maxByteSize) {
    var _ =
        exchange
            .body()
            .readAll(maxByteSize)
            .thenAccept(
                body -> {
                  body.close();
                  exchange.respond(204);
                });
  }
}
