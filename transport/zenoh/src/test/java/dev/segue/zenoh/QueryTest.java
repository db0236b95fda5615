package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gets and their answers between two sessions. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class QueryTest {
  private static final KeyExpr KEY = KeyExpr.of("test/query/a");
  private static final KeyExpr OTHER = KeyExpr.of("test/query/b");
  private static final Selector ALL = Selector.of("test/query/*");
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

  /** A queryable of the far session that the near one knows of. */
  private Queryable answering(KeyExpr keyExpr, QueryableOptions options, QueryHandler handler)
      throws Exception {
    Queryable queryable = pair.far().declareQueryable(keyExpr, options, handler);
    awaitQueryable(keyExpr);
    return queryable;
  }

  private void awaitQueryable(KeyExpr keyExpr) throws Exception {
    try (Querier querier = pair.near().declareQuerier(keyExpr, GetOptions.defaults())) {
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
    }
  }

  private static Sample sample(Reply reply) {
    return assertInstanceOf(Reply.Success.class, reply).sample();
  }

  private static List<Long> numbers(Replies replies) {
    return replies.stream().map(reply -> Payloads.numberOf(sample(reply))).toList();
  }

  @Test
  void whatWasAskedComesToTheQueryableAndItsReplyComesBack() throws Exception {
    CompletableFuture<String> asked = new CompletableFuture<>();
    SegmentedBytes payload = Payloads.scattered(5, 1);
    SegmentedBytes answer = Payloads.random(3_000_001, 2);
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  boolean same =
                      query.payload().orElseThrow().equals(payload)
                          && query.attachment().orElseThrow().copyToUtf8String().equals("with it");
                  asked.complete(
                      query.selector()
                          + " "
                          + query.encoding().orElseThrow()
                          + " "
                          + query.accepted()
                          + " "
                          + same);
                  query.reply(
                      KEY,
                      answer,
                      PutOptions.none()
                          .encoding(Encoding.TEXT_PLAIN)
                          .attachment(SegmentedBytes.copyOfUtf8("beside")));
                });
        Replies replies =
            pair.near()
                .get(
                    Selector.of(KEY + "?from=3;to=9"),
                    EACH.payload(payload)
                        .encoding(Encoding.APPLICATION_JSON)
                        .attachment(SegmentedBytes.copyOfUtf8("with it")))) {
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        Sample sample = sample(reply);
        assertEquals(KEY, sample.keyExpr());
        assertEquals(answer, sample.payload());
        assertEquals(Encoding.TEXT_PLAIN, sample.encoding());
        assertEquals("beside", sample.attachment().orElseThrow().copyToUtf8String());
        assertEquals(pair.far().zid(), reply.replier().orElseThrow().zid());
      }
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertTrue(replies.isEnded());
      assertEquals(Replies.State.FINISHED, replies.state());
      assertEquals(
          KEY + "?from=3;to=9 application/json MATCHING_QUERY true",
          asked.get(30, TimeUnit.SECONDS));
    }
    assertTrue(payload.awaitReleased(Await.LONG));
    assertTrue(answer.awaitReleased(Await.LONG));
  }

  @Test
  void aQueryWithoutAPayloadHasNone() throws Exception {
    CompletableFuture<Boolean> none = new CompletableFuture<>();
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query ->
                    none.complete(
                        query.payload().isEmpty()
                            && query.encoding().isEmpty()
                            && query.attachment().isEmpty()
                            && query.parameters().isEmpty()));
        Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
      assertTrue(none.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void nobodyWhoMatchesIsAnEndAtOnce() throws Exception {
    try (Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
    }
  }

  @Test
  void errorsAndDeletionsComeAsSuch() throws Exception {
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  query.replyErr(SegmentedBytes.copyOfUtf8("no disk"), Encoding.TEXT_PLAIN);
                  query.replyDel(KEY);
                });
        Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        Reply.Failure failure = assertInstanceOf(Reply.Failure.class, reply);
        assertEquals("no disk", failure.payload().copyToUtf8String());
        assertEquals(Encoding.TEXT_PLAIN, failure.encoding());
        assertEquals(pair.far().zid(), failure.replier().orElseThrow().zid());
      }
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertEquals(SampleKind.DELETE, sample(reply).kind());
      }
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
    }
  }

  @Test
  void repliesInManyPiecesComeInOrderAndEachWhole() throws Exception {
    int count = 2_000;
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  for (long i = 0; i < count; i++) {
                    query.reply(KEY, Payloads.number(i));
                  }
                });
        Replies replies = pair.near().get(Selector.of(KEY), EACH.backlog(Backlog.hold(8)))) {
      List<Long> numbers = new ArrayList<>();
      for (Reply reply : replies) {
        if (numbers.size() % 500 == 0) {
          Thread.sleep(5);
        }
        numbers.add(Payloads.numberOf(sample(reply)));
      }
      assertEquals(count, numbers.size());
      for (int i = 0; i < count; i++) {
        assertEquals(i, numbers.get(i));
      }
      assertEquals(Replies.State.FINISHED, replies.state());
      assertEquals(new Subscriber.Counts(count, 0, 0, 0), replies.counts());
    }
  }

  @Test
  void theLatestReplyOfEachKeyComesOnceWhenAskedFor() throws Exception {
    try (Queryable _ =
        answering(
            KeyExpr.of("test/query/*"),
            QueryableOptions.defaults(),
            query -> {
              for (long i = 0; i < 10; i++) {
                query.reply(
                    i % 2 == 0 ? KEY : OTHER,
                    Payloads.number(i),
                    PutOptions.none().timestamp(pair.far().newTimestamp()));
              }
            })) {
      GetOptions latest = EACH.consolidation(ConsolidationMode.LATEST);
      try (Replies replies = pair.near().get(ALL, latest.backlog(Backlog.hold(1)))) {
        assertEquals(List.of(8L, 9L), numbers(replies).stream().sorted().toList());
      }
      try (Replies replies = pair.near().get(ALL, EACH)) {
        assertEquals(10, numbers(replies).size());
      }
      try (Replies replies =
          pair.near().get(ALL, EACH.consolidation(ConsolidationMode.MONOTONIC))) {
        assertEquals(10, numbers(replies).size());
      }
    }
  }

  @Test
  void theTargetSaysWhoIsAsked() throws Exception {
    QueryableOptions complete = QueryableOptions.defaults().complete(true);
    try (Queryable _ = answering(KEY, complete, query -> query.reply(KEY, Payloads.number(1)));
        Queryable _ =
            pair.near()
                .declareQueryable(
                    KEY,
                    QueryableOptions.defaults(),
                    query -> query.reply(KEY, Payloads.number(2)))) {
      try (Replies replies = pair.near().get(Selector.of(KEY), EACH.target(QueryTarget.ALL))) {
        assertEquals(List.of(1L, 2L), numbers(replies).stream().sorted().toList());
      }
      try (Replies replies =
          pair.near().get(Selector.of(KEY), EACH.target(QueryTarget.ALL_COMPLETE))) {
        assertEquals(List.of(1L), numbers(replies));
      }
    }
  }

  @Test
  void localitiesKeepQueriesInOrOutOfTheSession() throws Exception {
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults().origin(Locality.REMOTE),
                query -> query.reply(KEY, Payloads.number(1)));
        Queryable _ =
            pair.near()
                .declareQueryable(
                    KEY,
                    QueryableOptions.defaults().origin(Locality.SESSION_LOCAL),
                    query -> query.reply(KEY, Payloads.number(2)))) {
      GetOptions all = EACH.target(QueryTarget.ALL);
      for (Locality locality : Locality.values()) {
        List<Long> expected =
            switch (locality) {
              case ANY -> List.of(1L, 2L);
              case SESSION_LOCAL -> List.of(2L);
              case REMOTE -> List.of(1L);
            };
        GetOptions options = all.qos(all.qos().destination(locality));
        try (Replies replies = pair.near().get(Selector.of(KEY), options)) {
          assertEquals(expected, numbers(replies).stream().sorted().toList(), locality.name());
        }
        try (Replies replies = pair.far().get(Selector.of(KEY), options)) {
          assertEquals(List.of(), numbers(replies), locality.name());
        }
      }
    }
  }

  @Test
  void aReplyUnderAnotherKeyIsRefusedUnlessAnyIsAccepted() throws Exception {
    CompletableFuture<Throwable> refused = new CompletableFuture<>();
    QueryableOptions options =
        QueryableOptions.defaults().onHandlerError((queryable, error) -> refused.complete(error));
    KeyExpr elsewhere = KeyExpr.of("test/elsewhere");
    try (Queryable _ =
        answering(KEY, options, query -> query.reply(elsewhere, Payloads.number(1)))) {
      try (Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
        assertEquals(List.of(), numbers(replies));
      }
      Throwable error = refused.get(30, TimeUnit.SECONDS);
      assertInstanceOf(IllegalArgumentException.class, error);
      assertTrue(String.valueOf(error.getMessage()).contains("test/elsewhere"), error::toString);
      try (Replies replies = pair.near().get(Selector.of(KEY), EACH.accepted(ReplyKeyExpr.ANY))) {
        assertEquals(List.of(1L), numbers(replies));
      }
    }
  }

  @Test
  void aQueryIsAnsweredAfterItsHandlerReturnedIfItIsRetained() throws Exception {
    CompletableFuture<Query> kept = new CompletableFuture<>();
    SegmentedBytes payload = Payloads.random(100_000, 3);
    try (Queryable _ =
            answering(KEY, QueryableOptions.defaults(), query -> kept.complete(query.retain()));
        Replies replies = pair.near().get(Selector.of(KEY), EACH.payload(payload))) {
      Query query = kept.get(30, TimeUnit.SECONDS);
      assertEquals(Optional.empty(), replies.receive(Duration.ofMillis(100)));
      assertFalse(replies.isEnded());
      assertEquals(Replies.State.OPEN, replies.state());
      assertEquals(payload, query.payload().orElseThrow());
      query.reply(KEY, Payloads.number(7));
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertEquals(7, Payloads.numberOf(sample(reply)));
      }
      query.close();
      query.close();
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
      assertThrows(IllegalStateException.class, () -> query.reply(KEY, Payloads.number(8)));
      assertThrows(IllegalStateException.class, query::retain);
      assertThrows(IllegalStateException.class, query::keyExpr);
    }
  }

  @Test
  void aQueryableThatNeverAnswersEndsWithTheTimeOutAndALateReplyDoesNoHarm() throws Exception {
    try (Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults())) {
      awaitQueryable(KEY);
      GetOptions short1 = EACH.timeout(Duration.ofSeconds(3));
      try (Replies replies = pair.near().get(Selector.of(KEY), short1);
          Query query = queryable.receive(Await.LONG).orElseThrow()) {
        query.reply(KEY, Payloads.number(1));
        try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          assertEquals(1, Payloads.numberOf(sample(reply)));
        }
        assertEquals(Optional.empty(), replies.receive(Await.LONG));
        assertTrue(replies.isEnded());
        assertEquals(Replies.State.TIMED_OUT, replies.state());
        query.reply(KEY, Payloads.number(2));
        query.replyErr(SegmentedBytes.copyOfUtf8("late"));
      }
      try (Replies replies = pair.near().get(Selector.of(KEY), EACH);
          Query query = queryable.receive(Await.LONG).orElseThrow()) {
        query.reply(KEY, Payloads.number(3));
        query.close();
        assertEquals(List.of(3L), numbers(replies));
      }
    }
  }

  @Test
  void theTimeOutEndsAQueryOfThisSessionAsWell() throws Exception {
    try (Queryable queryable = pair.near().declareQueryable(KEY, QueryableOptions.defaults());
        Replies replies = pair.near().get(Selector.of(KEY), EACH.timeout(Duration.ofSeconds(1)));
        Query _ = queryable.receive(Await.LONG).orElseThrow()) {
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.TIMED_OUT, replies.state());
    }
  }

  @Test
  void anErrorThatSaysTimeoutBeforeTheTimeIsUpIsAnError() throws Exception {
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query ->
                    query.replyErr(SegmentedBytes.copyOfUtf8("Timeout"), Encoding.ZENOH_STRING));
        Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertInstanceOf(Reply.Failure.class, reply);
      }
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
    }
  }

  @Test
  void closingCancelsAQueryAndWakesWhoWaits() throws Exception {
    try (Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults())) {
      awaitQueryable(KEY);
      Replies replies = pair.near().get(Selector.of(KEY), EACH.timeout(Duration.ofDays(1)));
      try (Query query = queryable.receive(Await.LONG).orElseThrow()) {
        CompletableFuture<Throwable> woken = new CompletableFuture<>();
        Thread waiting =
            Threads.start(
                () -> {
                  try {
                    replies.receive(Duration.ofDays(1));
                  } catch (IllegalStateException e) {
                    woken.complete(e);
                  }
                });
        Await.busy(waiting);
        replies.close();
        Await.ended(waiting);
        assertInstanceOf(IllegalStateException.class, woken.get(30, TimeUnit.SECONDS));
        assertEquals(Replies.State.CLOSED, replies.state());
        assertThrows(IllegalStateException.class, replies::tryReceive);
        query.reply(KEY, Payloads.number(1));
      }
      replies.close();
    }
  }

  @Test
  void anAbandonedReaderHoldsUpNobodyForLongerThanItsTime() throws Exception {
    KeyExpr busy = KeyExpr.of("test/query/busy");
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  for (long i = 0; i < 100; i++) {
                    query.reply(KEY, Payloads.number(i));
                  }
                });
        Subscriber subscriber = pair.near().declareSubscriber(busy);
        Publisher publisher = pair.far().declarePublisher(busy, PublisherOptions.blocking());
        Replies abandoned =
            pair.near()
                .get(
                    Selector.of(KEY),
                    EACH.timeout(Duration.ofSeconds(3)).backlog(Backlog.hold(1)))) {
      Await.matched(publisher);
      publisher.put(Payloads.number(42));
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        assertEquals(42, Payloads.numberOf(sample));
      }
      Await.until("the end of the query", () -> abandoned.state() != Replies.State.OPEN);
      Subscriber.Counts counts = abandoned.counts();
      assertEquals(1, counts.waiting());
      assertEquals(counts.received(), counts.dropped() + 1);
      assertEquals(List.of(0L), numbers(abandoned));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void repliesThatThereIsNoRoomForWhenTheTimeIsUpAreDroppedWhicheverThreadReplies(boolean isVirtual)
      throws Exception {
    Session session = pair.near();
    GetOptions options = EACH.timeout(Duration.ofSeconds(1)).backlog(Backlog.hold(1));
    try (Queryable queryable = session.declareQueryable(KEY);
        Replies replies = session.get(Selector.of(KEY), options);
        Query query = queryable.receive(Await.LONG).orElseThrow()) {
      Thread.Builder builder = isVirtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon();
      Thread replier =
          builder.start(
              () -> {
                try {
                  query.reply(KEY, Payloads.number(0));
                  query.reply(KEY, Payloads.number(1));
                } catch (ZenohException e) {
                  throw new IllegalStateException(e);
                }
              });
      Await.until("the end of the query", () -> replies.state() != Replies.State.OPEN);
      Await.ended(replier);
      assertEquals(new Subscriber.Counts(2, 1, 1, 0), replies.counts());
      assertEquals(List.of(0L), numbers(replies));
      assertEquals(Replies.State.TIMED_OUT, replies.state());
    }
  }

  /** The cache answers on the thread that asks, before there is anybody who reads. */
  @Test
  void repliesOfACacheOfTheSameSessionAllComeHoweverSmallTheBacklog() throws Exception {
    AdvancedPublisherOptions caching =
        AdvancedPublisherOptions.defaults()
            .cache(CacheConfig.defaults().maxSamples(20))
            .sampleMissDetection(MissDetectionConfig.defaults());
    GetOptions options =
        EACH.accepted(ReplyKeyExpr.ANY).timeout(Duration.ofSeconds(3)).backlog(Backlog.hold(2));
    List<Long> all = LongStream.range(0, 20).boxed().toList();
    Selector selector = Selector.of(KEY + "/@adv/**");
    try (Publisher publisher = pair.near().declareAdvancedPublisher(KEY, caching);
        Querier querier = pair.near().declareQuerier(selector.keyExpr(), options)) {
      for (long number : all) {
        publisher.put(Payloads.number(number));
      }
      try (Replies replies = pair.near().get(selector, options)) {
        assertEquals(all, numbers(replies));
      }
      try (Replies replies = querier.get(Parameters.empty())) {
        assertEquals(all, numbers(replies));
      }
    }
  }

  /** They wait for no room, whoever else is asked and answers only once they were read. */
  @Test
  void repliesOfACacheComeBeforeThoseOfOthersWereSent() throws Exception {
    AdvancedPublisherOptions caching =
        AdvancedPublisherOptions.defaults()
            .cache(CacheConfig.defaults().maxSamples(20))
            .sampleMissDetection(MissDetectionConfig.defaults());
    CompletableFuture<Boolean> read = new CompletableFuture<>();
    KeyExpr other = KeyExpr.of(KEY + "/@adv/other");
    try (Publisher publisher = pair.near().declareAdvancedPublisher(KEY, caching);
        Queryable _ =
            answering(
                other,
                QueryableOptions.defaults(),
                query -> {
                  assertTrue(read.join());
                  query.reply(other, Payloads.number(20));
                })) {
      for (long number = 0; number < 20; number++) {
        publisher.put(Payloads.number(number));
      }
      List<Long> all = new ArrayList<>();
      try (Replies replies =
          pair.near()
              .get(
                  Selector.of(KEY + "/@adv/**"),
                  EACH.accepted(ReplyKeyExpr.ANY)
                      .target(QueryTarget.ALL)
                      .timeout(Duration.ofSeconds(10))
                      .backlog(Backlog.hold(2)))) {
        for (Reply reply : replies) {
          all.add(Payloads.numberOf(sample(reply)));
          if (all.size() == 20) {
            read.complete(true);
          }
        }
        assertEquals(0, replies.counts().dropped());
      }
      assertEquals(LongStream.rangeClosed(0, 20).boxed().toList(), all);
    }
  }

  @Test
  void tenThousandRepliesReachAReaderThatIsSlow() throws Exception {
    int count = 10_000;
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  for (long i = 0; i < count; i++) {
                    query.reply(KEY, Payloads.number(i));
                  }
                });
        Replies replies = pair.near().get(Selector.of(KEY), EACH.backlog(Backlog.hold(16)))) {
      long next = 0;
      for (Reply reply : replies) {
        assertEquals(next++, Payloads.numberOf(sample(reply)));
        if (next % 100 == 0) {
          Thread.sleep(2);
        }
      }
      assertEquals(count, next);
      assertEquals(0, replies.counts().dropped());
    }
  }

  @Test
  void aHandlerGetsEachReplyAndThenTheEnd() throws Exception {
    CompletableFuture<Replies.State> end = new CompletableFuture<>();
    List<Long> seen = new ArrayList<>();
    List<Throwable> errors = new ArrayList<>();
    List<Reply> ended = new ArrayList<>();
    try (Queryable _ =
        answering(
            KEY,
            QueryableOptions.defaults(),
            query -> {
              for (long i = 0; i < 3; i++) {
                query.reply(KEY, Payloads.number(i));
              }
            })) {
      pair.near()
          .get(
              Selector.of(KEY),
              EACH,
              new ReplyHandler() {
                @Override
                public void onReply(Reply reply) {
                  ended.add(reply);
                  seen.add(Payloads.numberOf(sample(reply)));
                  assertTrue(Thread.currentThread().isVirtual());
                  if (seen.size() == 2) {
                    throw new IllegalArgumentException("on purpose");
                  }
                }

                @Override
                public void onEnd(Replies.State state) {
                  end.complete(state);
                }

                @Override
                public void onError(Throwable error) {
                  errors.add(error);
                }
              });
      assertEquals(Replies.State.FINISHED, end.get(30, TimeUnit.SECONDS));
      assertEquals(List.of(0L, 1L, 2L), seen);
      assertEquals(1, errors.size());
      for (Reply reply : ended) {
        assertThrows(IllegalStateException.class, () -> sample(reply).payload());
      }
    }
  }

  @Test
  void whatAnIterationGaveEndsWhenItGoesOnUnlessItIsRetained() throws Exception {
    try (Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  query.reply(KEY, Payloads.number(0));
                  query.reply(KEY, Payloads.number(1));
                });
        Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      List<Reply> borrowed = new ArrayList<>();
      List<Reply> retained = new ArrayList<>();
      for (Reply reply : replies) {
        borrowed.add(reply);
        retained.add(reply.retain());
      }
      for (int i = 0; i < 2; i++) {
        Reply ended = borrowed.get(i);
        assertThrows(IllegalStateException.class, () -> sample(ended).payload());
        assertEquals(i, Payloads.numberOf(sample(retained.get(i))));
        retained.get(i).close();
      }
    }
  }

  @Test
  void queriesBeyondTheBacklogAreAnsweredWithAnError() throws Exception {
    try (Queryable queryable =
        pair.far().declareQueryable(KEY, QueryableOptions.defaults().backlog(Backlog.last(2)))) {
      awaitQueryable(KEY);
      List<Replies> asked = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        asked.add(pair.near().get(Selector.of(KEY + "?i=" + i), EACH));
      }
      Await.until("all queries", () -> queryable.counts().received() == 5);
      assertEquals(3, queryable.counts().dropped());
      for (int i = 0; i < 3; i++) {
        try (Replies replies = asked.get(i);
            Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          Reply.Failure failure = assertInstanceOf(Reply.Failure.class, reply);
          String says = failure.payload().copyToUtf8String();
          assertTrue(says.contains("took no more"), says);
        }
      }
      for (int i = 3; i < 5; i++) {
        try (Query query = queryable.tryReceive().orElseThrow()) {
          assertEquals(Integer.toString(i), query.parameters().value("i").orElseThrow());
        }
        try (Replies replies = asked.get(i)) {
          assertEquals(List.of(), numbers(replies));
        }
      }
    }
  }

  @Test
  void queriesThatNobodyTookAreAnsweredWithAnErrorWhenTheQueryableIsClosed() throws Exception {
    Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults());
    awaitQueryable(KEY);
    try (Replies replies = pair.near().get(Selector.of(KEY), EACH)) {
      Await.until("the query", () -> queryable.counts().waiting() == 1);
      queryable.close();
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertInstanceOf(Reply.Failure.class, reply);
      }
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
    }
  }

  @Test
  void theEndOfTheAnsweringSessionEndsTheQuery() throws Exception {
    Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults());
    awaitQueryable(KEY);
    try (Replies replies = pair.near().get(Selector.of(KEY), EACH.timeout(Duration.ofDays(1)))) {
      Query query = queryable.receive(Await.LONG).orElseThrow();
      query.reply(KEY, Payloads.number(1));
      pair.far().close();
      assertTrue(queryable.isClosed());
      assertEquals(List.of(1L), numbers(replies));
      assertEquals(Replies.State.FINISHED, replies.state());
      ZenohException error =
          assertThrows(ZenohException.class, () -> query.reply(KEY, Payloads.number(2)));
      assertEquals(ZenohException.Kind.CLOSED, error.kind());
      query.close();
    }
  }

  @Test
  void theEndOfTheAskingSessionEndsTheQuery() throws Exception {
    try (Queryable queryable = pair.far().declareQueryable(KEY, QueryableOptions.defaults())) {
      awaitQueryable(KEY);
      Replies replies = pair.near().get(Selector.of(KEY), EACH.timeout(Duration.ofDays(1)));
      try (Query query = queryable.receive(Await.LONG).orElseThrow()) {
        pair.near().close();
        assertTrue(replies.isClosed());
        assertEquals(Replies.State.CLOSED, replies.state());
        assertThrows(IllegalStateException.class, () -> replies.receive(Await.LONG));
        query.reply(KEY, Payloads.number(1));
      }
    }
  }

  @Test
  void repliesAndPayloadsInSharedMemoryAreNotCopied() throws Exception {
    pair.close();
    pair = Pair.overSharedMemory();
    try (ShmPool pool = ShmPool.create(4 * Payloads.FRAME);
        Queryable _ =
            answering(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  byte first = query.payload().orElseThrow().byteAt(0);
                  Loan loan = pool.loan(Payloads.FRAME);
                  loan.segment().fill((byte) (first + 1));
                  query.reply(KEY, loan);
                })) {
      Loan question = pool.loan(Payloads.FRAME);
      question.segment().fill((byte) 3);
      SegmentedBytes asked = question.handOver();
      try (Replies replies = pair.near().get(Selector.of(KEY), EACH.payload(asked));
          Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        question.close();
        Sample sample = sample(reply);
        assertTrue(sample.isSharedMemory());
        assertEquals(Payloads.FRAME, sample.payloadByteSize());
        assertEquals(4, sample.payload().byteAt(Payloads.FRAME - 1));
      }
      try (Loan all = pool.tryLoan(pool.capacityByteSize(), Await.LONG).orElseThrow()) {
        all.segment().fill((byte) 0);
      }
    }
  }

  @Test
  void aReplyIsOfTheThreadThatReceivedIt() throws Exception {
    try (Queryable _ =
            answering(
                KEY, QueryableOptions.defaults(), query -> query.reply(KEY, Payloads.number(1)));
        Replies replies = pair.near().get(Selector.of(KEY), EACH);
        Reply reply = replies.receive(Await.LONG).orElseThrow()) {
      CompletableFuture<Throwable> wrong = new CompletableFuture<>();
      Await.ended(
          Threads.start(
              () ->
                  wrong.complete(
                      assertThrows(WrongThreadException.class, () -> sample(reply).payload()))));
      assertInstanceOf(WrongThreadException.class, wrong.get(30, TimeUnit.SECONDS));
    }
  }
}
