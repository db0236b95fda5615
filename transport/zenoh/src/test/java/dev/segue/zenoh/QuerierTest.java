package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queriers, and listeners to who matches them. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class QuerierTest {
  private static final KeyExpr KEY = KeyExpr.of("test/querier");
  private static final GetOptions EACH =
      GetOptions.defaults().consolidation(ConsolidationMode.NONE).timeout(Await.LONG);
  private Pair pair;

  @BeforeEach
  void open() throws ZenohException {
    pair = Pair.overNetwork();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private static List<String> texts(Replies replies) {
    return replies.stream()
        .map(reply -> assertInstanceOf(Reply.Success.class, reply).sample())
        .map(sample -> sample.payload().copyToUtf8String())
        .toList();
  }

  @Test
  void aQuerierAsksAgainAndAgain() throws Exception {
    try (Querier querier = pair.near().declareQuerier(KEY, EACH);
        Queryable _ =
            pair.far()
                .declareQueryable(
                    KEY,
                    QueryableOptions.defaults(),
                    query ->
                        query.reply(
                            KEY,
                            SegmentedBytes.copyOfUtf8(
                                query.parameters()
                                    + " "
                                    + query
                                        .payload()
                                        .map(SegmentedBytes::copyToUtf8String)
                                        .orElse("none"))))) {
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      for (int i = 0; i < 100; i++) {
        Parameters parameters = Parameters.empty().with("i", Integer.toString(i));
        try (Replies replies = querier.get(parameters)) {
          assertEquals(List.of("i=" + i + " none"), texts(replies));
        }
        GetOptions with = querier.options().payload(SegmentedBytes.copyOfUtf8("p" + i));
        try (Replies replies = querier.get(parameters, with)) {
          assertEquals(List.of("i=" + i + " p" + i), texts(replies));
        }
      }
    }
  }

  /** If this fails with another core, the Javadoc of {@code hasMatchingQueryables} is outdated. */
  @Test
  void ofOtherSessionsOnlyAQueryableThatIncludesItsKeysMatchesIt() throws Exception {
    KeyExpr wild = KeyExpr.of("test/querier/**");
    KeyExpr one = KeyExpr.of("test/querier/one");
    QueryHandler answer = query -> query.reply(one, Payloads.number(1));
    try (Querier wildAsks = pair.near().declareQuerier(wild, EACH);
        Querier oneAsks = pair.near().declareQuerier(one, EACH)) {
      try (Queryable _ = pair.far().declareQueryable(one, QueryableOptions.defaults(), answer)) {
        assertTrue(oneAsks.awaitMatchingQueryables(Await.LONG));
        try (Replies replies = wildAsks.get(Parameters.empty())) {
          assertTrue(replies.iterator().hasNext());
        }
        assertFalse(wildAsks.hasMatchingQueryables());
      }
      Await.until("nobody matches", () -> !oneAsks.hasMatchingQueryables());
      try (Queryable _ = pair.far().declareQueryable(wild, QueryableOptions.defaults(), answer)) {
        assertTrue(oneAsks.awaitMatchingQueryables(Await.LONG));
        assertTrue(wildAsks.awaitMatchingQueryables(Await.LONG));
      }
      try (Queryable _ = pair.near().declareQueryable(one, QueryableOptions.defaults(), answer)) {
        assertTrue(wildAsks.hasMatchingQueryables());
      }
    }
  }

  @Test
  void closingItEndsItsQueriesAsClosedOnes() throws Exception {
    try (Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults())) {
      Querier querier = pair.near().declareQuerier(KEY, EACH.timeout(Duration.ofDays(1)));
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      Replies replies = querier.get(Parameters.empty());
      try (Query _ = queryable.receive(Await.LONG).orElseThrow()) {
        assertTrue(querier.close(Await.LONG));
        querier.close();
        assertTrue(querier.close(Duration.ZERO));
        assertThrows(IllegalStateException.class, () -> replies.receive(Await.LONG));
        assertEquals(Replies.State.CLOSED, replies.state());
        assertThrows(IllegalStateException.class, () -> querier.get(Parameters.empty()));
        assertThrows(IllegalStateException.class, querier::hasMatchingQueryables);
        assertThrows(IllegalStateException.class, querier::declareMatchingListener);
      }
    }
  }

  @Test
  void aListenerLearnsOfTheFirstQueryableAndOfTheLast() throws Exception {
    try (Querier querier = pair.near().declareQuerier(KEY, EACH);
        MatchingListener listener = querier.declareMatchingListener()) {
      assertEquals(Optional.empty(), listener.receive(Duration.ofMillis(50)));
      Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults());
      assertEquals(Optional.of(true), listener.receive(Await.LONG));
      assertTrue(querier.hasMatchingQueryables());
      queryable.close();
      assertEquals(Optional.of(false), listener.receive(Await.LONG));
      assertFalse(querier.hasMatchingQueryables());
    }
  }

  @Test
  void aListenerOfAPublisherLearnsOfTheFirstSubscriberAndOfTheLast() throws Exception {
    List<Boolean> changes = new ArrayList<>();
    CompletableFuture<List<Boolean>> both = new CompletableFuture<>();
    try (Publisher publisher = pair.near().declarePublisher(KEY);
        MatchingListener _ =
            publisher.declareMatchingListener(
                isMatching -> {
                  changes.add(isMatching);
                  if (changes.size() == 2) {
                    both.complete(changes);
                  }
                })) {
      Subscriber subscriber = pair.far().declareSubscriber(KEY);
      assertTrue(publisher.awaitMatchingSubscribers(Await.LONG));
      Await.until("the first change", () -> !changes.isEmpty());
      subscriber.close();
      assertEquals(List.of(true, false), both.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void aListenerDeclaredWhenSomebodyMatchesSaysSoAtOnce() throws Exception {
    try (Subscriber _ = pair.far().declareSubscriber(KEY);
        Publisher publisher = Await.matched(pair.near().declarePublisher(KEY));
        MatchingListener listener = publisher.declareMatchingListener()) {
      assertEquals(Optional.of(true), listener.receive(Await.LONG));
      assertEquals(Optional.empty(), listener.tryReceive());
    }
  }

  @Test
  void aListenerEndsWithItsPublisherItsSessionOrByHand() throws Exception {
    Publisher publisher = pair.near().declarePublisher(KEY);
    MatchingListener ofPublisher = publisher.declareMatchingListener();
    publisher.close();
    assertThrows(IllegalStateException.class, () -> ofPublisher.receive(Await.LONG));
    ofPublisher.close();
    Querier querier = pair.near().declareQuerier(KEY, EACH);
    MatchingListener byHand = querier.declareMatchingListener();
    byHand.close();
    byHand.close();
    assertThrows(IllegalStateException.class, byHand::tryReceive);
    MatchingListener ofSession = querier.declareMatchingListener();
    Thread waiting =
        Threads.start(
            () ->
                assertThrows(
                    IllegalStateException.class, () -> ofSession.receive(Duration.ofDays(1))));
    Await.busy(waiting);
    pair.near().close();
    Await.ended(waiting);
    assertTrue(ofSession.isClosed());
  }

  @Test
  void aListenerIsClosedWithItsOwnerAndForgotten() throws Exception {
    Session session = pair.near();
    int before = session.declaredCount();
    Publisher publisher = session.declarePublisher(KEY);
    Querier querier = session.declareQuerier(KEY, EACH);
    List<MatchingListener> listeners =
        List.of(
            publisher.declareMatchingListener(),
            publisher.declareMatchingListener(_ -> {}),
            querier.declareMatchingListener(),
            querier.declareMatchingListener(_ -> {}));
    MatchingListener earlier = publisher.declareMatchingListener();
    earlier.close();
    assertTrue(listeners.stream().noneMatch(MatchingListener::isClosed));
    publisher.close();
    querier.close();
    assertTrue(listeners.stream().allMatch(MatchingListener::isClosed));
    Await.until("the handlers to end", () -> session.declaredCount() == before);
  }
}
