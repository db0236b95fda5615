package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams that end in the middle of a region: each stage completes once, with the data or with the
 * reason, and a pool has every byte back.
 */
@Timeout(60)
class LentMemoryTest {
  static {
    LeakWatch.install();
  }

  private static final int BYTE_SIZE = 1 << 20;
  private static final int LARGE = Integer.MAX_VALUE;

  private static final byte[] CONTENT = content();

  private final OffHeapPool pool = new OffHeapPool(16 << 20);

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  @AfterEach
  void everyByteIsBack() throws Exception {
    while (pool.availableByteSize() != pool.capacityByteSize()) {
      Thread.sleep(10); // Until the timeout of the test.
    }
    pool.close();
  }

  /** Lends a region of the pool to {@code write} and gives up what the test held of it. */
  private CompletableFuture<Void> lend(Function<SegmentedBytes, CompletionStage<Void>> write) {
    try (Loan loan = pool.loan(BYTE_SIZE)) {
      loan.segment().copyFrom(MemorySegment.ofArray(CONTENT));
      return write.apply(loan.handOver()).toCompletableFuture();
    }
  }

  private static byte[] content() {
    byte[] bytes = new byte[BYTE_SIZE];
    new Random(5).nextBytes(bytes);
    return bytes;
  }

  private static void await(CompletableFuture<?> stage) throws Exception {
    stage.get(30, TimeUnit.SECONDS);
  }

  private static Http2StreamException faultOf(CompletableFuture<?> stage) {
    Throwable fault = assertThrows(ExecutionException.class, () -> await(stage)).getCause();
    if (fault instanceof Http2StreamException known) {
      return known;
    }
    throw new AssertionError("not a fault of the stream", fault);
  }

  /** A client of ours, and the other end of its connection. */
  private interface Script {
    void run(Http2Client client, RawPeer server) throws Exception;
  }

  private static void withRawServer(int streamWindow, Script script) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<RawPeer> accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return new RawPeer(listener.accept()).startServer(streamWindow, LARGE, 16_384);
                } catch (IOException e) {
                  throw new CompletionException(e);
                }
              });
      try (Http2Client client =
              Http2Client.builder("127.0.0.1", listener.getLocalPort()).connect();
          RawPeer server = accepted.get(30, TimeUnit.SECONDS)) {
        script.run(client, server);
      }
    }
  }

  @Test
  void afterGoAwayTheStreamsItNamesCompleteAndTheOthersFailAndRelease() throws Exception {
    withRawServer(
        20_000,
        (client, server) -> {
          Http2Client.OpenRequest first = client.open(Request.of("POST", "/1"));
          Http2Client.OpenRequest second = client.open(Request.of("POST", "/2"));
          var sent = lend(bytes -> first.body().write(bytes, 0, BYTE_SIZE, 0, true));
          var dropped = lend(bytes -> second.body().write(bytes, 0, BYTE_SIZE, 0, true));
          int firstId = server.await(RawPeer.HEADERS).streamId();
          int secondId = server.await(RawPeer.HEADERS).streamId();
          assertTrue(secondId > firstId);
          int received = 0;
          while (received < 2 * 20_000) {
            received += server.await(RawPeer.DATA).payload().length;
          }
          server.goAway(firstId, 0);
          Http2StreamException fault = faultOf(dropped);
          assertEquals(Http2Error.REFUSED_STREAM, fault.error());
          assertTrue(fault.toString().contains("lastStreamId=" + firstId), fault.toString());
          assertEquals(
              Http2Error.REFUSED_STREAM, faultOf(second.response().toCompletableFuture()).error());
          server.windowUpdate(firstId, BYTE_SIZE);
          List<RawPeer.Frame> rest = server.dataToEnd(firstId);
          assertEquals(
              BYTE_SIZE - 20_000, rest.stream().mapToInt(frame -> frame.payload().length).sum());
          await(sent);
          server.respond(firstId, true);
          Response response = first.response().toCompletableFuture().get(30, TimeUnit.SECONDS);
          assertEquals(200, response.status());
          assertEquals(0, client.connectionCount());
        });
  }

  @Test
  void aServerThatIsToldGoAwayCompletesWhatItHadBegun() throws Exception {
    try (Http2Server server =
            Http2Server.builder(this::answer).grace(Duration.ofMillis(200)).start();
        RawPeer peer = new RawPeer(server.address()).start(50_000, LARGE, 16_384)) {
      peer.get(1, "/");
      RawPeer.Frame begun = peer.await(RawPeer.DATA);
      peer.goAway(0, 0);
      peer.windowUpdate(1, BYTE_SIZE);
      List<RawPeer.Frame> frames = peer.dataToEnd(1);
      frames.addFirst(begun);
      assertArrayEquals(CONTENT, RawPeer.join(frames));
    }
  }

  @Test
  void aServerThatClosesSaysGoAwayAndCompletesWhatRunsWithinItsGrace() throws Exception {
    Http2Server server = Http2Server.builder(this::answer).grace(Duration.ofSeconds(30)).start();
    try (RawPeer peer = new RawPeer(server.address()).start(50_000, LARGE, 16_384)) {
      peer.get(1, "/");
      List<RawPeer.Frame> frames = new ArrayList<>();
      int received = 0;
      while (received < 50_000) {
        frames.add(peer.await(RawPeer.DATA));
        received += frames.getLast().payload().length;
      }
      CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
      assertEquals(0, peer.await(RawPeer.GO_AWAY).code());
      peer.windowUpdate(1, BYTE_SIZE);
      frames.addAll(peer.dataToEnd(1));
      assertArrayEquals(CONTENT, RawPeer.join(frames));
      await(closed);
    } finally {
      server.close();
    }
  }

  private void answer(Http2Exchange exchange) {
    var _ = lend(bytes -> exchange.respond(200, Headers.empty(), bytes));
  }

  /** What a peer does in the middle of a region. */
  enum Ending {
    RESET,
    ABORT,
    HALF_CLOSE,
    CLOSE,
    WINDOW_OF_ZERO
  }

  @ParameterizedTest
  @EnumSource
  void eachRegionIsReleasedOnceHoweverItsStreamEnds(Ending ending) throws Exception {
    endIn(ending, false);
  }

  @ParameterizedTest
  @EnumSource
  void eachRegionIsReleasedOnceHoweverItsStreamEndsUnderTls(Ending ending) throws Exception {
    endIn(ending, true);
  }

  private void endIn(Ending ending, boolean isTls) throws Exception {
    Tls identity = Tls.selfSigned("localhost");
    AtomicInteger completions = new AtomicInteger();
    List<CompletableFuture<Void>> stages = new CopyOnWriteArrayList<>();
    Http2Server.Builder builder =
        Http2Server.builder(
                exchange -> {
                  BodyWriter writer = exchange.respond(200, Headers.empty());
                  // Of several regions that follow one another, some are sent and some not.
                  for (int i = 0; i < 4; i++) {
                    boolean isLast = i == 3;
                    var stage = lend(bytes -> writer.write(bytes, 0, BYTE_SIZE, 0, isLast));
                    var _ = stage.whenComplete((_, _) -> completions.incrementAndGet());
                    stages.add(stage);
                  }
                })
            .grace(Duration.ofMillis(200))
            .threadCount(1);
    try (Http2Server server = (isTls ? builder.tls(identity) : builder).start()) {
      int window = BYTE_SIZE + BYTE_SIZE / 2;
      try (RawPeer peer = isTls ? tlsPeer(server, identity) : new RawPeer(server.address())) {
        peer.start(window, LARGE, 16_384).get(1, "/");
        int received = 0;
        while (received < window) {
          received += peer.await(RawPeer.DATA).payload().length;
        }
        end(ending, peer, server);
        await(stages.getFirst());
        for (CompletableFuture<Void> stage : stages.subList(1, 4)) {
          assertTrue(!faultOf(stage).toString().isEmpty());
        }
      }
    }
    assertEquals(4, completions.get());
  }

  private static void end(Ending ending, RawPeer peer, Http2Server server) throws IOException {
    switch (ending) {
      case RESET -> peer.reset(1, 8);
      case ABORT -> peer.abort();
      case HALF_CLOSE -> peer.shutdownOutput();
      case CLOSE -> peer.close();
      case WINDOW_OF_ZERO -> server.close();
    }
  }

  private static RawPeer tlsPeer(Http2Server server, Tls identity) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            JdkTls.trusting(identity)
                .getSocketFactory()
                .createSocket("localhost", server.address().getPort());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return new RawPeer(socket);
  }
}
