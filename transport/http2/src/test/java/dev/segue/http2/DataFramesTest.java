package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each DATA frame as a client sees it that knows frames alone. */
@Timeout(60)
class DataFramesTest {
  static {
    LeakWatch.install();
  }

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private static final int LARGE = Integer.MAX_VALUE;

  private static MemorySegment random(long byteSize, long seed) {
    MemorySegment memory = Arena.ofAuto().allocate(byteSize);
    Random random = new Random(seed);
    for (long i = 0; i < byteSize; i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return memory.asReadOnly();
  }

  private static SegmentedBytes bytes(MemorySegment... segments) {
    return SegmentedBytes.fromSegments(List.of(segments), false);
  }

  private static Http2Server serve(Http2Handler handler) throws Exception {
    return Http2Server.builder(handler).grace(Duration.ofMillis(100)).threadCount(1).start();
  }

  private static RawPeer peer(Http2Server server) throws Exception {
    return new RawPeer(server.address()).start(LARGE, LARGE, 16_384);
  }

  private static List<Integer> sizes(List<RawPeer.Frame> frames) {
    return frames.stream().map(frame -> frame.payload().length).toList();
  }

  @Test
  void aBufferOf64KiBBecomesFourFramesOf16KiBWithoutACopy() throws Exception {
    MemorySegment buffer = random(65_536, 1);
    var before = CopyLedger.snapshot();
    try (Http2Server server =
            serve(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  writer.write(buffer, 0, 65_536, 0, true);
                });
        RawPeer peer = peer(server)) {
      peer.get(1, "/");
      List<RawPeer.Frame> frames = peer.dataToEnd(1);
      assertEquals(List.of(16_384, 16_384, 16_384, 16_384), sizes(frames));
      assertArrayEquals(bytes(buffer).copyToByteArray(), RawPeer.join(frames));
      assertEquals(List.of(0, 0, 0, 1), frames.stream().map(RawPeer.Frame::flags).toList());
    }
    assertEquals(0, CopyLedger.snapshot().since(before).byteCount("http2.smallPieces"));
  }

  @Test
  void aRegionWithinABufferIsSentAndNothingAroundIt() throws Exception {
    MemorySegment buffer = random(100_000, 2);
    try (Http2Server server =
            serve(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  writer.write(buffer, 12_345, 40_000, 0, true);
                });
        RawPeer peer = peer(server)) {
      peer.get(1, "/");
      assertArrayEquals(
          bytes(buffer).slice(12_345, 40_000).copyToByteArray(), RawPeer.join(peer.dataToEnd(1)));
    }
  }

  @Test
  void regionsSmallerThanAFrameAreGatheredIntoOne() throws Exception {
    MemorySegment[] parts = new MemorySegment[20];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = random(i % 2 == 0 ? 100 : 1500, i);
    }
    SegmentedBytes all = bytes(parts);
    for (boolean oneCall : new boolean[] {true, false}) {
      try (Http2Server server =
              serve(
                  exchange -> {
                    BodyWriter writer = exchange.respond(200, Headers.empty());
                    if (oneCall) {
                      writer.write(all, 0, all.byteSize(), 0, true);
                    } else {
                      for (MemorySegment part : parts) {
                        writer.write(bytes(part));
                      }
                      writer.end();
                    }
                  });
          RawPeer peer = peer(server)) {
        peer.get(1, "/");
        List<RawPeer.Frame> frames = peer.dataToEnd(1);
        assertEquals(List.of(16_000), sizes(frames), "oneCall=" + oneCall);
        assertArrayEquals(all.copyToByteArray(), RawPeer.join(frames));
      }
    }
  }

  @Test
  void theFrameSizeOfThePeerIsUsed() throws Exception {
    MemorySegment buffer = random(250_000, 3);
    try (Http2Server server =
            serve(exchange -> exchange.respond(200, Headers.empty(), bytes(buffer)));
        RawPeer peer = new RawPeer(server.address()).start(LARGE, LARGE, 100_000)) {
      peer.await(RawPeer.SETTINGS);
      peer.get(1, "/");
      List<RawPeer.Frame> frames = peer.dataToEnd(1);
      assertTrue(sizes(frames).stream().allMatch(size -> size <= 100_000), "" + sizes(frames));
      assertTrue(sizes(frames).stream().anyMatch(size -> size > 16_384), "" + sizes(frames));
      assertArrayEquals(bytes(buffer).copyToByteArray(), RawPeer.join(frames));
    }
  }

  @Test
  void eachFrameCarriesItsPaddingAndTheLastTheEnd() throws Exception {
    MemorySegment buffer = random(65_536, 4);
    try (Http2Server server =
            serve(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  writer.write(buffer, 0, 65_536, 255, true);
                });
        RawPeer peer = peer(server)) {
      peer.get(1, "/");
      List<RawPeer.Frame> frames = peer.dataToEnd(1);
      assertEquals(
          List.of(16_384, 16_384, 16_384, 16_384, 65_536 - 4 * 16_128 + 256), sizes(frames));
      for (RawPeer.Frame frame : frames) {
        assertEquals(RawPeer.PADDED, frame.flags() & RawPeer.PADDED);
        assertEquals(255, frame.payload()[0] & 0xFF);
      }
      assertTrue(frames.getLast().endStream());
      assertArrayEquals(bytes(buffer).copyToByteArray(), RawPeer.join(frames));
    }
  }

  @Test
  void paddingUnderATinyWindowIsExactAndTheWindowHonoured() throws Exception {
    MemorySegment buffer = random(3_000, 5);
    try (Http2Server server =
            serve(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  writer.write(buffer, 0, 3_000, 200, true);
                });
        RawPeer peer = new RawPeer(server.address()).start(7, LARGE, 16_384)) {
      peer.get(1, "/");
      List<RawPeer.Frame> frames = new ArrayList<>();
      do {
        RawPeer.Frame frame = peer.await(RawPeer.DATA);
        assertTrue(frame.payload().length <= 7, "length=" + frame.payload().length);
        frames.add(frame);
        peer.windowUpdate(1, frame.payload().length);
      } while (!frames.getLast().endStream());
      assertArrayEquals(bytes(buffer).copyToByteArray(), RawPeer.join(frames));
      assertEquals(3_000 + 201, sizes(frames).stream().mapToInt(Integer::intValue).sum());
    }
  }

  @Test
  void nothingIsSentBeyondTheWindowsAndTheRestFollowsWhenTheyOpen() throws Exception {
    MemorySegment buffer = random(300_000, 6);
    try (Http2Server server =
            serve(exchange -> exchange.respond(200, Headers.empty(), bytes(buffer)));
        RawPeer peer = new RawPeer(server.address()).start(40_000, 0, 16_384)) {
      peer.get(1, "/");
      peer.get(3, "/");
      List<RawPeer.Frame> first = new ArrayList<>();
      int sum = 0;
      // The connection allows 65,535 bytes: 40,000 of one stream and the rest of the other.
      while (sum < 65_535) {
        RawPeer.Frame frame = peer.await(RawPeer.DATA);
        sum += frame.payload().length;
        first.add(frame);
      }
      assertEquals(65_535, sum);
      peer.send(RawPeer.PING, 0, 0, new byte[8]);
      assertEquals(RawPeer.PING, peer.await(RawPeer.PING).type());
      peer.windowUpdate(0, 1_000_000);
      peer.windowUpdate(1, 1_000_000);
      peer.windowUpdate(3, 1_000_000);
      List<RawPeer.Frame> all = new ArrayList<>(first);
      int ended = 0;
      while (ended < 2) {
        RawPeer.Frame frame = peer.await(RawPeer.DATA);
        all.add(frame);
        ended += frame.endStream() ? 1 : 0;
      }
      for (int id : new int[] {1, 3}) {
        assertArrayEquals(
            bytes(buffer).copyToByteArray(),
            RawPeer.join(all.stream().filter(frame -> frame.streamId() == id).toList()));
      }
    }
  }

  private static void awaitRelease(SegmentedBytes bytes) throws Exception {
    bytes.released().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertFalse(bytes.isLent());
  }

  @Test
  void aResetInMidRegionReleasesWhatIsLent() throws Exception {
    SegmentedBytes region = bytes(random(1_000_000, 7));
    CompletableFuture<CompletableFuture<Void>> written = new CompletableFuture<>();
    try (Http2Server server =
            serve(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  written.complete(
                      writer.write(region, 0, region.byteSize(), 0, true).toCompletableFuture());
                });
        RawPeer peer = new RawPeer(server.address()).start(50_000, LARGE, 16_384)) {
      peer.get(1, "/");
      peer.await(RawPeer.DATA);
      peer.reset(1, 8);
      var done = written.get(20, TimeUnit.SECONDS);
      var fault =
          assertThrows(ExecutionException.class, () -> done.get(20, TimeUnit.SECONDS)).getCause();
      assertTrue(fault instanceof Http2StreamException, "" + fault);
    }
  }

  @Test
  void memoryOfAPoolComesBackHoweverTheStreamEnds() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(16 << 20)) {
      CompletableFuture<SegmentedBytes> lent = new CompletableFuture<>();
      List<SegmentedBytes> all = new ArrayList<>();
      try (Http2Server server =
          serve(
              exchange -> {
                Loan loan = pool.loan(1 << 20);
                SegmentedBytes bytes = loan.handOver();
                all.add(bytes);
                exchange.respond(200, Headers.empty(), bytes);
                loan.close();
                lent.complete(bytes);
              })) {
        // Read whole; reset; GOAWAY and close; the socket torn down; a window that stays shut.
        try (RawPeer peer = peer(server)) {
          peer.get(1, "/");
          assertEquals(1 << 20, RawPeer.join(peer.dataToEnd(1)).length);
        }
        try (RawPeer peer = new RawPeer(server.address()).start(1000, LARGE, 16_384)) {
          peer.get(1, "/");
          peer.await(RawPeer.DATA);
          peer.reset(1, 8);
          peer.get(3, "/");
          peer.await(RawPeer.DATA);
          peer.send(RawPeer.GO_AWAY, 0, 0, new byte[8]);
        }
        try (RawPeer peer = new RawPeer(server.address(), 4096).start(LARGE, LARGE, 16_384)) {
          peer.get(1, "/");
          peer.await(RawPeer.DATA);
        }
        try (RawPeer peer = new RawPeer(server.address()).start(0, LARGE, 16_384)) {
          peer.get(1, "/");
          peer.await(RawPeer.HEADERS);
        }
        assertNotNull(lent.get(20, TimeUnit.SECONDS));
      }
      assertEquals(5, all.size());
      for (SegmentedBytes bytes : all) {
        awaitRelease(bytes);
      }
      assertEquals(pool.capacityByteSize(), pool.availableByteSize());
    }
  }

  @Test
  void confinedOrHeapOrWritableMemoryIsRefusedWithTheReason() throws Exception {
    CompletableFuture<Http2Exchange> got = new CompletableFuture<>();
    try (Http2Server server = serve(got::complete);
        RawPeer peer = peer(server);
        Arena confined = Arena.ofConfined()) {
      peer.get(1, "/");
      BodyWriter writer = got.get(20, TimeUnit.SECONDS).respond(200, Headers.empty());
      MemorySegment own = confined.allocate(10).asReadOnly();
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> writer.write(own, 0, 10, 0, false))
              .toString()
              .contains("confined"));
      MemorySegment heap = MemorySegment.ofArray(new byte[10]);
      assertThrows(IllegalArgumentException.class, () -> writer.write(heap, 0, 10, 0, false));
      assertThrows(
          IndexOutOfBoundsException.class, () -> writer.write(random(10, 1), 5, 6, 0, false));
      assertThrows(
          IllegalArgumentException.class, () -> writer.write(random(10, 1), 0, 1, 256, false));
      writer.end().toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertThrows(IllegalStateException.class, writer::end);
    }
  }

  @Test
  void aWindowThatOverflowsIsAnErrorOfTheStreamAndReleases() throws Exception {
    SegmentedBytes region = bytes(random(100_000, 9));
    try (Http2Server server = serve(exchange -> exchange.respond(200, Headers.empty(), region));
        // The window of the connection is smaller than the body: the stream is open until the end.
        RawPeer peer = new RawPeer(server.address()).start(1000, 65_535, 16_384)) {
      peer.get(1, "/");
      peer.await(RawPeer.DATA);
      peer.windowUpdate(1, Integer.MAX_VALUE);
      peer.windowUpdate(1, Integer.MAX_VALUE);
      RawPeer.Frame reset = peer.await(RawPeer.RST_STREAM);
      assertEquals(3, reset.code());
      awaitRelease(region);
    }
  }

  /** The loop is busy while another thread responds, and then writes what that has begun. */
  private static void respondElsewhere(Http2Exchange exchange) {
    CompletableFuture<BodyWriter> begun = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> begun.complete(exchange.respond(200, Headers.of("content-length", "4"))));
    begun.join().write(SegmentedBytes.copyOfUtf8("body"), 0, 4, 0, true);
  }

  @Test
  void noByteOfABodyComesBeforeItsHeader() throws Exception {
    try (Http2Server server = serve(DataFramesTest::respondElsewhere)) {
      try (RawPeer peer = peer(server)) {
        peer.get(1, "/");
        RawPeer.Frame first = peer.next();
        while (first != null && first.streamId() != 1) {
          first = peer.next();
        }
        assertNotNull(first);
        assertEquals(RawPeer.HEADERS, first.type());
        assertArrayEquals(
            "body".getBytes(StandardCharsets.US_ASCII), RawPeer.join(peer.dataToEnd(1)));
      }
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.0\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        String said =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(said.startsWith("HTTP/1.1 200 ") && said.endsWith("\r\n\r\nbody"), said);
      }
    }
  }

  /** HTTP/2 has none of them; in HTTP/1.1 they would frame the body in two ways. */
  @Test
  void aResponseWithAFieldOfTheConnectionIsRefused() throws Exception {
    for (String name :
        List.of("Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade")) {
      Headers fields = Headers.of(name, "x");
      CompletableFuture<Boolean> refused = new CompletableFuture<>();
      try (Http2Server server =
              serve(
                  exchange -> {
                    assertThrows(
                        IllegalArgumentException.class, () -> exchange.respond(200, fields));
                    assertThrows(
                        IllegalArgumentException.class,
                        () -> exchange.respond(200, fields, SegmentedBytes.copyOfUtf8("a")));
                    refused.complete(true);
                    exchange.respond(204);
                  });
          RawPeer peer = peer(server)) {
        peer.get(1, "/");
        assertEquals(1, peer.await(RawPeer.HEADERS).streamId());
        assertTrue(refused.isDone(), name);
      }
    }
  }

  /** A handler that answers 408 has no use for what comes after: it stayed for ever. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatAReadThatWasGivenUpHasLeftGoesWithItsExchange(boolean isWhole) throws Exception {
    CompletableFuture<Http2Exchange> asked = new CompletableFuture<>();
    try (Http2Server server = Http2Server.builder(asked::complete).threadCount(1).start();
        RawPeer peer = new RawPeer(server.address()).start(65_535, 65_535, 16_384)) {
      peer.send(RawPeer.HEADERS, RawPeer.END_HEADERS, 1, peer.headers("PUT", "/"));
      Http2Exchange exchange = asked.get(10, TimeUnit.SECONDS);
      CompletionStage<?> read = isWhole ? exchange.body().readAll(1 << 20) : exchange.body().read();
      assertTrue(read.toCompletableFuture().cancel(false));
      exchange.respond(408);
      peer.await(RawPeer.HEADERS);
      peer.send(RawPeer.DATA, RawPeer.END_STREAM, 1, new byte[16_384]);
      exchange.closed().toCompletableFuture().get(10, TimeUnit.SECONDS);
      CompletionException left =
          assertThrows(
              CompletionException.class,
              () ->
                  exchange
                      .body()
                      .read()
                      .toCompletableFuture()
                      .orTimeout(10, TimeUnit.SECONDS)
                      .join());
      assertInstanceOf(Http2StreamException.class, left.getCause());
    }
  }
}
