package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies in frames of any size, read in any way. */
@Timeout(60)
class BodyTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static Http2Server serve(Http2Handler handler) throws Exception {
    return Http2Server.builder(handler)
        .limits(Http2Limits.defaults().withWindowByteSize(65_535))
        .grace(Duration.ofMillis(100))
        .threadCount(1)
        .start();
  }

  private static void sendBytes(RawPeer peer, int streamId, int count) throws Exception {
    byte[] frames = new byte[count * 10];
    for (int i = 0; i < count; i++) {
      byte[] frame = RawPeer.frame(RawPeer.DATA, 0, streamId, new byte[] {(byte) i});
      System.arraycopy(frame, 0, frames, i * 10, 10);
    }
    peer.sendRaw(frames);
  }

  private static void end(RawPeer peer, int streamId) throws Exception {
    peer.send(RawPeer.DATA, RawPeer.END_STREAM, streamId, new byte[] {1});
  }

  @Test
  void framesOfOneByteAreJoinedWhileNobodyReads() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      sendBytes(peer, 1, 60_000);
      end(peer, 1);
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      peer.await(RawPeer.PING);
      BodyReader reader = got.get(20, TimeUnit.SECONDS).body();
      int pieces = 0;
      long sum = 0;
      for (Optional<BodyPiece> piece = read(reader); piece.isPresent(); piece = read(reader)) {
        SegmentedBytes bytes = piece.get().bytes();
        for (int i = 0; i < bytes.byteSize() && sum < 60_000; i++, sum++) {
          assertEquals((byte) sum, bytes.byteAt(i));
        }
        pieces++;
        piece.get().close();
      }
      assertEquals(60_000, sum);
      assertTrue(pieces < 10, "pieces=" + pieces);
      got.get().respond(204);
    }
  }

  private static Optional<BodyPiece> read(BodyReader reader) throws Exception {
    return reader.read().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** Who gives a read up, as by a timeout, reads on: what came meanwhile is not lost. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReadThatItsCallerGaveUpLosesNothing(boolean isWhole) throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      BodyReader reader = got.get(20, TimeUnit.SECONDS).body();
      int rounds = isWhole ? 3 : 1; // The next read of a piece would get the one that came.
      for (int i = 0; i < rounds; i++) {
        CompletableFuture<?> given =
            (isWhole ? reader.readAll(1 << 20) : reader.read())
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.MILLISECONDS);
        assertThrows(ExecutionException.class, () -> given.get(20, TimeUnit.SECONDS));
        peer.send(RawPeer.DATA, 0, 1, new byte[] {(byte) i});
        peer.send(RawPeer.DATA, 0, 1, new byte[9000]);
        peer.send(RawPeer.PING, 0, 0, new byte[8]);
        while ((peer.await(RawPeer.PING).flags() & RawPeer.ACK) == 0) {}
      }
      CompletableFuture<WholeBody> all = reader.readAll(1 << 20).toCompletableFuture();
      end(peer, 1);
      try (WholeBody body = all.get(20, TimeUnit.SECONDS)) {
        assertEquals(rounds * 9001 + 1, body.bytes().byteSize());
        for (int i = 0; i < rounds; i++) {
          assertEquals(i, body.bytes().byteAt(i * 9001L));
        }
      }
      got.get().respond(204);
    }
  }

  /** Who bounds a body itself acknowledges each piece at once; it costs as much of the heap. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReaderThatKeepsEachPieceKeepsFew(boolean isAcknowledged) throws Exception {
    List<BodyPiece> kept = new ArrayList<>();
    CompletableFuture<Integer> count = new CompletableFuture<>();
    try (Http2Server server = serve(exchange -> keep(exchange, kept, isAcknowledged, count));
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      sendBytes(peer, 1, 60_000);
      end(peer, 1);
      int pieces = count.get(20, TimeUnit.SECONDS);
      assertTrue(pieces < 200, "pieces=" + pieces);
      assertEquals(60_001, kept.stream().mapToLong(each -> each.bytes().byteSize()).sum());
      kept.forEach(BodyPiece::close);
    }
  }

  /** It waited until the reader closed a piece, while its sender waited for an answer. */
  @Test
  void aSmallPieceReachesAReaderThatHoldsMany() throws Exception {
    List<BodyPiece> kept = new ArrayList<>();
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      BodyReader reader = got.get(20, TimeUnit.SECONDS).body();
      for (int i = 0; i < 70; i++) {
        sendBytes(peer, 1, 1);
        kept.add(read(reader).orElseThrow());
      }
      assertEquals(70, kept.stream().mapToLong(each -> each.bytes().byteSize()).sum());
      kept.forEach(BodyPiece::close);
      got.get().respond(204);
    }
  }

  private static void keep(
      Http2Exchange exchange,
      List<BodyPiece> kept,
      boolean isAcknowledged,
      CompletableFuture<Integer> count) {
    var _ =
        exchange
            .body()
            .read()
            .thenAccept(
                piece -> {
                  if (piece.isEmpty()) {
                    count.complete(kept.size());
                    exchange.respond(204);
                    return;
                  }
                  kept.add(piece.get());
                  if (isAcknowledged) {
                    piece.get().acknowledge();
                  }
                  keep(exchange, kept, isAcknowledged, count);
                });
  }

  @Test
  void aWholeBodyOfTinyFramesIsReadWithoutRecursionAndBeyondTheWindow() throws Exception {
    CompletableFuture<Long> size = new CompletableFuture<>();
    CompletableFuture<Integer> segments = new CompletableFuture<>();
    try (Http2Server server =
            serve(
                exchange -> {
                  var _ =
                      exchange
                          .body()
                          .readAll(1 << 20)
                          .thenAccept(
                              body -> {
                                size.complete(body.bytes().byteSize());
                                segments.complete(body.bytes().segmentCount());
                                body.close();
                                exchange.respond(204);
                              });
                });
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      long window = 65_535;
      for (int round = 0; round < 5; round++) {
        while (window < 30_000) {
          RawPeer.Frame frame = peer.await(RawPeer.WINDOW_UPDATE);
          window += frame.streamId() == 1 ? frame.code() : 0;
        }
        sendBytes(peer, 1, 30_000);
        window -= 30_000;
      }
      end(peer, 1);
      assertEquals(150_001, size.get(20, TimeUnit.SECONDS));
      assertTrue(segments.get() < 20, "segments=" + segments.get());
    }
  }

  @Test
  void aWholeBodyThatIsReadLateNeitherRecursesNorStalls() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      sendBytes(peer, 1, 65_000);
      end(peer, 1);
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      peer.await(RawPeer.PING);
      try (WholeBody body =
          got.get().body().readAll(1 << 20).toCompletableFuture().get(20, TimeUnit.SECONDS)) {
        assertEquals(65_001, body.bytes().byteSize());
      }
      got.get().respond(204);
    }
  }

  @Test
  void aBodyLargerThanTheReaderWantsFailsAndIsDropped() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("POST", "/"));
      sendBytes(peer, 1, 1000);
      end(peer, 1);
      var body = got.get().body().readAll(500).toCompletableFuture();
      assertThrows(ExecutionException.class, () -> body.get(20, TimeUnit.SECONDS));
      got.get().respond(413);
    }
  }

  /** A PUT over HTTP/1.1 whose sender was held back: its last piece waits for room. */
  private static CompletableFuture<WholeBody> readLate(
      int maxByteSize, int contentByteSize, int... pieceByteSizes) throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    Http2Server.Builder settings =
        Http2Server.builder(got::complete)
            .limits(Http2Limits.defaults().withWindowByteSize(65_535));
    EmbeddedChannel channel = new EmbeddedChannel();
    Http1PaceTest.http1(channel, settings);
    String head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + contentByteSize + "\r\n\r\n";
    channel.writeInbound(Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII));
    for (int byteSize : pieceByteSizes) {
      channel.writeInbound(Unpooled.directBuffer(byteSize).writeZero(byteSize));
    }
    CompletableFuture<WholeBody> body =
        got.get(20, TimeUnit.SECONDS).body().readAll(maxByteSize).toCompletableFuture();
    channel.runPendingTasks();
    if (!body.isDone()) {
      channel.writeInbound(Unpooled.directBuffer(500).writeZero(500));
    }
    channel.finishAndReleaseAll();
    channel.checkException();
    return body;
  }

  /** What comes as the sender goes on is counted once. */
  @Test
  void aWholeBodyWithinItsLimitIsReadLateOverHttp1() throws Exception {
    try (WholeBody body =
        readLate(71_500, 71_500, 40_000, 30_000, 1000).get(20, TimeUnit.SECONDS)) {
      assertEquals(71_500, body.bytes().byteSize());
    }
  }

  /** Its end comes with the piece that waited, while the pieces before it are acknowledged. */
  @Test
  void aWholeBodyBeyondItsLimitFailsThoughItIsReadLateOverHttp1() throws Exception {
    CompletableFuture<WholeBody> body = readLate(50_000, 71_000, 40_000, 30_000, 1000);
    assertThrows(ExecutionException.class, () -> body.get(20, TimeUnit.SECONDS));
  }

  @Test
  void theBodyOfAGetIsDropped() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("GET", "/"));
      sendBytes(peer, 1, 60_000);
      assertEquals(Optional.empty(), read(got.get().body()));
      got.get().respond(204);
      assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
    }
  }

  @Test
  void anExchangeIsClosedAfterItsLastByteHasLeftOrBeenDropped() throws Exception {
    for (String ending : new String[] {"reset", "abort", "server"}) {
      SegmentedBytes lent =
          SegmentedBytes.fromSegments(
              List.of(java.lang.foreign.Arena.ofAuto().allocate(8 << 20).asReadOnly()), false);
      CompletableFuture<Boolean> lentAtTheEnd = new CompletableFuture<>();
      CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
      Http2Server server =
          serve(
              exchange -> {
                var _ = exchange.respond(200, Headers.empty(), lent).exceptionally(_ -> null);
                var _ = exchange.closed().thenRun(() -> lentAtTheEnd.complete(lent.isLent()));
                got.complete(exchange);
              });
      try (RawPeer peer =
          new RawPeer(server.address(), 4096).start(Integer.MAX_VALUE, 1 << 30, 16_384)) {
        peer.get(1, "/");
        got.get(20, TimeUnit.SECONDS);
        Thread.sleep(100); // The socket is full, views lie in the outbound buffer.
        assertTrue(lent.isLent());
        assertFalse(lentAtTheEnd.isDone());
        switch (ending) {
          case "reset" -> {
            peer.reset(1, 8);
            while (!lentAtTheEnd.isDone()) {
              peer.next();
            }
          }
          case "abort" -> peer.abort();
          default -> server.close();
        }
        assertFalse(lentAtTheEnd.get(20, TimeUnit.SECONDS), ending);
      } finally {
        server.close();
      }
    }
  }
}
