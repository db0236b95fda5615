package dev.segue.objectstore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.objectstore.http.DestinationTooSmallException;
import dev.segue.objectstore.http.ScriptedServer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.SdkHttpResponse;

@Timeout(60)
class DirectHttpClientTest {
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: ";

  private final Arena arena = Arena.ofShared();
  private final DirectHttpClient client =
      DirectHttpClient.builder().maxConnections(4).stallTimeout(Duration.ofSeconds(20)).build();

  @AfterEach
  void end() {
    client.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return Objects.requireNonNull(assertThrows(ExecutionException.class, future::get).getCause());
  }

  private static String message(Throwable failure) {
    return Objects.requireNonNull(failure.getMessage());
  }

  @Test
  void whereNoThreadCanBeHadRequestsFailAndNoneWaitsForEver() throws Exception {
    AtomicInteger threads = new AtomicInteger();
    Executor starved =
        task -> {
          if (threads.incrementAndGet() % 2 == 0) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          throw new RejectedExecutionException("none left");
        };
    try (ScriptedServer server = ScriptedServer.of(OK + "5\r\n\r\nhello");
        DirectHttpClient client =
            DirectHttpClient.builder().maxConnections(1).executor(starved).build()) {
      for (int i = 0; i < 4; i++) {
        CompletableFuture<SdkHttpResponse> answer =
            Requests.get(client, server.uri(), arena.allocate(16));
        assertTrue(message(failureOf(answer)).contains("no thread"), answer::toString);
      }
      assertEquals(0, server.connectionCount.get());
    }
  }

  @Test
  void whatWaitsBehindARequestWhoseThreadIsTheLastOneIsServedByIt() throws Exception {
    AtomicInteger threads = new AtomicInteger();
    Executor one =
        task -> {
          if (threads.getAndIncrement() > 0) {
            throw new RejectedExecutionException("none left");
          }
          Thread.ofPlatform().daemon().start(task);
        };
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
            new ScriptedServer(
                (number, head, socket) -> {
                  asked.countDown();
                  go.await();
                  ScriptedServer.send(socket, OK + "5\r\n\r\nhello");
                });
        DirectHttpClient client =
            DirectHttpClient.builder().maxConnections(1).executor(one).build()) {
      CompletableFuture<SdkHttpResponse> first =
          Requests.get(client, server.uri(), arena.allocate(16));
      asked.await();
      CompletableFuture<SdkHttpResponse> second =
          Requests.get(client, server.uri(), arena.allocate(16));
      go.countDown();
      assertEquals(200, first.get().statusCode());
      assertEquals(200, second.get().statusCode());
    }
  }

  /** A server that sends a body where there is none may send it late, behind the next request. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "204 No Content\r\nContent-Length: 43",
        "204 No Content\r\nTransfer-Encoding: chunked",
        "304 Not Modified\r\nContent-Length: 43"
      })
  void aBodyWhereThereIsNoneIsNotTheNextAnswer(String head) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (number, asked, socket) -> {
              if (asked.startsWith("DELETE")) {
                ScriptedServer.send(socket, "HTTP/1.1 " + head + "\r\n\r\n");
                Thread.startVirtualThread(
                    () -> {
                      try {
                        Thread.sleep(300);
                        ScriptedServer.send(socket, OK + "5\r\n\r\nwrong");
                      } catch (Exception e) {
                        return;
                      }
                    });
              } else {
                Thread.sleep(600);
                ScriptedServer.send(socket, OK + "5\r\n\r\nright");
              }
            })) {
      SdkHttpResponse none =
          Requests.send(
                  client,
                  software.amazon.awssdk.http.SdkHttpMethod.DELETE,
                  server.uri(),
                  AwsRegionBody.of(dev.segue.bytes.SegmentedBytes.empty()))
              .get();
      assertTrue(none.statusCode() == 204 || none.statusCode() == 304);
      MemorySegment region = arena.allocate(16);
      Requests.get(client, server.uri(), region).get();
      assertEquals("right", region.getString(0));
    }
  }

  @Test
  void aBodyLandsInItsRegionAndTheConnectionIsUsedAgain() throws Exception {
    try (ScriptedServer server = ScriptedServer.of(OK + "5\r\n\r\nhello")) {
      for (int i = 0; i < 20; i++) {
        MemorySegment region = arena.allocate(16);
        SdkHttpResponse response = Requests.get(client, server.uri(), region).get();
        assertEquals(200, response.statusCode());
        assertEquals("hello", region.getString(0));
      }
      assertEquals(1, server.connectionCount.get());
    }
  }

  @Test
  void noMoreIsCopiedThanWhatCameWithTheHead() throws Exception {
    long byteSize = 4 << 20;
    String body = "x".repeat((int) byteSize);
    try (ScriptedServer server = ScriptedServer.of(OK + byteSize + "\r\n\r\n" + body)) {
      MemorySegment region = arena.allocate(byteSize);
      CopyLedger.Snapshot before = CopyLedger.snapshot();
      Requests.get(client, server.uri(), region).get();
      CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
      assertEquals('x', region.get(ValueLayout.JAVA_BYTE, byteSize - 1));
      assertTrue(copied.byteCount("objectstore.http.head") <= 1024);
      assertEquals(0, copied.byteCount("objectstore.http.foreignClient"));
    }
  }

  @Test
  void chunksLandInOneRegion() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.of(
            CHUNKED + "5;a=b\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n")) {
      MemorySegment region = arena.allocate(32);
      for (int i = 0; i < 3; i++) {
        region.fill((byte) 0);
        Requests.get(client, server.uri(), region).get();
        assertEquals("hello, world", region.getString(0));
      }
      assertEquals(1, server.connectionCount.get());
    }
  }

  @Test
  void aBodyUntilTheEndOfTheConnectionIsTaken() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              ScriptedServer.send(socket, "HTTP/1.1 200 OK\r\n\r\nhello");
              socket.close();
            })) {
      MemorySegment region = arena.allocate(32);
      Requests.get(client, server.uri(), region).get();
      assertEquals("hello", region.getString(0));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890abcdef1\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "hello\r\n\r\n",
      })
  void whatIsNotHttpIsRefusedAndTheConnectionNotUsedAgain(String response) throws Exception {
    try (ScriptedServer server = ScriptedServer.of(response)) {
      MemorySegment region = arena.allocate(32);
      for (int i = 1; i <= 2; i++) {
        assertInstanceOf(IOException.class, failureOf(Requests.get(client, server.uri(), region)));
        assertEquals(i, server.connectionCount.get());
      }
    }
  }

  @Test
  void aHeadWithoutEndIsRefused() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.of("HTTP/1.1 200 OK\r\nA: " + "b".repeat(100_000) + "\r\n\r\n")) {
      Throwable failure = failureOf(Requests.get(client, server.uri(), arena.allocate(1)));
      assertTrue(message(failure).contains("byteSize=65536"), failure::toString);
    }
  }

  @Test
  void endlessInterimResponsesAreRefused() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.of("HTTP/1.1 100 Continue\r\n\r\n".repeat(20) + OK + "0\r\n\r\n")) {
      assertInstanceOf(
          IOException.class, failureOf(Requests.get(client, server.uri(), arena.allocate(1))));
    }
  }

  @Test
  void bytesThatNobodyAskedForEndAConnection() throws Exception {
    String response = OK + "5\r\n\r\nhello";
    try (ScriptedServer server = ScriptedServer.of(response + OK + "4\r\n\r\nevil")) {
      for (int i = 1; i <= 3; i++) {
        MemorySegment region = arena.allocate(16);
        Requests.get(client, server.uri(), region).get();
        assertEquals("hello", region.getString(0));
      }
      assertEquals(3, server.connectionCount.get());
    }
  }

  @Test
  void aTruncatedBodyIsAnErrorThatTellsHowMuchIsMissing() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              ScriptedServer.send(socket, OK + "10\r\n\r\nhello");
              socket.close();
            })) {
      Throwable failure = failureOf(Requests.get(client, server.uri(), arena.allocate(10)));
      assertTrue(message(failure).contains("byteSize=5 of byteSize=10"), failure::toString);
    }
  }

  @Test
  void aBodyLargerThanItsRegionIsRefusedBeforeAByteOfIt() throws Exception {
    try (ScriptedServer server = ScriptedServer.of(OK + "5\r\n\r\nhello")) {
      MemorySegment region = arena.allocate(4);
      Throwable failure = failureOf(Requests.get(client, server.uri(), region));
      assertInstanceOf(DestinationTooSmallException.class, failure);
      assertEquals(0, region.get(ValueLayout.JAVA_BYTE, 0));
    }
  }

  @Test
  void aServerThatStallsIsCutOff() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (DirectHttpClient hasty =
            DirectHttpClient.builder().stallTimeout(Duration.ofMillis(400)).build();
        ScriptedServer server =
            new ScriptedServer(
                (number, head, socket) -> {
                  ScriptedServer.send(socket, OK + "10\r\n\r\nhello");
                  never.await();
                })) {
      Throwable failure = failureOf(Requests.get(hasty, server.uri(), arena.allocate(10)));
      assertTrue(message(failure).contains("stallMillis=400"), failure::toString);
    }
  }

  @Test
  void memoryThatIsClosedMeanwhileIsNeverWrittenTo() throws Exception {
    CountDownLatch halfSent = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              ScriptedServer.send(socket, OK + "10\r\n\r\n");
              halfSent.countDown();
              closed.await();
              ScriptedServer.send(socket, "0123456789");
            })) {
      CompletableFuture<SdkHttpResponse> get =
          Requests.get(client, server.uri(), arena.allocate(10));
      halfSent.await();
      // While a read holds the memory it can't be closed; between reads it can.
      closeInTheEnd(closed);
      Throwable failure = failureOf(get);
      assertTrue(
          failure instanceof IllegalStateException || failure instanceof IOException,
          failure::toString);
      closeInTheEnd(closed);
    }
  }

  private void closeInTheEnd(CountDownLatch closed) {
    try {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      closed.countDown();
    } catch (IllegalStateException e) {
      assertTrue(message(e).contains("acquired"), e::toString);
    }
  }

  @Test
  void aRegionThatIsTakenBackIsLeftAndNotEnteredAgain() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              ScriptedServer.send(socket, OK + "10\r\n\r\nhello");
              sent.countDown();
              never.await();
            })) {
      RegionSink<SdkHttpResponse> sink = RegionSink.into(arena.allocate(10));
      CompletableFuture<SdkHttpResponse> get = Requests.get(client, server.uri(), sink);
      sent.await();
      sink.evict();
      arena.close();
      failureOf(get);
      Throwable again = failureOf(Requests.get(client, server.uri(), sink));
      assertInstanceOf(Exception.class, again);
    }
  }

  @Test
  void moreRequestsThanConnectionsWaitForTheirTurn() throws Exception {
    try (ScriptedServer server = ScriptedServer.of(OK + "5\r\n\r\nhello")) {
      List<CompletableFuture<SdkHttpResponse>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        all.add(Requests.get(client, server.uri(), arena.allocate(8)));
      }
      for (CompletableFuture<SdkHttpResponse> each : all) {
        assertEquals(200, each.get().statusCode());
      }
      assertTrue(server.connectionCount.get() <= 4);
    }
  }

  @Test
  void closingTheClientEndsWhatIsInFlightAndWhatWaits() throws Exception {
    CountDownLatch asked = new CountDownLatch(4);
    CountDownLatch never = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              asked.countDown();
              never.await();
            })) {
      List<CompletableFuture<SdkHttpResponse>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(Requests.get(client, server.uri(), arena.allocate(8)));
      }
      asked.await();
      client.close();
      for (CompletableFuture<SdkHttpResponse> each : all) {
        assertInstanceOf(IOException.class, failureOf(each));
      }
    }
  }

  @Test
  void aConnectionThatTheServerClosedIsNotUsedAgain() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (number, head, socket) -> {
              ScriptedServer.send(socket, OK + "5\r\n\r\nhello");
              closeQuietly(socket);
            })) {
      for (int i = 0; i < 10; i++) {
        MemorySegment region = arena.allocate(16);
        Requests.get(client, server.uri(), region).get();
        // Wait until the end of the stream has arrived here.
        Thread.sleep(20);
      }
      assertEquals(10, server.connectionCount.get());
    }
  }

  private static void closeQuietly(Socket socket) throws IOException {
    socket.close();
  }

  @Test
  void aHeapRegionIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> RegionSink.into(MemorySegment.ofArray(new byte[8])));
    assertThrows(
        IllegalArgumentException.class, () -> RegionSink.into(arena.allocate(8).asReadOnly()));
    try (Arena confined = Arena.ofConfined()) {
      assertThrows(IllegalArgumentException.class, () -> RegionSink.into(confined.allocate(8)));
    }
  }
}
