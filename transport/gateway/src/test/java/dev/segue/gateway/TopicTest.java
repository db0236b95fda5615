package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Request;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Subscriber;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
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
      // What is put before the subscription has reached the gateway's session reaches nobody.
      Optional<Sample> received = Optional.empty();
      for (int i = 0; i < 100 && received.isEmpty(); i++) {
        Fixture.Answer answer =
            fixture.send(
                Request.of("PUT", "/topics/robot/arm").with("content-type", "Image/PNG; a=b"),
                SegmentedBytes.copyOf(body));
        assertEquals(204, answer.status(), answer.text());
        received = subscriber.receive(Duration.ofMillis(300));
      }
      try (Sample sample = received.orElseThrow()) {
        assertEquals("image/png;a=b", sample.encoding().text());
        assertArrayEquals(body, sample.payload().copyToByteArray());
      }
    }
  }

  private static byte[] bytes(int byteSize) {
    byte[] bytes = new byte[byteSize];
    new Random(byteSize).nextBytes(bytes);
    return bytes;
  }
}
