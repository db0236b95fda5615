package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Http2Limits;
import dev.segue.http2.JdkTls;
import dev.segue.http2.Request;
import dev.segue.http2.Response;
import dev.segue.http2.Tls;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.PutOptions;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every sample as it comes, seen by a client that is not ours. */
class StreamTest {
  private static Tls identity;

  private Fixture fixture;
  private SSLContext trust;

  @BeforeAll
  static void identify() throws Exception {
    identity = Tls.selfSigned("localhost");
  }

  @BeforeEach
  void open() throws Exception {
    fixture = Fixture.open(options -> options.tls(identity));
    trust = JdkTls.trusting(identity);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private HttpResponse<InputStream> get(HttpClient client, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://localhost:" + fixture.port() + path)).build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  private static PutOptions jpeg() {
    return PutOptions.none().encoding(Encoding.IMAGE_JPEG);
  }

  private static byte[] image(int number, int byteSize) {
    byte[] image = new byte[byteSize];
    Arrays.fill(image, (byte) number);
    return image;
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpClient.Version.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void imagesReplaceOneAnother(HttpClient.Version version) throws Exception {
    fixture.publish("camera", SegmentedBytes.copyOf(image(0, 20_000)), jpeg());
    try (HttpClient client = HttpClient.newBuilder().version(version).sslContext(trust).build()) {
      HttpResponse<InputStream> response = get(client, "/topics/camera?stream");
      assertEquals(version, response.version());
      String type = response.headers().firstValue("content-type").orElseThrow();
      assertTrue(type.startsWith("multipart/x-mixed-replace; boundary="), type);
      try (InputStream body = new BufferedInputStream(response.body())) {
        String boundary = "--" + type.substring(type.indexOf('=') + 1);
        assertEquals(boundary, line(body));
        for (int i = 0; i < 20; i++) {
          byte part;
          do {
            part = part(body)[0];
            assertEquals("", line(body));
            assertEquals(boundary, line(body));
          } while (part < i); // The first one may have been put twice.
          assertEquals(i, part);
          if (i < 19) {
            fixture.publisher.put(
                dev.segue.zenoh.KeyExpr.of("camera"),
                SegmentedBytes.copyOf(image(i + 1, 20_000)),
                dev.segue.zenoh.Qos.defaults(),
                jpeg());
          }
        }
      }
    }
    Fixture.until("the stream to end", () -> fixture.gateway.streamCount() == 0);
  }

  @Test
  void framesCarryMetadataAndPayload() throws Exception {
    fixture.publish("lidar", SegmentedBytes.copyOf(image(7, 70_000)), PutOptions.none());
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      InputStream body = get(client, "/topics/lidar?stream=frames").body();
      ByteBuffer header = ByteBuffer.wrap(body.readNBytes(16)).order(ByteOrder.LITTLE_ENDIAN);
      int metadataByteSize = header.getInt();
      assertEquals(0, metadataByteSize % 8);
      assertEquals(0, header.getInt());
      assertEquals(70_000, header.getLong());
      String metadata = new String(body.readNBytes(metadataByteSize), StandardCharsets.UTF_8);
      assertTrue(metadata.startsWith("{\"key\":\"lidar\",\"kind\":\"put\""), metadata);
      byte[] payload = body.readNBytes(70_000);
      assertEquals(7, payload[69_999]);
      body.close();
    }
  }

  @Test
  void eventsCarryMetadata() throws Exception {
    fixture.publish("pose", SegmentedBytes.copyOfUtf8("{}"), PutOptions.none());
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      InputStream body = get(client, "/topics/pose?stream=sse&payload=base64").body();
      assertEquals("retry: 2000", line(body));
      assertEquals("", line(body));
      assertEquals("event: sample", line(body));
      assertTrue(line(body).startsWith("id: "));
      String data = line(body);
      assertTrue(data.contains("\"payload\":\"e30=\""), data);
      body.close();
    }
  }

  /** As a browser does that reconnects: it has the first, and lacks the second. */
  @Test
  void eventsGoOnBehindTheLastOneAndTextsComeAsTheyAre() throws Exception {
    PutOptions json = PutOptions.none().encoding(Encoding.APPLICATION_JSON);
    fixture.publish("robot/a", SegmentedBytes.copyOfUtf8("{\"x\":1}"), json);
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      InputStream body = get(client, "/topics/robot/a?stream=sse&payload=text").body();
      Event first = event(body);
      body.close();
      assertTrue(first.data().contains("\"text\":\"{\\\"x\\\":1}\""), first.data());
      fixture.publish("robot/b", SegmentedBytes.copyOfUtf8("new"), json);
      HttpRequest again =
          HttpRequest.newBuilder(
                  URI.create("https://localhost:" + fixture.port() + "/topics/robot/*?stream=sse"))
              .header("last-event-id", first.id())
              .build();
      InputStream rest = client.send(again, HttpResponse.BodyHandlers.ofInputStream()).body();
      Event next;
      do { // The first one may have been put twice.
        next = event(rest);
        assertTrue(!next.id().equals(first.id()), next.data());
      } while (!next.data().contains("\"key\":\"robot/b\""));
      rest.close();
    }
  }

  @Test
  void eventsOfSeveralKeysBeginWithWhatIsKnownOfEach() throws Exception {
    for (String key : List.of("w/a", "w/b/c", "v/d")) {
      fixture.publish(key, SegmentedBytes.copyOfUtf8("x"), PutOptions.none());
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      InputStream body = get(client, "/topics/w/**?stream=sse").body();
      Set<String> keys = new HashSet<>();
      while (keys.size() < 2) {
        String data = event(body).data();
        assertTrue(data.startsWith("{\"key\":\"w/"), data);
        keys.add(data.substring(8, data.indexOf('"', 8)));
      }
      assertEquals(Set.of("w/a", "w/b/c"), keys);
      body.close();
    }
  }

  /** The core would compare them until the end of time, and no sample would come any more. */
  @Test
  void aPatternOfManyWildcardsHoldsNobodyUp() throws Exception {
    fixture.publish("a/".repeat(200) + "a", SegmentedBytes.copyOfUtf8("x"), PutOptions.none());
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      InputStream body = get(client, "/topics/" + "**/a/".repeat(15) + "b?stream=sse").body();
      fixture.publish("a/".repeat(200) + "a", SegmentedBytes.copyOfUtf8("y"), PutOptions.none());
      fixture.publish("a/".repeat(200) + "b", SegmentedBytes.copyOfUtf8("z"), PutOptions.none());
      assertTrue(event(body).data().startsWith("{\"key\":\"a/a/"));
      body.close();
    }
  }

  /** Over HTTP/1.1 a heartbeat is all that shows that a quiet stream is none that is dead. */
  @Test
  void aQuietStreamLivesBeyondAShortIdleTime() throws Exception {
    try (Fixture impatient =
            Fixture.open(
                options ->
                    options.limits(Http2Limits.defaults().withIdle(Duration.ofMillis(600))));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), impatient.port())) {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write(
              "GET /topics/quiet?stream=sse HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      int beats = 0;
      while (beats < 5) {
        int next = socket.getInputStream().read();
        assertTrue(next >= 0, "the stream was cut");
        if (next == '\n' && socket.getInputStream().read() == ':') {
          beats++;
        }
      }
    }
  }

  /**
   * Each kind, and the list: by END_STREAM, for which the gateway's close need not be waited out.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/topics?stream",
        "/topics/quiet?stream=sse",
        "/topics/quiet?stream=frames",
        "/topics/quiet?stream=multipart"
      })
  void theGatewaysEndEndsStreamsWhole(String path) throws Exception {
    Response stream = Fixture.await(fixture.client().send(Request.get(path)));
    assertEquals(200, stream.status());
    var whole = stream.body().readAll(1 << 20);
    fixture.gateway.close();
    Fixture.await(whole).close();
  }

  private record Event(String id, String data) {}

  private static Event event(InputStream body) throws Exception {
    String id = "";
    String data = "";
    while (data.isEmpty()) {
      for (String line = line(body); !line.isEmpty(); line = line(body)) {
        id = line.startsWith("id: ") ? line.substring(4) : id;
        data = line.startsWith("data: ") ? line.substring(6) : data;
      }
    }
    return new Event(id, data);
  }

  private static byte[] part(InputStream body) throws Exception {
    int byteSize = -1;
    for (String field = line(body); !field.isEmpty(); field = line(body)) {
      if (field.startsWith("content-length: ")) {
        byteSize = Integer.parseInt(field.substring(16));
      } else {
        assertEquals("content-type: image/jpeg", field);
      }
    }
    byte[] part = body.readNBytes(byteSize);
    assertEquals(20_000, part.length);
    return part;
  }

  /** Up to the end of a line, which is cut off. */
  private static String line(InputStream body) throws Exception {
    StringBuilder line = new StringBuilder();
    for (int c = body.read(); c != '\n'; c = body.read()) {
      assertTrue(c >= 0, () -> "the stream ended after " + line);
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }
}
