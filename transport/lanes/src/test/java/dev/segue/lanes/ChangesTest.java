package dev.segue.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Publisher;
import dev.segue.iceoryx2.PublisherOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.ZenohId;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a peer may announce. */
@Timeout(120)
class ChangesTest {
  private final Changes changes = new Changes();

  private static Announcement publisher(int number) {
    return new Announcement(
        HostId.text(), Announcement.Offer.OVERFLOW, ZenohId.of("abc"), number, Wire.KEY.toString());
  }

  private void hear(Announcement publisher, boolean isThere) {
    changes.heard(publisher.tokenKey(), isThere);
  }

  @Test
  void whoCameAndWentUnseenTakesNoMemory() {
    for (int i = 0; i < 100_000; i++) {
      hear(publisher(i), true);
      hear(publisher(i), false);
    }
    assertNull(changes.poll());
    assertFalse(changes.isBeyond());
  }

  @Test
  void whoIsThereStillComesAndGoesOnce() {
    hear(publisher(1), true);
    assertEquals(new Changes.Change(publisher(1), true), changes.poll());
    hear(publisher(1), false);
    hear(publisher(1), true);
    assertNull(changes.poll());
    hear(publisher(1), false);
    hear(publisher(2), true);
    assertEquals(new Changes.Change(publisher(1), false), changes.poll());
    assertEquals(new Changes.Change(publisher(2), true), changes.poll());
    assertNull(changes.poll());
  }

  @Test
  void publishersTooManyToKnowKeepTheSubscriberOnZenoh() {
    for (int i = 0; i <= Changes.MOST; i++) {
      hear(publisher(i), true);
    }
    assertTrue(changes.isBeyond());
    int count = 0;
    while (changes.poll() != null) {
      count++;
    }
    assertEquals(Changes.MOST, count);
    for (int i = 0; i <= Changes.MOST; i++) {
      hear(publisher(i), false);
    }
    assertTrue(changes.isBeyond());
  }

  @Test
  void aTokenIsWrittenInOneWay() {
    Announcement publisher = publisher(1);
    String token = publisher.tokenKey().toString();
    assertEquals(publisher, Announcement.of(publisher.tokenKey()));
    assertNull(Announcement.of(KeyExpr.of(token.replace("/1/", "/01/"))));
    assertNull(Announcement.of(KeyExpr.of(token.replace("/abc/", "/0abc/"))));
  }

  @Test
  void aServiceHasANameThatCanBeWhateverTheKey() {
    for (String key : new String[] {"büro/kamera", "k".repeat(300), "k".repeat(299) + "l"}) {
      Announcement publisher =
          new Announcement("h", Announcement.Offer.WAITING, ZenohId.of("abc"), 1, key);
      String name = publisher.serviceName();
      assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(name), name);
      assertTrue(name.length() <= 255, name);
    }
    assertNotEquals(longKey("k").serviceName(), longKey("l").serviceName());
  }

  private static Announcement longKey(String end) {
    return new Announcement(
        "h", Announcement.Offer.WAITING, ZenohId.of("abc"), 1, "k".repeat(299) + end);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aTokenWithoutAPublisherMakesNoSource() throws Exception {
    String prefix = Wire.newPrefix();
    try (Node node = Wire.node(prefix);
        Doorbell doorbell = new Doorbell(node);
        Origins origins = new Origins(node, LaneChoice.NEAREST, false, changes, doorbell)) {
      hear(publisher(1), true);
      origins.update();
      assertFalse(origins.hasNear());
      assertFalse(origins.allNear());
    }
    Wire.assertNothingLeft(prefix);
  }

  private static Announcement elsewhere(int number) {
    return new Announcement(
        "h", Announcement.Offer.OVERFLOW, ZenohId.of("abd"), number, Wire.KEY + "/" + number);
  }

  private static void send(Publisher publisher, int number) throws Exception {
    Loan loan = publisher.loan(Trailer.BYTE_SIZE);
    Trailer trailer =
        new Trailer(0, number, number == 0, false, false, -1, 0, null, Qos.defaults());
    trailer.write(loan.segment(), new byte[0]);
    publisher.send(loan);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatWasMissedStaysCountedWhenItsPublisherIsForgotten() throws Exception {
    String prefix = Wire.newPrefix();
    try (Node node = Wire.node(prefix);
        Doorbell doorbell = new Doorbell(node);
        Origins origins = new Origins(node, LaneChoice.ICEORYX2, false, changes, doorbell)) {
      try (PublishSubscribe service =
              node.publishSubscribe(
                  publisher(1).serviceName(), dev.segue.iceoryx2.Qos.defaults().withPorts(1, 1));
          Publisher publisher = service.newPublisher(PublisherOptions.of(Trailer.BYTE_SIZE))) {
        hear(publisher(1), true);
        origins.update();
        for (int number : new int[] {0, 3}) {
          send(publisher, number);
          try (LaneSample sample = Objects.requireNonNull(origins.take())) {
            assertEquals(number, sample.sequenceNumber().orElseThrow());
          }
        }
      }
      hear(publisher(1), false);
      origins.update();
      Wire.await(
          "the end of the publisher",
          () -> {
            assertNull(origins.take());
            return !origins.hasNear();
          });
      assertEquals(2, origins.missedCount());
      for (int i = 0; i < 300; i++) {
        hear(elsewhere(i), true);
        origins.update();
        hear(elsewhere(i), false);
        origins.update();
      }
      assertEquals(2, origins.missedCount());
    }
    Wire.assertNothingLeft(prefix);
  }
}
