package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that speak the protocol themselves, and declare what no API of Zenoh lets one declare. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class HostilePeerTest {
  private static final SegmentedBytes TEXT = SegmentedBytes.copyOfUtf8("text");

  @ParameterizedTest
  @EnumSource
  void aSessionLivesOnWhenAPeerDeclaresWhatIsNoKey(RawPeer.Kind kind) throws Exception {
    String[] noKeys = {"a?b", "a#", "a//b", "/a", "a/", "*a", "a**", "**/**", "$*", "k/?"};
    try (Session session = listen();
        Publisher before = session.declarePublisher(KeyExpr.of("before"));
        RawPeer peer = RawPeer.connect(session.locators().getFirst())) {
      for (int i = 0; i < noKeys.length; i++) {
        peer.declare(kind, 1 + i, noKeys[i]);
      }
      peer.declare(RawPeer.Kind.SUBSCRIBER, 100, "after");
      try (Publisher after = session.declarePublisher(KeyExpr.of("after"))) {
        Await.matched(after);
      }
      assertFalse(before.hasMatchingSubscribers());
      before.put(TEXT);
      session.put(KeyExpr.of("k"), TEXT);
      session.put(KeyExpr.of("a/b"), TEXT);
      assertAllCanBeDeclared(session);
    }
  }

  @Test
  void aKeyThatAPeerDeclaresHasTheLimitsOfOurOwn() throws Exception {
    try (Session session = listen();
        Publisher atTheLimit = session.declarePublisher(KeyExpr.of("limit" + "/k".repeat(1023)));
        Publisher over = session.declarePublisher(KeyExpr.of("over/**"));
        RawPeer peer = RawPeer.connect(session.locators().getFirst())) {
      peer.declare(RawPeer.Kind.SUBSCRIBER, 1, "over" + "/k".repeat(1024));
      peer.declare(RawPeer.Kind.SUBSCRIBER, 2, "over/" + "**/k/".repeat(17) + "k");
      peer.declare(RawPeer.Kind.SUBSCRIBER, 3, "limit" + "/k".repeat(1023));
      Await.matched(atTheLimit);
      assertFalse(over.hasMatchingSubscribers());
    }
  }

  /** Ways to match them: more than anybody can count. */
  @ParameterizedTest
  @CsvSource({"SUBSCRIBER, true", "SUBSCRIBER, false", "QUERYABLE, true", "QUERYABLE, false"})
  void keysThatPeersDeclareAreMatchedInBoundedTime(RawPeer.Kind kind, boolean isOfManyChunks)
      throws Exception {
    String plain = isOfManyChunks ? "a" + "/a".repeat(1023) : "a".repeat(40_000); // in one batch
    String wild = isOfManyChunks ? "**/a/".repeat(15) + "**/b" : "$*a".repeat(15) + "$*b";
    String asked = isOfManyChunks ? "a/".repeat(100) + "*" : "a".repeat(100) + "$*";
    try (Session session = listen();
        RawPeer peer = RawPeer.connect(session.locators().getFirst())) {
      peer.declare(kind, 1, plain);
      peer.declare(kind, 2, wild);
      peer.declare(RawPeer.Kind.SUBSCRIBER, 3, "after");
      try (Publisher after = session.declarePublisher(KeyExpr.of("after"))) {
        Await.matched(after);
      }
      session.put(KeyExpr.of(plain), TEXT);
      session.put(KeyExpr.of(asked), TEXT);
      session.get(Selector.of(asked), GetOptions.defaults()).close();
      session.declareQuerier(KeyExpr.of(asked), GetOptions.defaults()).close();
    }
  }

  /** A session compares the keys of messages with those of its own subscribers and queryables. */
  @Test
  void keysOfMessagesAreMatchedWithOurOwnInBoundedTime() throws Exception {
    KeyExpr all = KeyExpr.of("**");
    KeyExpr own = KeyExpr.of("**/a/".repeat(4) + "**/b");
    KeyExpr sent = KeyExpr.of("a/".repeat(1000) + "c");
    try (Session session = listen();
        Subscriber subscriber = session.declareSubscriber(all);
        Queryable _ = session.declareQueryable(all, QueryableOptions.defaults(), Query::close);
        Subscriber _ = session.declareSubscriber(own);
        Queryable _ = session.declareQueryable(own);
        Session peer = Session.open(Config.isolated().connect(session.locators().getFirst()));
        Publisher after = peer.declarePublisher(KeyExpr.of("after"));
        Publisher declared = peer.declarePublisher(sent)) {
      Await.matched(after);
      peer.put(sent, TEXT);
      declared.put(TEXT);
      after.put(TEXT);
      for (KeyExpr expected : List.of(sent, sent, after.keyExpr())) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals(expected, sample.keyExpr());
        }
      }
      try (Replies replies = peer.get(Selector.of(sent))) {
        assertTrue(replies.receive(Await.LONG).isEmpty());
        assertEquals(Replies.State.FINISHED, replies.state());
      }
    }
  }

  /** There are 65,535 for both ends of a link. */
  @Test
  void aSessionLivesOnWhenAPeerTakesAllNumbersOfKeys() throws Exception {
    try (Session session = listen();
        RawPeer peer = RawPeer.connect(session.locators().getFirst())) {
      peer.declare(RawPeer.Kind.INTEREST, 1, "**");
      for (int id = 1; id <= 65_535; id++) {
        peer.declare(RawPeer.Kind.KEY, id, "a");
      }
      peer.declare(RawPeer.Kind.SUBSCRIBER, 1, "after");
      try (Publisher after = session.declarePublisher(KeyExpr.of("after"))) {
        Await.matched(after);
      }
      for (int i = 0; i < 3; i++) {
        session.declareSubscriber(KeyExpr.of("own/" + i)).close();
      }
      assertAllCanBeDeclared(session);
    }
  }

  /** The routing kept its ways to a peer under the number of a key that theirs begins with. */
  @Test
  void whatAPeerGetsAfterTheEndOfANumberGoesUnderTheWholeKey() throws Exception {
    try (Session session = listen();
        RawPeer peer = RawPeer.connect(session.locators().getFirst());
        Publisher publisher = session.declarePublisher(KeyExpr.of("ended/k"));
        Publisher next = session.declarePublisher(KeyExpr.of("next"))) {
      peer.declare(RawPeer.Kind.KEY, 5, "ended");
      peer.declare(RawPeer.Kind.SUBSCRIBER, 1, "ended/**");
      Await.matched(publisher);
      publisher.put(SegmentedBytes.copyOfUtf8("first"));
      assertFalse(peer.receive("first").contains("ended"));
      peer.undeclareKey(5);
      // What comes later on the link is taken later.
      peer.declare(RawPeer.Kind.SUBSCRIBER, 2, "next");
      Await.matched(next);
      publisher.put(SegmentedBytes.copyOfUtf8("second"));
      assertTrue(peer.receive("second").contains("ended/k"));
    }
  }

  private static Session listen() throws ZenohException {
    return Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
  }

  private static void assertAllCanBeDeclared(Session session) throws Exception {
    KeyExpr all = KeyExpr.of("**");
    try (Subscriber subscriber = session.declareSubscriber(all);
        Queryable _ = session.declareQueryable(all);
        Querier querier = session.declareQuerier(all, GetOptions.defaults());
        LivelinessToken _ = session.liveliness().declareToken(KeyExpr.of("token"));
        Replies tokens = session.liveliness().get(all, Await.LONG)) {
      session.put(KeyExpr.of("here"), TEXT);
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(KeyExpr.of("here"), sample.keyExpr());
      }
      assertTrue(querier.hasMatchingQueryables());
      tokens.receive(Await.LONG).orElseThrow().close();
    }
  }
}
