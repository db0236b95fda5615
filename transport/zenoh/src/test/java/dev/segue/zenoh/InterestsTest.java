package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a session asks others for its publishers and liveliness subscribers, and what peers ask
 * their routers on behalf of clients: it ends where it was asked.
 */
@Timeout(300)
@SuppressWarnings("try") // closes by hand
class InterestsTest {
  private static final KeyExpr KEY = KeyExpr.of("test/interests");
  private static final String ANY = "tcp/127.0.0.1:0";

  private static final SegmentedBytes TEXT = SegmentedBytes.copyOfUtf8("text");

  private static Session router() throws ZenohException {
    return Session.open(Config.isolated().mode(Mode.ROUTER).listen(ANY));
  }

  private static Session peer(Session... routers) throws ZenohException {
    String[] locators = new String[routers.length];
    for (int i = 0; i < routers.length; i++) {
      locators[i] = routers[i].locators().getFirst();
    }
    Session peer = Session.open(Config.isolated().listen(ANY).connect(locators));
    Await.until("links to the routers", () -> peer.routers().size() == routers.length);
    return peer;
  }

  private static Session client(Session of) throws ZenohException {
    Config config = Config.isolated().mode(Mode.CLIENT);
    return Session.open(config.connect(of.locators().getFirst()));
  }

  /** The publisher that is declared later asks anew, and the answer is as true as the first. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPublisherMatchesNothingOnceItsSubscriberHasGoneBetweenTwoOfItsKey(boolean below)
      throws Exception {
    try (Session router = router();
        Session peer = peer(router);
        Session client = client(peer);
        Session far = client(router)) {
      Session near = below ? client : peer;
      try (Subscriber _ = far.declareSubscriber(KEY)) {
        Await.matched(near.declarePublisher(KEY)).close();
      }
      try (Publisher publisher = near.declarePublisher(KEY)) {
        Await.until("no match", () -> !publisher.hasMatchingSubscribers());
        assertFalse(publisher.awaitMatchingSubscribers(Duration.ofMillis(500)));
        try (Subscriber _ = far.declareSubscriber(KEY)) {
          Await.matched(publisher);
        }
        Await.until("no match again", () -> !publisher.hasMatchingSubscribers());
      }
    }
  }

  /** A client learns from its router that nobody else has a queryable when its own ends. */
  @Test
  void aQuerierMatchesNothingOnceTheQueryablesOfBothSessionsHaveGone() throws Exception {
    try (Session router = router();
        Session client = client(router);
        Session far = client(router);
        Querier querier = client.declareQuerier(KEY, GetOptions.defaults())) {
      Queryable others = far.declareQueryable(KEY);
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      Queryable own = client.declareQueryable(KEY);
      // In this order at the router.
      Thread.sleep(200);
      others.close();
      Thread.sleep(200);
      own.close();
      Await.until("no match", () -> !querier.hasMatchingQueryables());
    }
  }

  @Test
  void publishersOfAPeerWithTwoRoutersLeaveNothingAtEither() throws Exception {
    try (Session one = router();
        Session other = router();
        Session peer = peer(one, other)) {
      DeclarationsTest.assertNothingGrows(2_000, 20_000, () -> peer.declarePublisher(KEY).close());
    }
  }

  /** One that stays wants what each of the others asked for as well. */
  @Test
  void publishersBesideOneOfTheSameKeyLeaveNothingAtTheRouter() throws Exception {
    try (Session router = router();
        Session peer = peer(router);
        Session client = client(peer);
        Session twin = client(peer);
        Publisher _ = twin.declarePublisher(KEY)) {
      DeclarationsTest.assertNothingGrows(
          2_000, 20_000, () -> client.declarePublisher(KEY).close());
    }
  }

  @Test
  void livelinessSubscribersBesideOneWithHistoryLeaveNothingAndSilenceNoOther() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults();
    try (Session router = router();
        Session client = client(router);
        Session far = client(router);
        Subscriber history = client.liveliness().declareSubscriber(KEY, true, options);
        Subscriber plain = client.liveliness().declareSubscriber(KEY, false, options)) {
      DeclarationsTest.assertNothingGrows(
          2_000, 30_000, () -> client.liveliness().declareSubscriber(KEY, false, options).close());
      try (LivelinessToken _ = far.liveliness().declareToken(KEY)) {
        history.receive(Await.LONG).orElseThrow().close();
        plain.receive(Await.LONG).orElseThrow().close();
      }
    }
  }

  /** The answers to the subscriber and to the get are of the same token. */
  @Test
  void aGetFindsATokenAlsoWhileASubscriberWithHistoryIsAnswered() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults();
    try (Session router = router();
        Session client = client(router);
        Session far = client(router)) {
      for (int i = 0; i < 100; i++) {
        KeyExpr key = KeyExpr.of("test/interests/" + i);
        try (LivelinessToken _ = far.liveliness().declareToken(key)) {
          // For the router to know of it.
          Thread.sleep(10);
          try (Subscriber _ = client.liveliness().declareSubscriber(key, true, options);
              Replies replies = client.liveliness().get(key, Await.LONG)) {
            assertTrue(replies.receive(Await.LONG).isPresent(), "none");
            assertTrue(replies.receive(Await.LONG).isEmpty(), "twice");
          }
        }
      }
    }
  }

  /** The router knows of none, and may say so before the peer has said what it knows itself. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGetAtOrBelowAPeerWithARouterFindsTheTokenOfAClientOfThePeer(boolean below)
      throws Exception {
    try (Session router = router();
        Session peer = peer(router);
        Session client = client(peer);
        Session far = client(peer);
        LivelinessToken _ = far.liveliness().declareToken(KEY)) {
      Session near = below ? client : peer;
      Await.until("the token", () -> finds(near));
      for (int i = 0; i < 2_000; i++) {
        assertTrue(finds(near), "get " + i);
      }
    }
  }

  private static boolean finds(Session session) throws ZenohException {
    int count = 0;
    try (Replies replies = session.liveliness().get(KEY, Await.LONG)) {
      for (Reply reply : replies) {
        try (reply) {
          count += reply instanceof Reply.Success ? 1 : 0;
        }
      }
    }
    return count == 1;
  }

  /** A key that has a number keeps its place at both ends of a link. Long ones have none. */
  @Test
  void longKeysThatComeAndGoLeaveNothingOnALink() throws Exception {
    String prefix = "k".repeat(20_000);
    AtomicInteger count = new AtomicInteger();
    try (Session router = router();
        Session client = client(router)) {
      DeclarationsTest.assertNothingGrows(
          100,
          1_000,
          () -> {
            KeyExpr key = KeyExpr.of(prefix + "/" + count.getAndIncrement());
            client.declarePublisher(key).close();
            client.declareSubscriber(key).close();
          });
    }
  }

  @Test
  void keysAroundTheLengthOfThoseThatHaveANumberMatchAndArrive() throws Exception {
    String prefix = "k".repeat(1_000) + "/";
    try (Session router = router();
        Session client = client(router);
        Session far = client(router);
        Subscriber all = far.declareSubscriber(KeyExpr.of(prefix + "**"))) {
      for (int length : new int[] {1_023, 1_024, 1_025, 5_000}) {
        KeyExpr key = KeyExpr.of(prefix + "k".repeat(length - prefix.length()));
        try (Publisher publisher = Await.matched(client.declarePublisher(key))) {
          for (int i = 0; i < 2; i++) {
            publisher.put(TEXT);
            try (Sample sample = all.receive(Await.LONG).orElseThrow()) {
              assertEquals(key, sample.keyExpr());
            }
          }
        }
      }
      // The router says of such keys, too, that nobody subscribes to them.
      KeyExpr nobody = KeyExpr.of("n".repeat(5_000));
      try (Publisher publisher = client.declarePublisher(nobody)) {
        Await.until("an answer", () -> publisher.tryPut(TEXT).verdict() == Verdict.NOBODY);
        assertFalse(publisher.hasMatchingSubscribers());
      }
    }
  }
}
