package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Request;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Subscriber;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One value of a topic, in and out. */
class TopicTest {
  private Fixture fixture;

  @BeforeEach
  void open() throws Exception {
    fixture = Fixture.open(options -> options);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aTopicThatNobodyPublishedIsNotFound() throws Exception {
    assertEquals(404, fixture.get("/topics/nobody").status());
  }

  @Test
  void theNewestValueComesWithItsEncoding() throws Exception {
    byte[] image = bytes(1_000_000);
    fixture.publish(
        "robot/camera",
        SegmentedBytes.copyOf(image),
        PutOptions.none().encoding(Encoding.IMAGE_JPEG));
    Fixture.Answer answer = fixture.get("/topics/robot/camera");
    assertEquals(200, answer.status());
    assertEquals("1000000", answer.header("content-length"));
    assertEquals("image/jpeg", answer.header("content-type"));
    assertEquals("nosniff", answer.header("x-content-type-options"));
    assertTrue(answer.header("content-security-policy").contains("sandbox"));
    assertArrayEquals(image, answer.body().copyToByteArray());
  }

  @Test
  void aPutReachesSubscribersWithItsContentType() throws Exception {
    byte[] body = bytes(3_000_000);
    try (Subscriber subscriber = fixture.publisher.declareSubscriber(KeyExpr.of("robot/arm"))) {
      Fixture.until(
          "the put to arrive",
          () -> {
            Fixture.Answer answer =
                fixture.send(
                    Request.of("PUT", "/topics/robot/arm").with("content-type", "Image/PNG; a=b"),
                    SegmentedBytes.copyOf(body));
            assertEquals(204, answer.status(), answer.text());
            try (Sample sample = subscriber.receive(Duration.ofMillis(200)).orElse(null)) {
              if (sample != null) {
                assertEquals("image/png;a=b", sample.encoding().text());
                assertArrayEquals(body, sample.payload().copyToByteArray());
              }
              return sample != null;
            }
          });
    }
  }

  @Test
  void nothingOfAPayloadIsCopiedHere() throws Exception {
    fixture.publish("large", SegmentedBytes.copyOf(bytes(8_000_000)), PutOptions.none());
    fixture.get("/topics/large"); // the socket's first use
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    assertEquals(8_000_000, fixture.get("/topics/large").body().byteSize());
    CopyLedger.Snapshot copied = CopyLedger.snapshot().since(before);
    copied
        .byteCounts()
        .forEach((site, count) -> assertTrue(!site.startsWith("gateway.") || count == 0, site));
    assertTrue(copied.byteCount("http2.smallPieces") < 10_000, copied.toString());
  }

  @Test
  void aDeletedValueIsNotFound() throws Exception {
    fixture.publish("state", SegmentedBytes.copyOfUtf8("on"), PutOptions.none());
    assertEquals(204, fixture.send(Request.of("DELETE", "/topics/state")).status());
    Fixture.until("the value to go", () -> fixture.get("/topics/state").status() == 404);
  }

  @Test
  void aKnownVersionIsNotSentAgain() throws Exception {
    fixture.publish("state", SegmentedBytes.copyOfUtf8("on"), PutOptions.none());
    fixture.untilAllAreReceived();
    String etag = fixture.get("/topics/state").header("etag");
    Request get = Request.get("/topics/state").with("if-none-match", etag);
    assertEquals(304, fixture.send(get).status());
    CompletionStage<Fixture.Answer> next =
        Fixture.begin(
            fixture
                .client()
                .send(Request.get("/topics/state?timeout=30s").with("if-none-match", etag)));
    Fixture.until("the request to wait", () -> fixture.gateway.streamCount() == 1);
    fixture.publisher.put(KeyExpr.of("state"), SegmentedBytes.copyOfUtf8("off"));
    assertEquals("off", Fixture.await(next).text());
    assertEquals(200, fixture.send(get).status());
    Fixture.until("nobody to wait", () -> fixture.gateway.streamCount() == 0);
  }

  @Test
  void aRequestMayWaitForTheFirstValueButNotForLong() throws Exception {
    assertEquals(404, fixture.get("/topics/later?timeout=50ms").status());
    CompletionStage<Fixture.Answer> first =
        Fixture.begin(fixture.client().send(Request.get("/topics/later?timeout=30s")));
    Fixture.until("the request to wait", () -> fixture.gateway.streamCount() == 1);
    Fixture.until(
        "the value",
        () -> {
          fixture.publisher.put(KeyExpr.of("later"), SegmentedBytes.copyOfUtf8("now"));
          Thread.sleep(5);
          return first.toCompletableFuture().isDone();
        });
    assertEquals("now", Fixture.await(first).text());
    assertEquals(400, fixture.get("/topics/later?timeout=soon").status());
  }

  @Test
  void aSmallAndAnEmptyPayloadComeAsTheyAre() throws Exception {
    fixture.publish("small", SegmentedBytes.copyOfUtf8("x"), PutOptions.none());
    assertEquals("x", fixture.get("/topics/small").text());
    fixture.publish("empty", SegmentedBytes.empty(), PutOptions.none());
    Fixture.Answer empty = fixture.get("/topics/empty");
    assertEquals(200, empty.status());
    assertEquals("0", empty.header("content-length"));
  }

  @Test
  void whatIsNoRequestForAValueIsRefused() throws Exception {
    assertEquals(400, fixture.get("/topics/a/**").status());
    assertEquals(400, fixture.get("/topics/a//b").status());
    assertEquals(400, fixture.get("/topics/a%23b").status());
    assertEquals(400, fixture.get("/topics/" + "**/a/".repeat(20) + "x?stream=sse").status());
    assertEquals(400, fixture.get("/topics/a?stream=video").status());
    assertEquals(400, fixture.get("/topics/a/**?stream=multipart").status());
    assertEquals(400, fixture.get("/topics/a?stream&backlog=0").status());
    assertEquals(400, fixture.get("/topics/a?stream=sse&as=bmp").status());
    assertEquals(
        400,
        fixture
            .send(Request.of("PUT", "/topics/a?priority=high"), SegmentedBytes.copyOfUtf8("x"))
            .status());
  }

  @Test
  void aPutTravelsAsItsQuerySays() throws Exception {
    try (Subscriber subscriber = fixture.publisher.declareSubscriber(KeyExpr.of("cmd"))) {
      Fixture.until(
          "the put to arrive",
          () -> {
            Fixture.Answer answer =
                fixture.send(
                    Request.of("PUT", "/topics/cmd?express&priority=data-high&congestion=block"),
                    SegmentedBytes.copyOfUtf8("go"));
            assertEquals(204, answer.status(), answer.text());
            try (Sample sample = subscriber.receive(Duration.ofMillis(200)).orElse(null)) {
              if (sample != null) {
                assertTrue(sample.isExpress());
                assertEquals(Priority.DATA_HIGH, sample.priority());
                assertEquals(CongestionControl.BLOCK, sample.congestionControl());
                assertEquals(Encoding.ZENOH_BYTES, sample.encoding());
              }
              return sample != null;
            }
          });
    }
  }

  /** 204 means that the core took it; the outcome says what is known beyond that. */
  @Test
  void aPutSaysWhetherAnybodySubscribes() throws Exception {
    Request put = Request.of("PUT", "/topics/robot/arm");
    SegmentedBytes body = SegmentedBytes.copyOfUtf8("up");
    Fixture.Answer alone = fixture.send(put, body);
    assertEquals(204, alone.status());
    assertEquals("nobody", alone.header("segue-outcome"));
    try (Subscriber _ = fixture.publisher.declareSubscriber(KeyExpr.of("robot/*"))) {
      Fixture.until(
          "the subscriber to be known",
          () -> fixture.send(put, body).header("segue-outcome").equals("matched"));
      assertEquals(
          "nobody",
          fixture.send(Request.of("PUT", "/topics/elsewhere"), body).header("segue-outcome"));
    }
    Fixture.until(
        "the subscriber to be gone",
        () -> fixture.send(put, body).header("segue-outcome").equals("nobody"));
  }

  @Test
  void anEncodingThatWasReadIsPutAgainAsItWas() throws Exception {
    Encoding odd = new Encoding("text/plain;a b%\u00e9");
    fixture.publish("from", SegmentedBytes.copyOfUtf8("x"), PutOptions.none().encoding(odd));
    String field = fixture.get("/topics/from").header("zenoh-encoding");
    assertEquals(
        204,
        fixture
            .send(
                Request.of("PUT", "/topics/to").with("zenoh-encoding", field),
                SegmentedBytes.copyOfUtf8("x"))
            .status());
    Fixture.until("the put to arrive", () -> fixture.get("/topics/to").status() == 200);
    assertEquals(field, fixture.get("/topics/to").header("zenoh-encoding"));
  }

  /** RFC 9110 section 8.6. */
  @Test
  void whatHasNoBodySaysNoLength() throws Exception {
    fixture.publish("state", SegmentedBytes.copyOfUtf8("on"), PutOptions.none());
    Fixture.Answer put =
        fixture.send(Request.of("PUT", "/topics/other"), SegmentedBytes.copyOfUtf8("x"));
    assertEquals("", put.header("content-length"));
    fixture.untilAllAreReceived();
    String etag = fixture.get("/topics/state").header("etag");
    Fixture.Answer known = fixture.send(Request.get("/topics/state").with("if-none-match", etag));
    assertEquals(304, known.status());
    assertEquals("", known.header("content-length"));
    for (String kind : java.util.List.of("sse", "frames", "multipart")) {
      Fixture.Answer head = fixture.send(Request.of("HEAD", "/topics/state?stream=" + kind));
      assertEquals(200, head.status());
      assertEquals("", head.header("content-length"));
    }
  }

  private static byte[] bytes(int byteSize) {
    byte[] bytes = new byte[byteSize];
    new Random(byteSize).nextBytes(bytes);
    return bytes;
  }
}
