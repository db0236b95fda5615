package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways that samples and queries took before a declaration ended are not kept beyond it. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class RoutesTest {
  private static final KeyExpr KEY = KeyExpr.of("test/routes");
  private static final String ANY = "tcp/127.0.0.1:0";
  private static final SegmentedBytes TEXT = SegmentedBytes.copyOfUtf8("text");

  private static Session router() throws ZenohException {
    return Session.open(Config.isolated().mode(Mode.ROUTER).listen(ANY));
  }

  private static Session client(Session router) throws ZenohException {
    Config config = Config.isolated().mode(Mode.CLIENT);
    return Session.open(config.connect(router.locators().getFirst()));
  }

  private static Session peer(Session... others) throws ZenohException {
    Config config = Config.isolated().listen(ANY);
    for (Session other : others) {
      config = config.connect(other.locators().getFirst());
    }
    Session peer = Session.open(config);
    Await.until("links", () -> peer.peers().size() == others.length);
    return peer;
  }

  private static void answer(Query query) {
    try {
      query.reply(query.keyExpr(), TEXT);
    } catch (ZenohException e) {
      throw new AssertionError(e);
    }
  }

  private static int answers(Session session) throws Exception {
    int count = 0;
    try (Replies replies = session.get(Selector.of(KEY.toString()))) {
      for (Reply reply : replies) {
        try (reply) {
          count += reply instanceof Reply.Success ? 1 : 0;
        }
      }
    }
    return count;
  }

  /** While it was there, the router said that nobody listens. From then on it says nothing. */
  @Test
  void whatAClientPutsUnderTheKeyOfAClosedPublisherArrives() throws Exception {
    try (Session router = router();
        Session near = client(router);
        Session far = client(router)) {
      try (Publisher publisher = near.declarePublisher(KEY)) {
        // For the answer of the router.
        Thread.sleep(300);
        publisher.put(TEXT);
      }
      try (Subscriber subscriber = far.declareSubscriber(KEY)) {
        Await.until(
            "a sample",
            () -> {
              near.put(KEY, TEXT);
              return subscriber.tryReceive().map(RoutesTest::isClosed).orElse(false);
            });
      }
    }
  }

  private static boolean isClosed(Sample sample) {
    sample.close();
    return true;
  }

  @Test
  void whatAClientAsksUnderTheKeyOfAClosedQuerierIsAnswered() throws Exception {
    try (Session router = router();
        Session near = client(router);
        Session far = client(router)) {
      try (Querier querier = near.declareQuerier(KEY, GetOptions.defaults())) {
        Thread.sleep(300);
        try (Replies replies = querier.get(Parameters.empty())) {
          assertTrue(replies.receive(Await.LONG).isEmpty());
        }
      }
      try (Queryable _ =
          far.declareQueryable(KEY, QueryableOptions.defaults(), RoutesTest::answer)) {
        long deadline = System.nanoTime() + Await.LONG.toNanos();
        while (answers(near) == 0) {
          assertTrue(System.nanoTime() - deadline < 0, "nobody answers");
        }
      }
    }
  }

  /** Whichever of the two was asked until then. */
  @ParameterizedTest
  @ValueSource(strings = {"clients", "peers"})
  void theOtherOfTwoCompleteQueryablesAnswersOnceOneHasEnded(String topology) throws Exception {
    QueryableOptions complete = QueryableOptions.defaults().complete(true);
    boolean peers = topology.equals("peers");
    try (Session router = router();
        Session one = peers ? peer() : client(router);
        Session other = peers ? peer(one) : client(router);
        Session asks = peers ? peer(one, other) : client(router)) {
      for (boolean first : new boolean[] {true, false}) {
        Queryable a = one.declareQueryable(KEY, complete, RoutesTest::answer);
        Queryable b = other.declareQueryable(KEY, complete, RoutesTest::answer);
        Thread.sleep(300);
        assertEquals(1, answers(asks));
        (first ? a : b).close();
        Thread.sleep(300);
        assertEquals(1, answers(asks), () -> topology + ", the first ended: " + first);
        (first ? b : a).close();
      }
    }
  }

  /** The router that both are connected to knows; it has to say so. */
  @Test
  void aQuerierOfOthersMatchesNoLongerOnceOnlyItsOwnSessionHasAQueryable() throws Exception {
    GetOptions others = GetOptions.defaults().qos(Qos.defaults().destination(Locality.REMOTE));
    try (Session router = router();
        Session near = client(router);
        Session far = client(router);
        Querier querier = near.declareQuerier(KEY, others);
        Queryable _ = near.declareQueryable(KEY)) {
      try (Queryable _ = far.declareQueryable(KEY)) {
        assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      }
      Await.until("no match", () -> !querier.hasMatchingQueryables());
      assertFalse(querier.awaitMatchingQueryables(Duration.ofMillis(300)));
    }
  }

  @Test
  void aGetWaitsForNoRouterThatHasGone() throws Exception {
    Session router = router();
    try (Session client = client(router);
        Queryable _ =
            client.declareQueryable(KEY, QueryableOptions.defaults(), RoutesTest::answer)) {
      assertEquals(1, answers(client));
      assertEquals(1, answers(client));
      router.close();
      Await.until("no router", () -> client.routers().isEmpty());
      try (Replies replies = client.get(Selector.of(KEY.toString()))) {
        for (Reply reply : replies) {
          reply.close();
        }
        assertEquals(Replies.State.FINISHED, replies.state());
      }
    } finally {
      router.close();
    }
  }
}
