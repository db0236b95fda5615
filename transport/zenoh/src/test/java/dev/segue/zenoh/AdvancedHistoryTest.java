package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The history of a publisher that goes on publishing while a subscriber asks for it. */
@Timeout(120)
@SuppressWarnings("try") // waits for a thread as it closes
class AdvancedHistoryTest {
  private static final KeyExpr KEY = KeyExpr.of("test/history");
  private static final int ALL = 1_000_000;
  private static final AdvancedPublisherOptions CACHED =
      AdvancedPublisherOptions.of(PublisherOptions.blocking())
          .cache(CacheConfig.defaults().maxSamples(ALL))
          .sampleMissDetection(MissDetectionConfig.defaults())
          .detectable();
  private static final Config ROUTER =
      Config.isolated()
          .mode(Mode.ROUTER)
          .timestamping(true)
          .set("connect/retry", "{period_init_ms:20,period_max_ms:20}");
  private static final HistoryConfig HISTORY = HistoryConfig.defaults().detectLatePublishers();
  private static final AdvancedSubscriberOptions LATE =
      AdvancedSubscriberOptions.of(SubscriberOptions.defaults().backlog(Backlog.last(ALL)))
          .history(HISTORY);

  /** Puts its numbers until it is closed. */
  private static final class Numbers implements AutoCloseable {
    private final Publisher publisher;
    private final Thread thread;
    private volatile boolean isOver;
    private volatile int count;

    Numbers(Session session, KeyExpr key, AdvancedPublisherOptions options) throws ZenohException {
      publisher = session.declareAdvancedPublisher(key, options);
      thread = Threads.start(this::put);
    }

    private void put() throws ZenohException {
      for (int number = 0; !isOver; number++) {
        publisher.put(SegmentedBytes.copyOfUtf8(Integer.toString(number)));
        count = number + 1;
        LockSupport.parkNanos(50_000);
      }
    }

    Numbers awaitPut(int more) throws ZenohException {
      int target = count + more;
      Await.until("puts", () -> count >= target);
      return this;
    }

    @Override
    public void close() throws InterruptedException {
      isOver = true;
      Await.ended(thread);
      publisher.close();
    }
  }

  private static Session open(Config config) throws ZenohException {
    return Session.open(config.sharedMemory(false));
  }

  private static Session openClient(String endpoint) throws ZenohException {
    return open(Config.isolated().mode(Mode.CLIENT).connect(endpoint));
  }

  private static int next(Subscriber subscriber) throws InterruptedException {
    Optional<Sample> next = subscriber.receive(Await.LONG);
    try (Sample sample = next.orElseThrow()) {
      return Integer.parseInt(sample.payload().copyToUtf8String());
    }
  }

  /** Expects all from a number up to the one that is put now. */
  private static void assertGetsAll(AdvancedSubscriber subscriber, int from, Numbers numbers)
      throws Exception {
    int last = numbers.count + 100;
    for (int number = from; number <= last; number++) {
      assertEquals(number, next(subscriber));
    }
    assertEquals(0, subscriber.missedCount());
  }

  private static void assertIsWhole(Session near, Session far) throws Exception {
    for (int round = 0; round < 20; round++) {
      KeyExpr key = KeyExpr.of(KEY + "/" + round);
      try (Numbers numbers = new Numbers(near, key, CACHED);
          AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(key, LATE)) {
        assertGetsAll(subscriber, 0, numbers);
      }
    }
  }

  @Test
  void itComesBeforeWhatAPublisherThatIsReachedLatePutsMeanwhile() throws Exception {
    try (Session far = open(Config.isolated().listen("tcp/127.0.0.1:0"));
        CutLink link = new CutLink(far.locators().getFirst());
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, LATE)) {
      link.cut();
      try (Session near = open(Config.isolated().connect(link.endpoint()));
          Numbers numbers = new Numbers(near, KEY, CACHED).awaitPut(100)) {
        link.restore();
        assertGetsAll(subscriber, 0, numbers);
      }
    }
  }

  private static void assertComesFromRouter(AdvancedPublisherOptions options) throws Exception {
    try (Session far = open(ROUTER.listen("tcp/127.0.0.1:0"));
        CutLink link = new CutLink(far.locators().getFirst());
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, LATE)) {
      link.cut();
      try (Session near = open(ROUTER.connect(link.endpoint()));
          Publisher publisher = near.declareAdvancedPublisher(KEY, options)) {
        publisher.put(SegmentedBytes.copyOfUtf8("7"));
        link.restore();
        assertEquals(7, next(subscriber));
      }
    }
  }

  /** Each router works out its ways at a time of its own, so this takes some rounds. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void itComesFromARouterThatIsReachedLate(boolean isNumbered) throws Exception {
    AdvancedPublisherOptions stamped =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults())
            .detectable();
    for (int round = 0; round < 10; round++) {
      assertComesFromRouter(isNumbered ? CACHED : stamped);
    }
  }

  @Test
  void itIsWholeIfPeersDeclareBothAtOnce() throws Exception {
    try (Pair pair = Pair.overNetwork()) {
      assertIsWhole(pair.near(), pair.far());
    }
  }

  @Test
  void itIsWholeIfClientsOfARouterDeclareBothAtOnce() throws Exception {
    try (Session router = open(Config.isolated().mode(Mode.ROUTER).listen("tcp/127.0.0.1:0"));
        Session far = openClient(router.locators().getFirst());
        Session near = openClient(router.locators().getFirst())) {
      assertIsWhole(near, far);
    }
  }

  @Test
  void itIsNoLongerThanAskedForIfWhatIsMissedIsRecoveredAsWell() throws Exception {
    Duration often = Duration.ofMillis(1);
    AdvancedPublisherOptions beating =
        CACHED.sampleMissDetection(MissDetectionConfig.defaults().heartbeat(often));
    AdvancedSubscriberOptions few =
        LATE.history(HISTORY.maxSamples(5)).recovery(RecoveryConfig.defaults().withHeartbeat());
    try (Pair pair = Pair.overNetwork();
        Numbers numbers = new Numbers(pair.near(), KEY, beating).awaitPut(200)) {
      int least = numbers.count - 5;
      for (int round = 0; round < 20; round++) {
        try (AdvancedSubscriber subscriber = pair.far().declareAdvancedSubscriber(KEY, few)) {
          int first = next(subscriber);
          assertTrue(first >= least, () -> "first=" + first + " least=" + least);
          assertGetsAll(subscriber, first + 1, numbers);
        }
      }
    }
  }

  private static boolean hasLink(Session session) throws ZenohException {
    return !session.peers().isEmpty() || !session.routers().isEmpty();
  }

  /** What is put while a link is cut comes when it is back, and nothing is told to be missed. */
  private static void assertComesBack(
      CutLink link, Session watched, Numbers numbers, AdvancedSubscriber subscriber)
      throws Exception {
    int next = next(subscriber);
    for (int round = 0; round < 3; round++) {
      link.cut();
      Await.until("the link ends", () -> !hasLink(watched));
      numbers.awaitPut(100);
      link.restore();
      Await.until("the link is back", () -> hasLink(watched));
      int last = numbers.awaitPut(1000).count;
      while (next < last) {
        assertEquals(next + 1, next(subscriber));
        next++;
      }
    }
    assertGetsAll(subscriber, next + 1, numbers);
  }

  private static void assertComesBack(Mode mode, AdvancedSubscriberOptions options)
      throws Exception {
    Config config = Config.isolated().mode(mode);
    try (Session far = open(config.listen("tcp/127.0.0.1:0"));
        CutLink link = new CutLink(far.locators().getFirst());
        Session near = open(config.connect(link.endpoint()));
        Numbers numbers = new Numbers(near, KEY, CACHED);
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, options)) {
      assertComesBack(link, near, numbers, subscriber);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"PEER", "ROUTER"})
  void whatIsPutWhileALinkIsCutComesWhenItIsBack(Mode mode) throws Exception {
    assertComesBack(mode, LATE);
  }

  @Test
  void whatIsPutWhileALinkIsCutIsRecoveredBeyondWhatHistoryAsksFor() throws Exception {
    assertComesBack(
        Mode.PEER,
        LATE.history(HISTORY.maxSamples(5)).recovery(RecoveryConfig.defaults().withHeartbeat()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsPutWhileAClientHasNoRouterComesWhenItIsBack(boolean isPublisher) throws Exception {
    try (Session router = open(Config.isolated().mode(Mode.ROUTER).listen("tcp/127.0.0.1:0"));
        CutLink link = new CutLink(router.locators().getFirst());
        Session cut = openClient(link.endpoint());
        Session other = openClient(router.locators().getFirst());
        Numbers numbers = new Numbers(isPublisher ? cut : other, KEY, CACHED);
        AdvancedSubscriber subscriber =
            (isPublisher ? other : cut).declareAdvancedSubscriber(KEY, LATE)) {
      assertComesBack(link, cut, numbers, subscriber);
    }
  }

  /** Who has gaps isn't asked again without recovery, and doesn't wait for what others answer. */
  @Test
  void onePublisherThatDoesNotAnswerHoldsNoOtherBack() throws Exception {
    KeyExpr live = KeyExpr.of(KEY + "/live");
    AdvancedSubscriberOptions newest =
        LATE.history(HISTORY.maxSamples(1)).queryTimeout(Await.LONG.multipliedBy(10));
    CountDownLatch asked = new CountDownLatch(1);
    Queue<Query> open = new ConcurrentLinkedQueue<>();
    QueryHandler silent =
        query -> {
          open.add(query.retain());
          asked.countDown();
        };
    try (Session near =
            open(
                Config.isolated()
                    .listen("tcp/127.0.0.1:0")
                    .downsampling(Downsampling.of(live, 100)));
        Session far = open(Config.isolated().connect(near.locators().getFirst()));
        Queryable stuck =
            near.declareQueryable(
                KeyExpr.of(KEY + "/stuck/@adv/pub/*/*/**"), QueryableOptions.defaults(), silent);
        Numbers numbers = new Numbers(near, live, CACHED).awaitPut(200);
        AdvancedSubscriber subscriber =
            far.declareAdvancedSubscriber(KeyExpr.of(KEY + "/*"), newest)) {
      assertTrue(asked.await(Await.LONG.toSeconds(), TimeUnit.SECONDS));
      int before = -1;
      for (int count = 0; count < 50; count++) {
        int number = next(subscriber);
        assertTrue(number > before, number + " after " + before);
        before = number;
      }
      open.forEach(Query::close);
    }
  }

  /** The memory of publishers is short, and an answer takes longer than that. */
  @Test
  void whatWaitsForAQueryOutlivesTheMemoryOfItsPublisher() throws Exception {
    AdvancedSubscriberOptions forgetful =
        LATE.history(HistoryConfig.defaults())
            .recovery(RecoveryConfig.defaults().retentionPeriod(Duration.ofMillis(1)))
            .queryTimeout(Await.LONG.multipliedBy(10));
    Queue<Query> open = new ConcurrentLinkedQueue<>();
    KeyExpr stuck = KeyExpr.of(KEY + "/stuck/@adv/pub/*/*/**");
    try (Session session = open(Config.isolated());
        Queryable silent =
            session.declareQueryable(
                stuck, QueryableOptions.defaults(), query -> open.add(query.retain()));
        Publisher publisher = session.declareAdvancedPublisher(KeyExpr.of(KEY + "/live"), CACHED);
        AdvancedSubscriber subscriber =
            session.declareAdvancedSubscriber(KeyExpr.of(KEY + "/*"), forgetful)) {
      Await.until("the query", () -> !open.isEmpty());
      for (int number = 0; number < 5; number++) {
        publisher.put(SegmentedBytes.copyOfUtf8(Integer.toString(number)));
      }
      Thread.sleep(200); // as long as it may take to forget
      open.forEach(Query::close);
      for (int number = 0; number < 5; number++) {
        assertEquals(number, next(subscriber));
      }
    }
  }

  private static boolean hasTokens(Session session, KeyExpr keys) throws ZenohException {
    boolean found = false;
    try (Replies replies = session.liveliness().get(keys, Await.LONG)) {
      for (Reply reply : replies) {
        found |= reply instanceof Reply.Success;
      }
    }
    return found;
  }

  @Test
  void aClosedSubscriberLetsGoOfWhatWaitsForItsQuery() throws Exception {
    AdvancedSubscriberOptions detectable =
        LATE.history(HistoryConfig.defaults())
            .detectable()
            .queryTimeout(Await.LONG.multipliedBy(10));
    AdvancedPublisherOptions numbered =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .sampleMissDetection(MissDetectionConfig.defaults());
    KeyExpr tokens = KeyExpr.of(KEY + "/*/@adv/sub/**");
    Queue<Query> open = new ConcurrentLinkedQueue<>();
    try (Session session = Session.open(Config.isolated().sharedMemory(true));
        Queryable silent =
            session.declareQueryable(
                KeyExpr.of(KEY + "/stuck/@adv/pub/*/*/**"),
                QueryableOptions.defaults(),
                query -> open.add(query.retain()));
        ShmPool pool = ShmPool.create(1 << 20);
        Publisher publisher =
            session.declareAdvancedPublisher(KeyExpr.of(KEY + "/live"), numbered);
        AdvancedSubscriber subscriber =
            session.declareAdvancedSubscriber(KeyExpr.of(KEY + "/*"), detectable)) {
      Await.until("the query", () -> !open.isEmpty());
      long available = pool.availableByteSize();
      publisher.put(pool.tryLoan(1_000, Await.LONG).orElseThrow());
      assertTrue(pool.availableByteSize() < available);
      assertTrue(hasTokens(session, tokens));
      subscriber.close();
      Await.until("all is available", () -> pool.availableByteSize() == available);
      Await.until("the token ends", () -> !hasTokens(session, tokens));
      open.forEach(Query::close);
    }
  }
}
