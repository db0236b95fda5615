package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session knows of itself and of others. */
class SessionTest {
  @Test
  void sessionsKnowTheirPeersAndTheirEndpoints() throws Exception {
    try (Pair pair = Pair.overNetwork()) {
      assertNotEquals(pair.near().zid(), pair.far().zid());
      assertEquals(List.of(pair.far().zid()), pair.near().peers());
      assertEquals(List.of(pair.near().zid()), pair.far().peers());
      assertEquals(List.of(), pair.near().routers());
      String endpoint = pair.far().locators().getFirst();
      assertTrue(endpoint.matches("tcp/127\\.0\\.0\\.1:[1-9][0-9]*"), endpoint);
      assertEquals(pair.near().zid(), ZenohId.of(pair.near().zid().toString()));
    }
  }

  @Test
  void anEndpointThatIsTakenIsAnErrorThatNamesIt() throws Exception {
    try (Session session = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      String endpoint = session.locators().getFirst();
      Config same = Config.isolated().listen(endpoint);
      for (int i = 0; i < 3; i++) {
        String message = Threads.messageOf(ZenohException.class, () -> Session.open(same));
        assertTrue(message.contains(endpoint), message);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp/127.0.0.1:99999", "nonsense/127.0.0.1:1", "tcp/256.1.1.1:1"})
  void anEndpointThatCannotBeIsAnError(String endpoint) {
    assertThrows(
        ZenohException.class, () -> Session.open(Config.isolated().listen(endpoint)).close());
  }

  @Test
  void aClientWithNobodyToTalkToIsAnError() {
    Config config = Config.isolated().mode(Mode.CLIENT).connect("tcp/127.0.0.1:1");
    assertThrows(ZenohException.class, () -> Session.open(config).close());
  }

  @Test
  void aSubscriberIsSeenAndItsEndAsWell() throws Exception {
    KeyExpr key = KeyExpr.of("test/matching");
    try (Pair pair = Pair.overNetwork();
        Publisher publisher = pair.near().declarePublisher(key)) {
      assertFalse(publisher.hasMatchingSubscribers());
      try (Subscriber _ = pair.far().declareSubscriber(KeyExpr.of("test/**"))) {
        Await.matched(publisher);
      }
      Await.until("the end of the subscriber", () -> !publisher.hasMatchingSubscribers());
    }
  }

  /** By the protocol of the links, and also when the link is gone. */
  @Test
  void theCountersSayWhatWentOverLinks() throws Exception {
    KeyExpr key = KeyExpr.of("test/counted");
    SegmentedBytes payload = SegmentedBytes.copyOf(new byte[100_000]);
    try (Session near = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      try (Session far = Session.open(Config.isolated().connect(near.locators().getFirst()));
          Subscriber subscriber = far.declareSubscriber(key);
          Publisher publisher = near.declarePublisher(key, PublisherOptions.blocking())) {
        Await.matched(publisher);
        for (int i = 0; i < 10; i++) {
          publisher.put(payload);
          subscriber.receive(Await.LONG).orElseThrow().close();
        }
        assertTrue(counted(near, "zenoh_tx_bytes_total") >= 1_000_000, near::metrics);
        assertTrue(counted(far, "zenoh_rx_bytes_total") >= 1_000_000, far::metrics);
        assertTrue(counted(near, "zenoh_tx_network_message_total") >= 10, near::metrics);
        assertTrue(counted(far, "zenoh_rx_network_message_total") >= 10, far::metrics);
        assertTrue(counted(far, "zenoh_tx_transport_message_total") > 0, far::metrics);
      }
      Await.until("the link to be gone", () -> near.peers().isEmpty());
      assertTrue(counted(near, "zenoh_tx_bytes_total") >= 1_000_000, near::metrics);
    }
  }

  private static long counted(Session session, String name) {
    return session
        .metrics()
        .lines()
        .filter(line -> line.startsWith(name + "{") && line.contains("protocol=\"tcp\""))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void theCountersOfTheCoreAreThere() throws Exception {
    try (Session session = Session.open(Config.isolated())) {
      assertTrue(session.metrics().contains("dropped"), session::metrics);
      assertEquals(0, session.droppedCount());
    }
  }

  @Test
  void timestampsOfOneClockAreOrdered() throws Exception {
    try (Session session = Session.open(Config.isolated())) {
      Timestamp one = session.newTimestamp();
      Timestamp other = session.newTimestamp();
      assertTrue(one.compareTo(other) < 0);
      assertTrue(other.compareTo(one) > 0);
      assertEquals(session.zid(), one.id());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "g", "123456789012345678901234567890123", "-1", " 1"})
  void aTextThatIsNoIdIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ZenohId.of(text));
  }

  @Test
  void idsKeepAllTheirDigits() {
    for (String text : List.of("1", "ffffffffffffffff", "10000000000000000", "f".repeat(32))) {
      assertEquals(text, ZenohId.of(text).toString());
    }
  }

  @Test
  void aSessionSaysWhatItIsConnectedToAndBySharedMemoryOrNot() throws Exception {
    try (Pair pair = Pair.overSharedMemory()) {
      Transport transport = pair.near().transports().getFirst();
      assertEquals(new Transport(pair.far().zid(), Mode.PEER, true, false, true), transport);
      Link link = pair.near().links().getFirst();
      assertEquals(pair.far().zid(), link.zid());
      assertEquals(pair.far().locators().getFirst(), link.destination());
      assertEquals(pair.near().links().size(), pair.far().links().size());
      assertEquals(link.source(), pair.far().links().getFirst().destination());
      assertTrue(link.isStreamed() && link.mtu() > 0, link::toString);
      assertEquals(Reliability.RELIABLE, link.reliability().orElseThrow());
      assertEquals(Priority.BACKGROUND, link.priorities().orElseThrow().lowest());
      pair.near().close();
      Await.until("the end of the link", () -> pair.far().links().isEmpty());
      // The core lets go of a link first, then of the transport that has none.
      Await.until("the end of the transport", () -> pair.far().transports().isEmpty());
    }
    try (Pair pair = Pair.overNetwork()) {
      assertFalse(pair.near().transports().getFirst().isSharedMemory());
    }
  }
}
