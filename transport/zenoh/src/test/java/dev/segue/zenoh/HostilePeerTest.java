package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that speak the protocol themselves, and say what no API of Zenoh lets one say. */
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

  /**
   * The core took memory for as many as a message says, and the process with it when it had none.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0",
    "35184372088832, 0, 0",
    "1, 0, 17592186044416",
    "1, 1152921504606846976, 0",
    "1, 134217728, 0"
  })
  void aSessionLivesOnWhateverAPeerSaysOfItsLinks(long stateCount, long node, long linkCount)
      throws Exception {
    for (Mode mode : List.of(Mode.PEER, Mode.ROUTER)) {
      for (int peersMode : List.of(RawPeer.PEER, RawPeer.ROUTER)) {
        try (Session session = listen(mode);
            RawPeer peer = RawPeer.connect(session.locators().getFirst(), peersMode)) {
          long before = NativeMemory.usedByteSize();
          peer.linkState(stateCount, node, linkCount);
          awaitTaken(session, peer);
          long growth = NativeMemory.usedByteSize() - before;
          assertTrue(growth < 16 << 20, () -> "growth=" + growth);
          assertAllCanBeDeclared(session);
        }
      }
    }
  }

  /** Under a key that others' keys begin with the tables of a router have nothing to take back. */
  @ParameterizedTest
  @CsvSource({"TOKEN, 2", "TOKEN, 1", "TOKEN, 0", "SUBSCRIBER, 0", "QUERYABLE, 0"})
  void aRouterLivesOnWhenWhatNobodyDeclaredIsTakenBack(RawPeer.Kind kind, int peersMode)
      throws Exception {
    try (Session session = listen(Mode.ROUTER);
        Subscriber _ = session.declareSubscriber(KeyExpr.of("begun/k"));
        RawPeer peer = RawPeer.connect(session.locators().getFirst(), peersMode)) {
      peer.linkState(1, 0, 0);
      peer.undeclare(kind, "begun");
      awaitTaken(session, peer);
      assertAllCanBeDeclared(session);
    }
  }

  /** A client tells its router or peer nothing, and neither asks it. */
  @ParameterizedTest
  @CsvSource({"0", "1"})
  void aClientLivesOnWhenWhatItIsConnectedToAsksIt(int mode) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<RawPeer> accepted =
          Threads.call(() -> RawPeer.accept(server, mode, RawPeer.ANY_BATCH));
      Config config = Config.isolated().mode(Mode.CLIENT);
      try (Session session =
              Session.open(config.connect("tcp/127.0.0.1:" + server.getLocalPort()));
          RawPeer peer = accepted.get()) {
        peer.declare(RawPeer.Kind.INTEREST, 1, "**");
        peer.endInterest(1);
        awaitTaken(session, peer);
        assertFalse(session.links().isEmpty());
      }
    }
  }

  /** A batch has room for nothing. */
  @Test
  void aSessionTakesConnectionsAfterAHundredThatFailed() throws Exception {
    try (Session session = listen()) {
      String locator = session.locators().getFirst();
      for (int i = 0; i < 110; i++) {
        try {
          RawPeer.connect(locator, RawPeer.PEER, 0).close();
        } catch (IOException _) {
          // It is refused.
        }
      }
      try (RawPeer peer = RawPeer.connect(locator)) {
        awaitTaken(session, peer);
        assertFalse(session.links().isEmpty());
      }
    }
  }

  @Test
  void aSessionLivesOnWhenWhatItConnectsToTakesNoBatch() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<RawPeer> accepted =
          Threads.call(() -> RawPeer.accept(server, RawPeer.PEER, 0));
      Config config = Config.isolated().connect("tcp/127.0.0.1:" + server.getLocalPort());
      try (Session session = Session.open(config);
          RawPeer peer = accepted.get()) {
        awaitTaken(session, peer);
        assertAllCanBeDeclared(session);
      }
    }
  }

  /** It can't be followed, nor sent on: it is dropped. */
  @ParameterizedTest
  @CsvSource({"ROUTER, false", "ROUTER, true", "PEER, false"})
  void aDescriptorOfSharedMemoryThatWasNotAgreedOnIsDropped(Mode mode, boolean shared)
      throws Exception {
    KeyExpr key = KeyExpr.of("descriptor");
    Config config = Config.isolated().mode(mode).listen("tcp/127.0.0.1:0");
    try (Session between = Session.open(config.sharedMemory(shared));
        RawPeer peer = RawPeer.connect(between.locators().getFirst(), RawPeer.CLIENT)) {
      Config client = Config.isolated().mode(Mode.CLIENT).connect(between.locators().getFirst());
      try (Session near = Session.open(client);
          Session far = Session.open(client);
          Subscriber subscriber = far.declareSubscriber(key);
          Publisher publisher = Await.matched(near.declarePublisher(key))) {
        peer.putDescriptor(key.toString());
        Thread.sleep(500);
        for (int i = 0; i < 3; i++) {
          publisher.put(TEXT);
          try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
            assertEquals("text", sample.payload().copyToUtf8String());
          }
        }
        assertAllCanBeDeclared(near);
      }
    }
  }

  /** Each kept the batch that it came in. */
  @Test
  void piecesOfAMessageTakeTheMemoryThatTheyNeed() throws Exception {
    try (Session session = listen();
        RawPeer peer = RawPeer.connect(session.locators().getFirst())) {
      long before = NativeMemory.usedByteSize();
      for (int i = 0; i < 20_000; i++) {
        peer.piece();
      }
      awaitTaken(session, peer);
      long growth = NativeMemory.usedByteSize() - before;
      assertTrue(growth < 16 << 20, () -> "growth=" + growth);
    }
  }

  @Test
  void whoSaysNothingToAWebSocketListenerHoldsUpNobody() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String endpoint = "ws/127.0.0.1:" + port;
    try (Session session = Session.open(Config.isolated().listen(endpoint));
        Socket _ = RawPeer.socket(endpoint);
        Session other = Session.open(Config.isolated().connect(endpoint))) {
      Await.until("a link", () -> session.peers().contains(other.zid()));
    }
  }

  /** The tables kept the key of each interest; a publisher of a client is one. */
  @ParameterizedTest
  @CsvSource({"INTEREST, 1, false", "INTEREST, 2, true", "INTEREST, 2, false", "KEY, 1, false"})
  void keysThatNobodyWantsAnyMoreLeaveTheTables(RawPeer.Kind kind, int mode, boolean endsThem)
      throws Exception {
    int count = 500;
    try (Session session = listen()) {
      long before = 0;
      for (int round = 0; round < 5; round++) {
        try (RawPeer peer = RawPeer.connect(session.locators().getFirst(), mode)) {
          for (int i = 1; i <= count; i++) {
            String key = "k".repeat(40_000) + "/" + round + "/" + i;
            peer.declare(kind, i, key);
            if (endsThem) {
              peer.endInterest(i);
            } else if (kind == RawPeer.Kind.KEY) {
              peer.declare(kind, count + i, key);
            }
          }
          awaitTaken(session, peer);
        }
        Await.until("the link to end", () -> session.links().isEmpty());
        // The first rounds fill what is kept for the next.
        before = round == 1 ? NativeMemory.usedByteSize() : before;
      }
      long limit = 20_000L * count;
      long growth = NativeMemory.usedByteSize() - before;
      // The tables let go of them a while after the link has ended.
      for (int i = 0; i < 20 && growth >= limit; i++) {
        growth = NativeMemory.usedByteSize() - before;
      }
      assertTrue(growth < limit, "growth=" + growth);
    }
  }

  private static Session listen() throws ZenohException {
    return listen(Mode.PEER);
  }

  private static Session listen(Mode mode) throws ZenohException {
    return Session.open(Config.isolated().mode(mode).listen("tcp/127.0.0.1:0"));
  }

  /** Until the session has taken what a peer has said so far, or has ended their link for it. */
  private static void awaitTaken(Session session, RawPeer peer) throws Exception {
    KeyExpr key = KeyExpr.of("taken");
    try (Publisher publisher = session.declarePublisher(key)) {
      peer.declare(RawPeer.Kind.SUBSCRIBER, 1_000_000, key.toString());
      Await.until(
          "what was said to be taken",
          () -> publisher.hasMatchingSubscribers() || session.links().isEmpty());
    }
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
