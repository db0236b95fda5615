package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens, and who learns of them. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class LivelinessTest {
  private static final KeyExpr ALL = KeyExpr.of("test/alive/**");
  private Pair pair;

  @BeforeEach
  void open() throws ZenohException {
    pair = Pair.overNetwork();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private static KeyExpr key(int number) {
    return KeyExpr.of("test/alive/" + number);
  }

  private static String next(Subscriber subscriber) throws InterruptedException {
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
      assertTrue(sample.payload().isEmpty());
      return sample.kind() + " " + sample.keyExpr();
    }
  }

  private Set<String> tokens(Session session) throws ZenohException {
    Set<String> keys = new TreeSet<>();
    try (Replies replies = session.liveliness().get(ALL, Await.LONG)) {
      for (Reply reply : replies) {
        Reply.Success success = assertInstanceOf(Reply.Success.class, reply);
        keys.add(success.sample().keyExpr().toString());
      }
      assertEquals(Replies.State.FINISHED, replies.state());
    }
    return keys;
  }

  @Test
  void aSubscriberLearnsWhoComesAndWhoGoes() throws Exception {
    try (Subscriber subscriber =
        pair.near().liveliness().declareSubscriber(ALL, false, SubscriberOptions.defaults())) {
      LivelinessToken token = pair.far().liveliness().declareToken(key(1));
      assertEquals("PUT " + key(1), next(subscriber));
      token.close();
      token.close();
      assertTrue(token.isClosed());
      assertEquals("DELETE " + key(1), next(subscriber));
    }
  }

  /**
   * To the routing, the interests of the two differ; beyond the gateway, one end is that of both.
   */
  @Test
  void aSubscriberHearsOnWhenOneOfTheSameKeyWithOtherHistoryIsClosed() throws Exception {
    Config config = Config.isolated();
    try (Session router = Session.open(config.mode(Mode.ROUTER).listen("tcp/127.0.0.1:0"))) {
      Config client = config.mode(Mode.CLIENT).connect(router.locators().getFirst());
      for (boolean history : new boolean[] {true, false}) {
        try (Session near = Session.open(client);
            Session far = Session.open(client);
            Subscriber closed =
                near.liveliness().declareSubscriber(ALL, history, SubscriberOptions.defaults());
            Subscriber other =
                near.liveliness().declareSubscriber(ALL, !history, SubscriberOptions.defaults())) {
          closed.close();
          assertEquals(Set.of(), tokens(near)); // The router knows of the end.
          LivelinessToken token = far.liveliness().declareToken(key(1));
          assertEquals("PUT " + key(1), next(other));
          token.close();
          assertEquals("DELETE " + key(1), next(other));
        }
      }
    }
  }

  @Test
  void historyGivesThoseThatAreThereAlreadyFirst() throws Exception {
    try (LivelinessToken _ = pair.far().liveliness().declareToken(key(1))) {
      Await.until("the token", () -> tokens(pair.near()).size() == 1);
      try (Subscriber with =
              pair.near().liveliness().declareSubscriber(ALL, true, SubscriberOptions.defaults());
          Subscriber without =
              pair.near().liveliness().declareSubscriber(ALL, false, SubscriberOptions.defaults());
          LivelinessToken _ = pair.far().liveliness().declareToken(key(2))) {
        assertEquals("PUT " + key(1), next(with));
        assertEquals("PUT " + key(2), next(with));
        assertEquals("PUT " + key(2), next(without));
      }
    }
  }

  /** They come inside the declaration, before anybody can take one. */
  @Test
  void moreTokensThanTheBacklogHoldsAreNoHangOfTheDeclaration() throws Exception {
    for (Session owner : List.of(pair.far(), pair.near())) {
      List<LivelinessToken> tokens = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        tokens.add(owner.liveliness().declareToken(key(i)));
      }
      Await.until("the tokens", () -> tokens(pair.near()).size() == 9);
      SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(2));
      CompletableFuture<Subscriber> declared = new CompletableFuture<>();
      // A thread of its own: one that waits in the core can't be interrupted.
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try {
                  declared.complete(pair.near().liveliness().declareSubscriber(ALL, true, options));
                } catch (Throwable e) {
                  declared.completeExceptionally(e);
                }
              });
      Set<String> keys = new TreeSet<>();
      try (Subscriber subscriber = declared.get(Await.LONG.toMillis(), TimeUnit.MILLISECONDS)) {
        for (int i = 0; i < 9; i++) {
          keys.add(next(subscriber));
        }
      }
      assertEquals(9, keys.size(), keys::toString);
      for (LivelinessToken token : tokens) {
        token.close();
      }
      Await.until("no token", () -> tokens(pair.near()).isEmpty());
    }
  }

  /** Who closes may be the one who reads, and a session closes its tokens before who subscribes. */
  @Test
  void theEndOfATokenWaitsForNoReader() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(1));
    for (int round = 0; round < 8; round++) {
      Session session = Session.open(Config.isolated());
      Subscriber full = session.liveliness().declareSubscriber(ALL, false, options);
      LivelinessToken token = session.liveliness().declareToken(key(round));
      if (round == 0) {
        Threads.call(
                () -> {
                  token.close();
                  return 0;
                })
            .get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
        assertEquals("PUT " + key(round), next(full));
        assertEquals("DELETE " + key(round), next(full));
      }
      Threads.call(
              () -> {
                session.close();
                return 0;
              })
          .get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** The answer to the subscriber and the end of the token leave the other session side by side. */
  @Test
  void aTokenThatEndsWhileASubscriberIsDeclaredEndsForItAsWell() throws Exception {
    for (int i = 0; i < 300; i++) {
      KeyExpr key = key(i);
      LivelinessToken token = pair.far().liveliness().declareToken(key);
      CompletableFuture<Boolean> ended =
          Threads.call(
              () -> {
                token.close();
                return true;
              });
      try (Subscriber subscriber =
          pair.near().liveliness().declareSubscriber(key, true, SubscriberOptions.defaults())) {
        assertTrue(ended.get());
        boolean began =
            subscriber.receive(Duration.ofMillis(20)).map(LivelinessTest::began).orElse(false);
        if (began) {
          assertEquals("DELETE " + key, next(subscriber));
        }
      }
    }
  }

  /** What the session knows already is told by another thread than what comes. */
  @Test
  void aTokenThatEndsRightAfterASecondSubscriberIsDeclaredEndsForIt() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults();
    for (int i = 0; i < 100; i++) {
      KeyExpr key = key(i);
      LivelinessToken token = pair.near().liveliness().declareToken(key);
      try (Subscriber first = pair.near().liveliness().declareSubscriber(key, true, options)) {
        assertEquals("PUT " + key, next(first));
        try (Subscriber second = pair.near().liveliness().declareSubscriber(key, true, options)) {
          token.close();
          SampleKind last = SampleKind.PUT;
          // Both may come twice, and the end comes last.
          for (var sample = second.receive(Await.LONG);
              sample.isPresent();
              sample = second.receive(Duration.ofMillis(last == SampleKind.PUT ? 5_000 : 50))) {
            last = began(sample.orElseThrow()) ? SampleKind.PUT : SampleKind.DELETE;
          }
          assertEquals(SampleKind.DELETE, last);
        }
      }
    }
  }

  /** Peers tell each other of their own tokens; a session hears of its own as well. */
  @Test
  void aTokenOfAKeyThatAnotherSessionHasAsWellEndsWithTheLastOfThem() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults();
    for (boolean history : new boolean[] {true, false}) {
      try (Subscriber near = pair.near().liveliness().declareSubscriber(ALL, history, options);
          Subscriber far = pair.far().liveliness().declareSubscriber(ALL, history, options);
          LivelinessToken last = pair.near().liveliness().declareToken(key(1))) {
        assertEquals("PUT " + key(1), next(near));
        assertEquals("PUT " + key(1), next(far));
        LivelinessToken first = pair.far().liveliness().declareToken(key(1));
        // For the other session to know of it.
        Thread.sleep(200);
        first.close();
        assertTrue(near.receive(Duration.ofMillis(300)).isEmpty());
        assertTrue(far.receive(Duration.ofMillis(300)).isEmpty());
        last.close();
        assertEquals("DELETE " + key(1), next(near));
        assertEquals("DELETE " + key(1), next(far));
      }
    }
  }

  /** The end of one and the beginning of the other are told by two threads. */
  @Test
  void aTokenThatBeginsAsOneOfItsKeyEndsIsAliveAtLast() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults();
    for (int i = 0; i < 300; i++) {
      KeyExpr key = key(i);
      Liveliness liveliness = pair.near().liveliness();
      LivelinessToken first = liveliness.declareToken(key);
      try (Subscriber known = liveliness.declareSubscriber(key, true, options)) {
        assertEquals("PUT " + key, next(known));
        CompletableFuture<Boolean> ended =
            Threads.call(
                () -> {
                  first.close();
                  return true;
                });
        CompletableFuture<LivelinessToken> second =
            Threads.call(() -> liveliness.declareToken(key));
        try (Subscriber subscriber = liveliness.declareSubscriber(key, true, options);
            LivelinessToken _ = second.get()) {
          assertTrue(ended.get());
          SampleKind last = SampleKind.DELETE;
          for (var sample = subscriber.receive(Await.LONG);
              sample.isPresent();
              sample = subscriber.receive(Duration.ofMillis(last == SampleKind.PUT ? 5 : 2_000))) {
            last = began(sample.orElseThrow()) ? SampleKind.PUT : SampleKind.DELETE;
          }
          assertEquals(SampleKind.PUT, last, "round " + i);
        }
      }
    }
  }

  private static boolean began(Sample sample) {
    try (sample) {
      return sample.kind() == SampleKind.PUT;
    }
  }

  @Test
  void aGetGivesAllTokensOfOthers() throws Exception {
    int count = 1_000;
    List<LivelinessToken> tokens = new ArrayList<>();
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      tokens.add(pair.far().liveliness().declareToken(key(i)));
      expected.add(key(i).toString());
    }
    Await.until("all tokens", () -> tokens(pair.near()).equals(expected));
    for (int i = 0; i < count; i += 2) {
      tokens.get(i).close();
      expected.remove(key(i).toString());
    }
    Await.until("every other token", () -> tokens(pair.near()).equals(expected));
  }

  @Test
  void theEndOfASessionEndsItsTokens() throws Exception {
    Await.until("no token", () -> tokens(pair.near()).isEmpty());
    try (Subscriber subscriber =
        pair.near().liveliness().declareSubscriber(ALL, true, SubscriberOptions.defaults())) {
      LivelinessToken token = pair.far().liveliness().declareToken(key(3));
      assertEquals("PUT " + key(3), next(subscriber));
      pair.far().close();
      assertTrue(token.isClosed());
      assertEquals("DELETE " + key(3), next(subscriber));
      assertThrows(IllegalStateException.class, () -> pair.far().liveliness().declareToken(key(4)));
    }
  }

  @Test
  void aHandlerLearnsAsWell() throws Exception {
    List<String> seen = new ArrayList<>();
    try (Subscriber _ =
            pair.near()
                .liveliness()
                .declareSubscriber(
                    ALL,
                    true,
                    SubscriberOptions.defaults(),
                    sample -> {
                      synchronized (seen) {
                        seen.add(sample.keyExpr().toString());
                      }
                    });
        LivelinessToken _ = pair.far().liveliness().declareToken(key(5))) {
      Await.until(
          "the token",
          () -> {
            synchronized (seen) {
              return seen.equals(List.of(key(5).toString()));
            }
          });
    }
  }
}
