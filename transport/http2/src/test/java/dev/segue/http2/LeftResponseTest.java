package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that have come whole, of which nobody reads the rest. */
@Timeout(60)
class LeftResponseTest {
  static {
    LeakWatch.install();
  }

  /** Of several frames, and less than the client's window. */
  private static final int RESPONSE_BYTE_SIZE = 1_000_000;

  /** Less than the window of a request that nobody reads. */
  private static final int REQUEST_BYTE_SIZE = 60_000;

  private final LinkedBlockingQueue<Http2Exchange> answered = new LinkedBlockingQueue<>();

  @AfterEach
  void nothingLeaked() throws Exception {
    answered.clear();
    LeakWatch.assertNone();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static void assertFails(CompletionStage<?> read) {
    ExecutionException fault = assertThrows(ExecutionException.class, () -> await(read));
    assertInstanceOf(Http2StreamException.class, fault.getCause());
  }

  private static SegmentedBytes zeros(int byteSize) {
    return SegmentedBytes.copyOf(new byte[byteSize]);
  }

  private Http2Exchange next() throws InterruptedException {
    Http2Exchange exchange = answered.poll(20, TimeUnit.SECONDS);
    assertTrue(exchange != null, "waited in vain for an exchange");
    return Objects.requireNonNull(exchange);
  }

  private Http2Server serve() throws IOException {
    return Http2Server.builder(
            exchange -> {
              exchange.respond(200, Headers.empty(), zeros(RESPONSE_BYTE_SIZE));
              answered.add(exchange);
            })
        .grace(Duration.ofMillis(200))
        .threadCount(1)
        .start();
  }

  private static Http2Client client(Http2Server server) throws IOException {
    return Http2Client.builder("localhost", server.address().getPort())
        .connectionCount(1)
        .connect();
  }

  private static Http2Client.OpenRequest open(Http2Client client) {
    Http2Client.OpenRequest request = client.open(Request.get("/"));
    var _ = request.body().end();
    return request;
  }

  /** Waits until the client has all of the only response. */
  private void untilAllHasCome(Http2Client client) throws Exception {
    await(next().closed());
    // One connection brings one thing after the other.
    assertEquals(200, await(client.send(Request.of("HEAD", "/"))).status());
  }

  @Test
  void aRequestThatIsCancelledLeavesNothingOfItsResponse() throws Exception {
    try (Http2Server server = serve();
        Http2Client client = client(server)) {
      Http2Client.OpenRequest request = open(client);
      Response response = await(request.response());
      untilAllHasCome(client);
      request.cancel();
      assertFails(response.body().read());
    }
  }

  @Test
  void aRequestThatIsCancelledLeavesItsReaderThePieceThatWasRead() throws Exception {
    try (Http2Server server = serve();
        Http2Client client = client(server)) {
      Http2Client.OpenRequest request = open(client);
      Response response = await(request.response());
      untilAllHasCome(client);
      try (BodyPiece piece = await(response.body().read()).orElseThrow()) {
        request.cancel();
        assertFails(response.body().read());
        byte[] bytes = piece.bytes().copyToByteArray();
        assertArrayEquals(new byte[bytes.length], bytes);
      }
    }
  }

  @Test
  void aResponseThatWasReadToItsEndIsNotCancelled() throws Exception {
    try (Http2Server server = serve();
        Http2Client client = client(server)) {
      Http2Client.OpenRequest request = open(client);
      Response response = await(request.response());
      try (WholeBody whole = await(response.body().readAll(RESPONSE_BYTE_SIZE))) {
        request.cancel();
        assertTrue(await(response.body().read()).isEmpty());
        assertEquals(RESPONSE_BYTE_SIZE, whole.bytes().copyToByteArray().length);
      }
    }
  }

  /** On the loop, whose thread would get what is thrown; on others it was a warning in the log. */
  @Test
  void aRequestIsCancelledBeforeItsResponseBegins() throws Exception {
    try (Http2Server server = Http2Server.builder(answered::add).threadCount(1).start();
        Http2Client client = client(server)) {
      Http2Client.OpenRequest request = open(client);
      Http2Exchange cancelled = next();
      var done = client.send(Request.get("/")).thenRun(request::cancel);
      next().respond(204);
      await(done);
      assertFails(request.response());
      await(cancelled.closed());
    }
  }

  /** No read has it any more. */
  @ParameterizedTest
  @ValueSource(strings = {"read", "readAll", "cancel", "cancelOfTheRequest"})
  void aResponseOfAClientThatIsClosedLeavesNothing(String end) throws Exception {
    try (Http2Server server = serve()) {
      Http2Client.OpenRequest request;
      try (Http2Client client = client(server)) {
        request = open(client);
        await(request.response());
        untilAllHasCome(client);
      }
      BodyReader body = await(request.response()).body();
      switch (end) {
        case "read" -> assertFails(body.read());
        case "readAll" -> assertFails(body.readAll(RESPONSE_BYTE_SIZE));
        case "cancel" -> body.cancel();
        default -> request.cancel();
      }
    }
  }

  /** One that its handler has begun to read. */
  @Test
  void aRequestOfAServerThatIsClosedLeavesNothing() throws Exception {
    LinkedBlockingQueue<Http2Exchange> held = new LinkedBlockingQueue<>();
    Http2Server server =
        Http2Server.builder(held::add).grace(Duration.ofMillis(200)).threadCount(1).start();
    try (Http2Client client = client(server)) {
      CompletionStage<Response> response =
          client.send(Request.of("PUT", "/"), zeros(REQUEST_BYTE_SIZE));
      Http2Exchange exchange =
          Objects.requireNonNull(held.poll(20, TimeUnit.SECONDS), "no exchange came");
      while (exchange.body().boundByteSize() < REQUEST_BYTE_SIZE) {
        Thread.sleep(1);
      }
      await(exchange.body().read()).orElseThrow().close();
      server.close();
      assertFails(response);
      assertFails(exchange.body().read());
    } finally {
      server.close();
    }
  }
}
