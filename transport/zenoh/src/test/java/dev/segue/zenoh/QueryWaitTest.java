package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Virtual threads that ask and answer, races of closing, and what is closed. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class QueryWaitTest {
  private static final KeyExpr KEY = KeyExpr.of("test/query/wait");
  private static final Selector ASK = Selector.of(KEY);
  private static final GetOptions EACH =
      GetOptions.defaults().consolidation(ConsolidationMode.NONE).timeout(Await.LONG);
  private static final int THREAD_COUNT = 8 * Runtime.getRuntime().availableProcessors();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    session.close();
    threads.shutdownNow();
  }

  private static long number(Reply reply) {
    return Payloads.numberOf(assertInstanceOf(Reply.Success.class, reply).sample());
  }

  @Test
  void virtualThreadsThatWaitForRepliesLetAllOthersRun() throws Exception {
    try (Queryable queryable = session.declareQueryable(KEY, QueryableOptions.defaults())) {
      List<Future<Long>> waiting = new ArrayList<>();
      for (int i = 0; i < THREAD_COUNT; i++) {
        waiting.add(
            threads.submit(
                () -> {
                  try (Replies replies = session.get(ASK, EACH);
                      Reply reply = replies.receive(Await.LONG).orElseThrow()) {
                    return number(reply);
                  }
                }));
      }
      Await.until("all queries", () -> queryable.counts().waiting() == THREAD_COUNT);
      for (int i = 0; i < 100; i++) {
        assertEquals(7, threads.submit(() -> 7).get(60, TimeUnit.SECONDS));
      }
      assertTrue(waiting.stream().noneMatch(Future::isDone));
      for (long i = 0; i < THREAD_COUNT; i++) {
        try (Query query = queryable.tryReceive().orElseThrow()) {
          query.reply(KEY, Payloads.number(i));
        }
      }
      Set<Long> numbers = ConcurrentHashMap.newKeySet();
      for (Future<Long> each : waiting) {
        assertTrue(numbers.add(each.get(60, TimeUnit.SECONDS)));
      }
    }
  }

  @Test
  void virtualThreadsShareTheQueriesOfAQueryable() throws Exception {
    try (Queryable queryable = session.declareQueryable(KEY, QueryableOptions.defaults())) {
      List<Future<Long>> answering = new ArrayList<>();
      for (int i = 0; i < THREAD_COUNT; i++) {
        long number = i;
        answering.add(
            threads.submit(
                () -> {
                  try (Query query = queryable.receive(Await.LONG).orElseThrow()) {
                    query.reply(KEY, Payloads.number(number));
                    return number;
                  }
                }));
      }
      Set<Long> numbers = ConcurrentHashMap.newKeySet();
      for (int i = 0; i < THREAD_COUNT; i++) {
        try (Replies replies = session.get(ASK, EACH);
            Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          assertTrue(numbers.add(number(reply)));
        }
      }
      for (Future<Long> each : answering) {
        assertTrue(numbers.remove(each.get(60, TimeUnit.SECONDS)));
      }
    }
  }

  @Test
  void aWaitEndsWithTheTimeOrAnInterrupt() throws Exception {
    try (Queryable queryable = session.declareQueryable(KEY, QueryableOptions.defaults());
        Replies replies = session.get(ASK, EACH)) {
      for (Thread.Builder kind : List.of(Thread.ofVirtual(), Thread.ofPlatform().daemon())) {
        List<String> ends = new CopyOnWriteArrayList<>();
        Thread waiting =
            kind.unstarted(
                () -> {
                  try {
                    ends.add(replies.receive(Duration.ofMillis(20)).toString());
                    ends.add(replies.receive(Duration.ofDays(1)).toString());
                  } catch (InterruptedException _) {
                    ends.add("interrupted");
                  }
                });
        waiting.start();
        Await.until("the end of the short wait", () -> !ends.isEmpty());
        Await.busy(waiting);
        waiting.interrupt();
        Await.ended(waiting);
        assertEquals(List.of("Optional.empty", "interrupted"), ends);
      }
      assertEquals(1, queryable.counts().waiting());
    }
  }

  @Test
  void whoClosesAQueryableWaitsForNoAskerWhoseQueueIsFull() throws Exception {
    GetOptions all = EACH.target(QueryTarget.ALL).backlog(Backlog.hold(1));
    try (Queryable answering = session.declareQueryable(KEY.join("a"));
        Queryable silent = session.declareQueryable(KEY.join("b"));
        Replies replies = session.get(Selector.of(KEY + "/*"), all)) {
      try (Query query = answering.receive(Await.LONG).orElseThrow()) {
        query.reply(answering.keyExpr(), Payloads.number(7));
      }
      silent.close();
      assertEquals(new Subscriber.Counts(2, 0, 2, 0), replies.counts());
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertEquals(7, number(reply));
      }
      try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
        assertInstanceOf(Reply.Failure.class, reply);
      }
      assertEquals(Optional.empty(), replies.receive(Await.LONG));
      assertEquals(Replies.State.FINISHED, replies.state());
    }
  }

  @Test
  void aLoopOrStreamThatIsLeftEarlyGivesItsReplyBack() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        Queryable _ =
            session.declareQueryable(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  query.reply(KEY, pool.loan(4096));
                  query.reply(KEY, pool.loan(4096));
                })) {
      try (Replies replies = session.get(ASK, EACH)) {
        Reply reply = replies.iterator().next();
        Sample sample = assertInstanceOf(Reply.Success.class, reply).sample();
        assertEquals(KEY, sample.keyExpr());
        replies.close();
        assertThrows(IllegalStateException.class, sample::keyExpr);
      }
      awaitWhole(pool);
      try (Replies replies = session.get(ASK, EACH)) {
        Iterator<Reply> loop = replies.iterator();
        loop.next();
        assertTrue(loop.hasNext());
      }
      awaitWhole(pool);
      try (Replies replies = session.get(ASK, EACH)) {
        assertTrue(replies.stream().findFirst().isPresent());
      }
      awaitWhole(pool);
    }
  }

  @Test
  void aLoopThatIsLeftEarlyGivesItsReplyBackWhenItsSessionIsClosed() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        Queryable _ =
            session.declareQueryable(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  query.reply(KEY, pool.loan(4096));
                  query.reply(KEY, pool.loan(4096));
                })) {
      Iterator<Reply> loop = session.get(ASK, EACH).iterator();
      Reply reply = loop.next();
      Sample sample = assertInstanceOf(Reply.Success.class, reply).sample();
      assertEquals(KEY, sample.keyExpr());
      session.close();
      assertThrows(IllegalStateException.class, sample::keyExpr);
      awaitWhole(pool);
    }
  }

  private static void awaitWhole(OffHeapPool pool) throws ZenohException {
    Await.until("all loans", () -> pool.availableByteSize() == pool.capacityByteSize());
  }

  @Test
  void aLoopThatAnotherThreadClosesEndsItsReplyWithItsNextStep() throws Exception {
    try (Queryable _ =
            session.declareQueryable(
                KEY,
                QueryableOptions.defaults(),
                query -> {
                  query.reply(KEY, Payloads.number(1));
                  query.reply(KEY, Payloads.number(2));
                });
        Replies replies = session.get(ASK, EACH)) {
      Iterator<Reply> loop = replies.iterator();
      Reply reply = loop.next();
      threads.submit(() -> replies.close()).get(60, TimeUnit.SECONDS);
      assertEquals(1, number(reply));
      assertThrows(IllegalStateException.class, loop::hasNext);
      assertThrows(IllegalStateException.class, () -> number(reply));
    }
  }

  @Test
  void closingAQueryOfAHandlerOnAnotherThreadChangesNothing() throws Exception {
    try (Queryable _ =
            session.declareQueryable(
                KEY,
                QueryableOptions.defaults(),
                query -> query.reply(KEY, Payloads.number(isRefusedElsewhere(query) ? 1 : 2)));
        Replies replies = session.get(ASK, EACH);
        Reply reply = replies.receive(Await.LONG).orElseThrow()) {
      assertEquals(1, number(reply));
    }
  }

  private static boolean isRefusedElsewhere(Query query) {
    return Threads.call(
            () -> {
              query.close();
              return false;
            })
        .exceptionally(e -> e instanceof WrongThreadException)
        .join();
  }

  @Test
  void everyMethodOfWhatIsClosedSaysSo() throws Exception {
    Queryable queryable = session.declareQueryable(KEY, QueryableOptions.defaults());
    Replies replies = session.get(ASK, EACH);
    Query query = queryable.receive(Await.LONG).orElseThrow();
    Query another = query.retain();
    replies.close();
    query.close();
    another.close();
    queryable.close();
    assertTrue(replies.isClosed() && query.isClosed() && queryable.isClosed());
    assertThrows(IllegalStateException.class, replies::tryReceive);
    assertThrows(IllegalStateException.class, () -> replies.receive(Duration.ZERO));
    assertThrows(IllegalStateException.class, () -> replies.iterator().hasNext());
    assertThrows(IllegalStateException.class, () -> replies.stream().count());
    assertThrows(IllegalStateException.class, queryable::tryReceive);
    assertThrows(IllegalStateException.class, () -> queryable.receive(Duration.ZERO));
    assertThrows(IllegalStateException.class, queryable::counts);
    assertThrows(IllegalStateException.class, query::keyExpr);
    assertThrows(IllegalStateException.class, query::selector);
    assertThrows(IllegalStateException.class, query::retain);
    assertThrows(IllegalStateException.class, query::attachment);
    assertThrows(IllegalStateException.class, () -> query.reply(KEY, Payloads.number(1)));
    assertThrows(IllegalStateException.class, () -> query.replyDel(KEY));
    assertThrows(IllegalStateException.class, () -> query.replyErr(Payloads.number(1)));
    for (Object closed : List.of(replies, query, queryable)) {
      assertFalse(closed.toString().isEmpty());
    }
    session.close();
    assertThrows(IllegalStateException.class, () -> session.get(ASK));
    assertThrows(IllegalStateException.class, () -> session.declareQuerier(KEY, EACH));
    assertThrows(
        IllegalStateException.class,
        () -> session.declareQueryable(KEY, QueryableOptions.defaults()));
    assertThrows(IllegalStateException.class, () -> session.liveliness().get(KEY, Duration.ZERO));
  }

  @Test
  void closingAnythingWhileItIsInUseDoesNoHarm() throws Exception {
    for (int round = 0; round < 60; round++) {
      Session own = Session.open(Config.isolated());
      Queryable queryable =
          own.declareQueryable(
              KEY,
              QueryableOptions.defaults().onHandlerError((which, error) -> {}),
              query -> {
                for (long i = 0; i < 20; i++) {
                  query.reply(KEY, Payloads.number(i));
                }
              });
      List<Thread> asking = new ArrayList<>();
      Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
      Set<Replies> open = ConcurrentHashMap.newKeySet();
      for (int i = 0; i < 4; i++) {
        asking.add(
            Threads.start(
                () -> {
                  try {
                    while (true) {
                      try (Replies replies = own.get(ASK, EACH.backlog(Backlog.hold(2)))) {
                        open.add(replies);
                        // A queryable that closes ends queries that it didn't take with an error.
                        replies.forEach(
                            reply ->
                                assertTrue(reply instanceof Reply.Failure || number(reply) < 20));
                      }
                    }
                  } catch (IllegalStateException | ZenohException _) {
                    // it was closed meanwhile
                  } catch (Throwable e) {
                    faults.add(e);
                  }
                }));
      }
      Thread.sleep(1 + round % 10);
      switch (round % 3) {
        case 0 -> own.close();
        case 1 -> queryable.close();
        default -> open.forEach(Replies::close);
      }
      own.close();
      for (Thread each : asking) {
        Await.ended(each);
      }
      assertEquals(List.of(), List.copyOf(faults));
    }
  }

  @Test
  void thousandsOfDeclarationsLeaveNothingBehind() throws Exception {
    int threadsBefore = -1;
    for (int i = 0; i < 3_000; i++) {
      try (Queryable queryable =
              session.declareQueryable(
                  KEY, QueryableOptions.defaults(), query -> query.reply(KEY, Payloads.number(1)));
          Querier querier = session.declareQuerier(KEY, EACH);
          MatchingListener listener = querier.declareMatchingListener();
          LivelinessToken token = session.liveliness().declareToken(KEY);
          Subscriber alive =
              session.liveliness().declareSubscriber(KEY, true, SubscriberOptions.defaults());
          Replies replies = querier.get(Parameters.empty())) {
        assertFalse(queryable.isClosed() || listener.isClosed() || token.isClosed());
        assertFalse(alive.isClosed());
        try (Reply reply = replies.receive(Await.LONG).orElseThrow()) {
          assertEquals(1, number(reply));
        }
      }
      if (i == 300) {
        threadsBefore = Thread.activeCount();
      }
    }
    assertTrue(Thread.activeCount() <= threadsBefore + 2);
    Await.until("all leases end", () -> Leases.heldCount() == 0);
  }
}
