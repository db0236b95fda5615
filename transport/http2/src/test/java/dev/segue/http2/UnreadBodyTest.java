package dev.segue.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that a handler neither reads nor answers, of many connections. */
@Timeout(60)
class UnreadBodyTest {
  static {
    LeakWatch.install();
  }

  private static final int BODY_BYTE_SIZE = 60_000;

  private final LinkedBlockingQueue<Http2Exchange> held = new LinkedBlockingQueue<>();

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  /** With room for so many bodies of one address. */
  private Http2Server serve(int bodyCount) throws IOException {
    Http2Server.Builder builder =
        Http2Server.builder(held::add).grace(Duration.ofMillis(200)).threadCount(1);
    builder.unreadByteSize = 2L * bodyCount * BODY_BYTE_SIZE;
    return builder.start();
  }

  private Http2Exchange next() throws InterruptedException {
    Http2Exchange exchange = held.poll(20, TimeUnit.SECONDS);
    assertTrue(exchange != null, "waited in vain for an exchange");
    return Objects.requireNonNull(exchange);
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** Waits until so much of its body has come. */
  private static void until(Http2Exchange exchange, long byteSize) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (exchange.body().boundByteSize() < byteSize) {
      assertTrue(System.nanoTime() - deadline < 0, "waited in vain for the body");
      Thread.sleep(1);
    }
  }

  private static Http2Client client(Http2Server server) throws IOException {
    return Http2Client.builder("localhost", server.address().getPort())
        .connectionCount(1)
        .connect();
  }

  private static SegmentedBytes body() {
    return SegmentedBytes.copyOf(new byte[BODY_BYTE_SIZE]);
  }

  @Test
  void bodiesOfHttp2ThatNobodyReadsAreBoundedOverAllConnections() throws Exception {
    List<Http2Client> clients = new ArrayList<>();
    try (Http2Server server = serve(3)) {
      List<CompletionStage<Response>> answers = new ArrayList<>();
      List<Http2Exchange> exchanges = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Http2Client client = client(server);
        clients.add(client);
        answers.add(client.send(Request.of("POST", "/" + i), body()));
        Http2Exchange exchange = next();
        exchanges.add(exchange);
        if (i < 3) {
          until(exchange, BODY_BYTE_SIZE);
        }
      }
      assertEquals(503, await(answers.removeLast()).status());
      for (Http2Exchange each : exchanges) {
        if (each.request().path().equals("/3")) {
          ExecutionException fault =
              assertThrows(ExecutionException.class, () -> await(each.body().readAll(1 << 20)));
          assertInstanceOf(Http2StreamException.class, fault.getCause());
        } else {
          try (WholeBody whole = await(each.body().readAll(1 << 20))) {
            assertEquals(BODY_BYTE_SIZE, whole.bytes().byteSize());
          }
          each.respond(204);
        }
      }
      for (CompletionStage<Response> each : answers) {
        assertEquals(204, await(each).status());
      }
      // There is room for others now.
      CompletionStage<Response> last = clients.getFirst().send(Request.of("POST", "/"), body());
      Http2Exchange exchange = next();
      try (WholeBody whole = await(exchange.body().readAll(1 << 20))) {
        assertEquals(BODY_BYTE_SIZE, whole.bytes().byteSize());
      }
      exchange.respond(204);
      assertEquals(204, await(last).status());
    } finally {
      clients.forEach(Http2Client::close);
    }
  }

  private static void post(Socket socket, int byteSize) throws IOException {
    socket.setSoTimeout(20_000);
    String head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + byteSize + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(new byte[BODY_BYTE_SIZE]);
  }

  /** Those whose clients have gone give their room back. */
  @Test
  void bodiesOfHttp1ThatNobodyReadsAreBoundedOverAllConnections() throws Exception {
    InetAddress address = InetAddress.getLoopbackAddress();
    try (Http2Server server = serve(2)) {
      int port = server.address().getPort();
      for (int round = 0; round < 3; round++) {
        try (Socket first = new Socket(address, port);
            Socket second = new Socket(address, port);
            Socket third = new Socket(address, port)) {
          post(first, 1_000_000);
          post(second, 1_000_000);
          Http2Exchange one = next();
          Http2Exchange two = next();
          until(one, BODY_BYTE_SIZE);
          until(two, BODY_BYTE_SIZE);
          post(third, 1_000_000);
          byte[] answer = third.getInputStream().readNBytes(12);
          assertEquals("HTTP/1.1 503", new String(answer, StandardCharsets.US_ASCII));
          next();
          end(first);
          end(second);
          await(one.closed());
          await(two.closed());
        }
      }
    }
  }

  /** What is read at a pace of its own has its window, as it had. */
  @Test
  void bodiesThatAreReadTakeNoRoom() throws Exception {
    try (Http2Server server = serve(1);
        Http2Client client = client(server)) {
      List<CompletionStage<Response>> answers = new ArrayList<>();
      List<Http2Exchange> exchanges = new ArrayList<>();
      List<Optional<BodyPiece>> firsts = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        answers.add(client.send(Request.of("POST", "/"), body()));
        Http2Exchange exchange = next();
        exchanges.add(exchange);
        firsts.add(await(exchange.body().read()));
      }
      for (int i = 0; i < 5; i++) {
        long byteSize = 0;
        for (Optional<BodyPiece> piece = firsts.get(i);
            piece.isPresent();
            piece = await(exchanges.get(i).body().read())) {
          byteSize += piece.get().bytes().byteSize();
          piece.get().close();
        }
        assertEquals(BODY_BYTE_SIZE, byteSize);
        exchanges.get(i).respond(204);
        assertEquals(204, await(answers.get(i)).status());
      }
    }
  }

  /** A client may send as much as the window before anything is read. */
  @Test
  void aConnectionKeepsLittleOfBodiesThatNobodyReads() throws Exception {
    try (Http2Server server = serve(100);
        Http2Client client = client(server)) {
      CompletionStage<Response> answer =
          client.send(Request.of("POST", "/"), SegmentedBytes.copyOf(new byte[1_000_000]));
      Http2Exchange exchange = next();
      Thread.sleep(300); // As much comes as may.
      long byteSize = exchange.body().boundByteSize();
      assertTrue(byteSize > 0 && byteSize <= 65_535, "byteSize=" + byteSize);
      try (WholeBody whole = await(exchange.body().readAll(1 << 20))) {
        assertEquals(1_000_000, whole.bytes().byteSize());
      }
      exchange.respond(204);
      assertEquals(204, await(answer).status());
    }
  }

  /** One read may bring as much again as may come. */
  @Test
  void aConnectionOfHttp1KeepsLittleOfABodyThatNobodyReads() throws Exception {
    int byteSize = 4_000_000;
    try (Http2Server server = serve(100);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      Thread sender = Thread.ofVirtual().start(() -> put(socket, byteSize));
      Http2Exchange exchange = next();
      Thread.sleep(300); // As much comes as may.
      long kept = exchange.body().boundByteSize();
      assertTrue(kept > 0 && kept <= 2 * 65_536, "byteSize=" + kept);
      try (WholeBody whole = await(exchange.body().readAll(byteSize))) {
        assertEquals(byteSize, whole.bytes().byteSize());
      }
      exchange.respond(204);
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 204", new String(answer, StandardCharsets.US_ASCII));
      sender.join();
    }
  }

  /**
   * An answer before the end of its request's body: the connection goes on, or the answer says that
   * it doesn't.
   */
  @ParameterizedTest
  @CsvSource({
    "PUT, 10, true",
    "PUT, 70000, true",
    "PUT, 1000000, true",
    "PUT, 3000000, false",
    "PUT, -70000, false",
    "GET, 70000, true",
    "GET, 3000000, false"
  })
  void anEarlyAnswerKeepsItsConnectionOrSaysThatItEnds(String method, int byteSize, boolean goesOn)
      throws Exception {
    try (Http2Server server =
            Http2Server.builder(exchange -> exchange.respond(403))
                .grace(Duration.ofMillis(200))
                .threadCount(1)
                .start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      String head = method + " / HTTP/1.1\r\nHost: a\r\n";
      String length = "Content-Length: " + byteSize;
      out.write(
          (head + (byteSize < 0 ? "Transfer-Encoding: chunked" : length) + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      String answer = head(socket);
      assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
      assertEquals(!goesOn, answer.contains("\r\nconnection: close\r\n"), answer);
      if (goesOn) {
        out.write(new byte[byteSize]);
        out.write((head + "Content-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        assertTrue(head(socket).startsWith("HTTP/1.1 403 "));
      } else {
        assertEquals(-1, socket.getInputStream().read());
      }
    }
  }

  private static String head(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertTrue(next >= 0, "the connection was closed after " + head);
      head.append((char) next);
    }
    return head.toString();
  }

  /** What is dropped after an answer must come in time, and holds no closing server up. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRestOfABodyBehindItsAnswerIsNotWaitedForForEver(boolean closes) throws Exception {
    Http2Server server =
        Http2Server.builder(exchange -> exchange.respond(403))
            .deadlines(
                closes
                    ? Http2Deadlines.defaults()
                    : Http2Deadlines.defaults().withBody(Duration.ofMillis(500)))
            .grace(Duration.ofHours(1))
            .threadCount(1)
            .start();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertTrue(head(socket).startsWith("HTTP/1.1 403 "));
      if (closes) {
        Thread.ofVirtual().start(server::close);
      }
      assertEquals(-1, socket.getInputStream().read());
    } finally {
      server.close();
    }
  }

  /** Its handler began to read, so nobody else would drop what it has left. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3_000_000})
  void aHandlerThatFailsAsItReadsLeavesNothingOfTheBody(int missing) throws Exception {
    try (Http2Server server = serveFailing();
        Http2Client client = client(server)) {
      Http2Client.OpenRequest request = client.open(Request.of("PUT", "/"));
      var _ = request.body().write(body(), 0, BODY_BYTE_SIZE, 0, missing == 0);
      Response answer = await(request.response());
      assertEquals(500, answer.status());
      answer.body().cancel();
      checkNothingIsLeft();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3_000_000})
  void aHandlerThatFailsAsItReadsLeavesNothingOfTheBodyOfHttp1(int missing) throws Exception {
    try (Http2Server server = serveFailing();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      post(socket, BODY_BYTE_SIZE + missing);
      String answer = head(socket);
      assertTrue(answer.startsWith("HTTP/1.1 500 "), answer);
      assertEquals(missing > 0, answer.contains("\r\nconnection: close\r\n"), answer);
      checkNothingIsLeft();
    }
  }

  /** Its handler reads a piece of what has come, and throws. */
  private Http2Server serveFailing() throws IOException {
    return Http2Server.builder(
            exchange -> {
              until(exchange, BODY_BYTE_SIZE);
              await(exchange.body().read()).orElseThrow().close();
              held.add(exchange);
              throw new IllegalArgumentException("a body that makes no sense");
            })
        .executor(task -> Thread.ofVirtual().start(task))
        .grace(Duration.ofMillis(200))
        .threadCount(1)
        .start();
  }

  private void checkNothingIsLeft() throws Exception {
    Http2Exchange exchange = next();
    await(exchange.closed());
    ExecutionException fault =
        assertThrows(ExecutionException.class, () -> await(exchange.body().read()));
    assertInstanceOf(Http2StreamException.class, fault.getCause());
  }

  private static void put(Socket socket, int byteSize) {
    try {
      String head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + byteSize + "\r\n\r\n";
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(new byte[byteSize]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Who has one address of a network of 64 bits has all of them. */
  @Test
  void addressesOfOneIpv6NetworkCountAsOneClient() throws Exception {
    AddressRoom room = new AddressRoom(200);
    for (String address : List.of("2001:db8:0:1::1", "2001:db8:0:1:ffff::2")) {
      assertEquals(
          InetAddress.getByName("2001:db8:0:1::"),
          ClientAddress.of(new InetSocketAddress(address, 1)));
      assertTrue(room.tryTake(ClientAddress.of(new InetSocketAddress(address, 1)), 50));
    }
    assertFalse(room.tryTake(ClientAddress.of(new InetSocketAddress("2001:db8:0:1::3", 1)), 50));
    assertTrue(room.tryTake(ClientAddress.of(new InetSocketAddress("2001:db8:0:2::1", 1)), 50));
    for (String alone : List.of("::1", "fe80::1", "192.0.2.1")) {
      assertEquals(InetAddress.getByName(alone), ClientAddress.of(new InetSocketAddress(alone, 1)));
    }
  }

  /** Before its block does. */
  private static void end(Socket socket) throws IOException {
    socket.close();
  }
}
