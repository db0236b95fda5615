package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.LeakWatch;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code segue.v1}, spoken by the JDK's WebSocket client as docs/gateway.md says it. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class SampleSocketTest {
  static {
    LeakWatch.install();
  }

  private static final Qos BLOCK = Qos.defaults().congestionControl(CongestionControl.BLOCK);

  @AfterAll
  static void nothingLeaked() throws Exception {
    LeakWatch.assertNone();
  }

  private record Frame(String metadata, SegmentedBytes payload) {
    String text() {
      return payload.copyToUtf8String();
    }

    long number(String name) {
      Matcher found = Pattern.compile("\"" + name + "\":(\\d+)").matcher(metadata);
      assertTrue(found.find(), metadata);
      return Long.parseLong(found.group(1));
    }
  }

  private static Frame frame(ByteBuffer message) {
    byte[] metadata = new byte[message.getInt()];
    assertEquals(0, message.getInt());
    assertEquals(message.capacity() - 16 - metadata.length, message.getLong());
    message.get(metadata);
    byte[] payload = new byte[message.remaining()];
    message.get(payload);
    return new Frame(new String(metadata, StandardCharsets.UTF_8), SegmentedBytes.copyOf(payload));
  }

  private static ByteBuffer frame(String metadata, byte[] payload) {
    byte[] json = metadata.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(16 + json.length + payload.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(json.length)
        .putInt(0)
        .putLong(payload.length)
        .put(json)
        .put(payload)
        .flip();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void send(WebSocket socket, String text) {
    socket.sendText(text, true).join();
  }

  private static void released() throws Exception {
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  @Test
  void whoSubscribesGetsTheNewestOfEachKeyAndWhatComesUntilTheEnd() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      PutOptions json = PutOptions.none().encoding(Encoding.APPLICATION_JSON);
      fixture.publish("robot/a", SegmentedBytes.copyOfUtf8("{\"x\":1}"), json);
      byte[] large = new byte[300_000];
      large[299_999] = 7;
      fixture.publish("robot/b", SegmentedBytes.copyOf(large), PutOptions.none());
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      assertEquals("segue.v1", socket.getSubprotocol());
      send(socket, "{\"op\":\"subscribe\",\"id\":5,\"key\":\"robot/*\"}");
      assertEquals("{\"op\":\"subscribed\",\"id\":5}", messages.text("op"));
      Frame a = frame(messages.binary());
      Frame b = frame(messages.binary());
      if (a.metadata().contains("robot/b")) {
        Frame swapped = a;
        a = b;
        b = swapped;
      }
      assertEquals("{\"x\":1}", a.text());
      assertTrue(a.metadata().contains("\"encoding\":\"application/json\""), a.metadata());
      assertEquals(5, a.number("subscription"));
      assertEquals(300_000, b.payload().byteSize());
      assertEquals(7, b.payload().byteAt(299_999));
      fixture.publisher.delete(KeyExpr.of("robot/a"), Qos.defaults(), PutOptions.none());
      Frame next;
      do { // The first ones may have been put twice.
        next = frame(messages.binary());
      } while (!next.metadata().contains("\"kind\":\"delete\""));
      send(socket, "{\"op\":\"unsubscribe\",\"id\":5}");
      assertEquals("{\"op\":\"unsubscribed\",\"id\":5}", messages.text("op"));
      assertEquals(0, fixture.gateway.streamCount());
      send(socket, "{\"op\":\"unsubscribe\",\"id\":5}");
      assertTrue(messages.text("op").contains("\"status\":404"));
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
      assertEquals(1000, messages.end());
    }
    released();
  }

  /**
   * Receives the one with this number, after some without a number; returns the number of the next.
   */
  private static int received(Subscriber subscriber, int number) throws Exception {
    while (true) {
      try (Sample sample = subscriber.receive(Duration.ofSeconds(30)).orElseThrow()) {
        String text = sample.payload().copyToUtf8String();
        if (!text.equals("first")) {
          assertEquals("n" + number, text);
          assertEquals("text/plain", sample.encoding().text());
          assertEquals(CongestionControl.BLOCK, sample.congestionControl());
          return number + 1;
        }
      }
    }
  }

  @Test
  void whatIsPublishedArrivesInItsOrderAndSaysWhoGotIt() throws Exception {
    int count = 2_000;
    int atOnce = 500; // Half of what may wait for one client.
    try (Fixture fixture = Fixture.open(options -> options);
        Subscriber subscriber =
            fixture.publisher.declareSubscriber(
                KeyExpr.of("robot/cmd"),
                SubscriberOptions.defaults().backlog(Backlog.last(10 * count)))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      Fixture.until(
          "the subscriber to be known",
          () -> {
            socket
                .sendBinary(frame("{\"key\":\"robot/cmd\",\"id\":0}", utf8("first")), true)
                .join();
            return messages.text("published").contains("\"outcome\":\"matched\"");
          });
      int next = 1;
      for (int i = 1; next <= count; i++) {
        if (i <= count) {
          socket
              .sendBinary(
                  frame(
                      "{\"key\":\"robot/cmd\",\"encoding\":\"text/plain\",\"congestion\":\"block\"}  ",
                      utf8("n" + i)),
                  true)
              .join();
        }
        if (i > atOnce) {
          next = received(subscriber, next);
        }
      }
      socket
          .sendBinary(
              frame("{\"key\":\"robot/cmd\",\"kind\":\"delete\",\"id\":1}", new byte[0]), true)
          .join();
      assertEquals("{\"op\":\"published\",\"id\":1}", messages.text("\"id\":1"));
      try (Sample sample = subscriber.receive(Duration.ofSeconds(30)).orElseThrow()) {
        assertEquals(SampleKind.DELETE, sample.kind());
      }
      socket.sendBinary(frame("{\"key\":\"robot/other\",\"id\":2}", new byte[0]), true).join();
      assertEquals(
          "{\"op\":\"published\",\"outcome\":\"nobody\",\"id\":2}", messages.text("\"id\":2"));
      socket.abort();
    }
    released();
  }

  /** A message larger than the socket's pieces, which is put from where it was received. */
  @Test
  void aLargePayloadIsNotCopiedHere() throws Exception {
    byte[] payload = new byte[3_000_000];
    payload[2_999_999] = 9;
    try (Fixture fixture = Fixture.open(options -> options);
        Subscriber subscriber = fixture.publisher.declareSubscriber(KeyExpr.of("map"))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      Fixture.until(
          "the payload to arrive",
          () -> {
            socket.sendBinary(frame("{\"key\":\"map\",\"id\":1}", payload), true).join();
            messages.text("published");
            try (Sample sample = subscriber.receive(Duration.ofMillis(300)).orElse(null)) {
              if (sample != null) {
                assertEquals(3_000_000, sample.payload().byteSize());
                assertEquals(9, sample.payload().byteAt(2_999_999));
              }
              return sample != null;
            }
          });
      socket.abort();
    }
    released();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"op\":\"subscribe\",\"id\":1,\"key\":\"secret/a\"};403;1",
        "{\"op\":\"subscribe\",\"id\":1,\"key\":\"**\"};403;1",
        "{\"op\":\"subscribe\",\"id\":1,\"key\":\"a//b\"};400;1",
        "{\"op\":\"subscribe\",\"id\":-1,\"key\":\"open/a\"};400;-1",
        "{\"op\":\"subscribe\",\"key\":\"open/a\"};400;",
        "{\"op\":\"subscribe\",\"id\":1,\"key\":\"open/a\",\"backlog\":0};400;1",
        "{\"op\":\"subscribe\",\"id\":1,\"key\":\"open/a\",\"backlog\":257};400;1",
        "{\"op\":\"shout\",\"id\":3};400;3",
        "{\"op\":\"unsubscribe\",\"id\":77};404;77",
        "[1];400;",
        "{;400;"
      })
  void aTextThatIsNotAllowedIsAnsweredWithItsStatus(String text, int status, String id)
      throws Exception {
    try (Fixture fixture =
        Fixture.openWithoutClient(options -> options.readable(List.of(KeyExpr.of("open/**"))))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      send(socket, text);
      String answer = messages.text("error");
      assertTrue(answer.startsWith("{\"op\":\"error\",\"status\":" + status + ","), answer);
      assertTrue(id == null ? !answer.contains("\"id\"") : answer.endsWith(":" + id + "}"), answer);
      send(socket, "{\"op\":\"subscribe\",\"id\":9,\"key\":\"open/**\"}");
      assertTrue(messages.text("subscribed").contains("9"));
      send(socket, "{\"op\":\"subscribe\",\"id\":9,\"key\":\"open/a\"}");
      assertTrue(messages.text("error").contains("\"id\":9"));
      socket.abort();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"key\":\"secret/a\"};403",
        "{\"key\":\"open/*\"};400",
        "{\"key\":\"\"};400",
        "{\"key\":\"open/a\",\"priority\":\"high\"};400",
        "{\"key\":\"open/a\",\"kind\":\"query\"};400",
        "no JSON;400"
      })
  void aFrameThatIsNotAllowedIsAnsweredWithItsStatus(String metadata, int status) throws Exception {
    try (Fixture fixture =
        Fixture.open(options -> options.writable(List.of(KeyExpr.of("open/**"))))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      socket.sendBinary(frame(metadata, utf8("x")), true).join();
      String answer = messages.text("error");
      assertTrue(answer.startsWith("{\"op\":\"error\",\"status\":" + status + ","), answer);
      socket.sendBinary(frame("{\"key\":\"open/a\",\"id\":1}", utf8("x")), true).join();
      assertTrue(messages.text("\"id\":1").contains("published"));
      socket.abort();
    }
  }

  @ParameterizedTest
  @CsvSource({"0,0,0,15", "4,0,0,0", "0,1,0,0", "65537,0,0,70000", "0,0,-1,0", "-1,0,1,0"})
  void whatIsNoFrameIsRefused(
      int metadataByteSize, int flags, long payloadByteSize, int restByteSize) throws Exception {
    ByteBuffer frame =
        ByteBuffer.allocate(restByteSize == 15 ? 15 : 16 + restByteSize)
            .order(ByteOrder.LITTLE_ENDIAN);
    frame.putInt(metadataByteSize).putInt(flags);
    if (frame.remaining() >= 8) {
      frame.putLong(payloadByteSize);
    }
    try (Fixture fixture = Fixture.open(options -> options)) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      socket.sendBinary(frame.rewind(), true).join();
      assertTrue(messages.text("error").contains("\"status\":400"));
      socket.abort();
    }
  }

  @Test
  void theRulesAreThoseOfRequests() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token("secret"))) {
      assertThrows(
          CompletionException.class, () -> new Messages().open(fixture, "segue.v1", "/").abort());
      assertThrows(
          CompletionException.class,
          () -> new Messages().open(fixture, "segue.v1", "/?token=wrong").abort());
      assertThrows(
          CompletionException.class,
          () -> new Messages().open(fixture, "segue.v2", "/?token=secret").abort());
      new Messages().open(fixture, "segue.v1", "/?token=secret").abort();
    }
  }

  /** It reads nothing: what it may hold is bounded, the rest is dropped and counted. */
  @Test
  void aClientThatDoesNotReadLosesSamplesAndThatIsCounted() throws Exception {
    SegmentedBytes image = SegmentedBytes.copyOf(new byte[300_000]);
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish("camera", image, PutOptions.none());
      try (Socket socket = new Socket()) {
        socket.setReceiveBufferSize(8192);
        socket.connect(
            new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.port()),
            10_000);
        OutputStream out = socket.getOutputStream();
        out.write(
            utf8(
                String.join(
                    "\r\n",
                    "GET / HTTP/1.1",
                    "Host: localhost",
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Protocol: segue.v1",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "",
                    "")));
        InputStream in = socket.getInputStream();
        String status = new String(in.readNBytes(12), StandardCharsets.US_ASCII);
        assertEquals("HTTP/1.1 101", status);
        byte[] text = utf8("{\"op\":\"subscribe\",\"id\":1,\"key\":\"camera\",\"backlog\":3}");
        out.write(0x81);
        out.write(0x80 | text.length);
        out.write(new byte[4]); // a mask of zeros
        out.write(text);
        Fixture.until("the stream to begin", () -> fixture.gateway.streamCount() == 1);
        for (int i = 0; i < 100; i++) {
          fixture.publisher.put(KeyExpr.of("camera"), image, BLOCK, PutOptions.none());
        }
        Fixture.until(
            "drops to be counted",
            () ->
                fixture
                    .get("/metrics")
                    .text()
                    .lines()
                    .anyMatch(
                        line ->
                            line.startsWith("segue_stream_dropped_total ")
                                && Double.parseDouble(line.substring(27)) > 50));
        assertTrue(KeptSample.heldCount() <= 6, "held=" + KeptSample.heldCount());
      }
      Fixture.until("the stream to end", () -> fixture.gateway.streamCount() == 0);
      Fixture.until("the samples to be released", () -> KeptSample.heldCount() == 1);
    }
    released();
  }

  /** Parts of messages count against the bodies that may come at a time. */
  @Test
  void aMessageThatComesInPartsTakesRoomAndGivesItBack() throws Exception {
    try (Fixture fixture =
        Fixture.open(options -> options.maxPutByteSize(400_000).bodiesByteSize(600_000))) {
      List<Messages> first = new ArrayList<>(List.of(new Messages()));
      List<WebSocket> slow = new ArrayList<>(List.of(begun(fixture, first.getLast())));
      Fixture.until(
          "the room to be taken",
          () -> {
            // Its part may have come after the message that asks, and found no room itself.
            if (!first.getLast().ends.isEmpty()) {
              first.add(new Messages());
              slow.add(begun(fixture, first.getLast()));
            }
            return isRefused(fixture);
          });
      slow.getLast().abort();
      Fixture.until("the room to be free", () -> !isRefused(fixture));
    }
  }

  /** A socket that has sent a part of a message. */
  private static WebSocket begun(Fixture fixture, Messages messages) throws Exception {
    WebSocket socket = messages.open(fixture, "segue.v1", "/");
    try {
      socket.sendBinary(ByteBuffer.allocate(300_000), false).join();
    } catch (CompletionException e) {
      // It was ended meanwhile.
    }
    return socket;
  }

  /** Whether 200,000 bytes find no room, which ends the socket. */
  private static boolean isRefused(Fixture fixture) throws Exception {
    Messages messages = new Messages();
    WebSocket socket = messages.open(fixture, "segue.v1", "/");
    try {
      socket.sendBinary(frame("{\"key\":\"a\",\"id\":1}", new byte[200_000]), true).join();
    } catch (CompletionException e) {
      // It was ended meanwhile.
    }
    Fixture.until("an answer", () -> !messages.ends.isEmpty() || !messages.texts.isEmpty());
    boolean refused = messages.texts.isEmpty();
    assertTrue(refused ? messages.end() == 1013 : messages.text("").contains("published"));
    socket.abort();
    return refused;
  }

  @Test
  void aTextThatIsTooLongEndsTheSocketBeforeItIsWhole() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      try {
        for (int i = 0; i < 4; i++) {
          socket.sendText("x".repeat(1 << 19), false).join();
        }
      } catch (CompletionException e) {
        // It was ended meanwhile.
      }
      assertEquals(1009, messages.end());
      socket.abort();
    }
  }

  @Test
  void theSubscriptionsOfAllSocketsAreBounded() throws Exception {
    try (Fixture fixture = Fixture.openWithoutClient(options -> options.maxStreamCount(2))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      for (int i = 0; i <= 10; i++) {
        send(socket, "{\"op\":\"subscribe\",\"id\":" + i + ",\"key\":\"a\"}");
        String answer = messages.text("op");
        assertTrue(answer.contains(i < 10 ? "subscribed" : "\"status\":503"), answer);
      }
      send(socket, "{\"op\":\"unsubscribe\",\"id\":3}");
      send(socket, "{\"op\":\"subscribe\",\"id\":77,\"key\":\"a\"}");
      assertTrue(messages.text("\"id\":77").contains("subscribed"));
      socket.abort();
    }
  }

  /** A key has 64 KiB at most, each of which a client could have kept thousands of times. */
  @Test
  void aLongKeyTakesTheRoomOfSeveralSubscriptions() throws Exception {
    try (Fixture fixture = Fixture.openWithoutClient(options -> options.maxStreamCount(2))) {
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      String key = "a/" + "x".repeat(512);
      for (int i = 0; i <= 5; i++) {
        send(socket, "{\"op\":\"subscribe\",\"id\":" + i + ",\"key\":\"" + key + i + "\"}");
        String answer = messages.text("op");
        assertTrue(answer.contains(i < 5 ? "subscribed" : "\"status\":503"), answer);
      }
      send(socket, "{\"op\":\"unsubscribe\",\"id\":3}");
      send(socket, "{\"op\":\"subscribe\",\"id\":77,\"key\":\"" + key + "\"}");
      assertTrue(messages.text("\"id\":77").contains("subscribed"));
      socket.abort();
    }
  }

  @Test
  void theGatewaysEndIsSaid() throws Exception {
    Messages messages = new Messages();
    try (Fixture fixture = Fixture.open(options -> options)) {
      WebSocket socket = messages.open(fixture, "segue.v1", "/");
      send(socket, "{\"op\":\"subscribe\",\"id\":1,\"key\":\"**\"}");
      messages.text("subscribed");
    }
    assertEquals(1001, messages.end());
  }
}
