package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is declared and closed ten thousand times, and sessions a thousand times. */
@Timeout(400)
class DeclarationsTest {
  private static final KeyExpr KEY = KeyExpr.of("test/declarations");
  private static final Path SELF = Path.of("/proc/self");

  /** Of native memory, in bytes. */
  private static final long MAX_GROWTH = 8 << 20;

  private static final int MAX_GROWTH_COUNT = 50;

  private static int count(String folder) throws ZenohException {
    try (Stream<Path> entries = Files.list(SELF.resolve(folder))) {
      return (int) entries.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  interface Step {
    void run() throws Exception;
  }

  /** Runs a step some times to warm up, and more often to see what grows. */
  static void assertNothingGrows(int warmUp, int times, Step step) throws Exception {
    assumeTrue(Files.exists(SELF.resolve("task")), "no /proc");
    run(warmUp, step);
    int threads = count("task");
    int files = count("fd");
    long mappings = NativeMemory.mappingCount();
    // The JVM itself grows for a while; a leak grows in each round.
    List<Long> used = new ArrayList<>(List.of(NativeMemory.usedByteSize()));
    long growth;
    do {
      run(times, step);
      used.add(NativeMemory.usedByteSize());
      growth = used.getLast() - used.get(used.size() - 2);
      assertTrue(used.size() < 5 || growth < MAX_GROWTH, () -> "bytes used " + used);
    } while (growth >= MAX_GROWTH);
    Await.until("threads to end", () -> count("task") < threads + MAX_GROWTH_COUNT);
    Await.until("files to be closed", () -> count("fd") < files + MAX_GROWTH_COUNT);
    long mapped = NativeMemory.mappingCount() - mappings;
    assertTrue(mapped < MAX_GROWTH_COUNT, () -> "growth of mappings=" + mapped);
    Await.until("all leases end", () -> Leases.heldCount() == 0);
  }

  private static void run(int times, Step step) throws Exception {
    for (int i = 0; i < times; i++) {
      step.run();
    }
  }

  @Test
  void tenThousandOfEachEntityLeaveNothingBehind() throws Exception {
    try (Pair pair = Pair.overNetwork()) {
      Session session = pair.near();
      assertNothingGrows(
          1_000,
          9_000,
          () -> {
            try (Publisher publisher = session.declarePublisher(KEY);
                MatchingListener matching = publisher.declareMatchingListener();
                Subscriber subscriber = session.declareSubscriber(KEY);
                Queryable queryable = session.declareQueryable(KEY);
                Querier querier = session.declareQuerier(KEY, GetOptions.defaults());
                LivelinessToken token = session.liveliness().declareToken(KEY);
                ConnectivityListener listener = session.connectivity().declareListener()) {
              assertFalse(publisher.isClosed() || matching.isClosed() || subscriber.isClosed());
              assertFalse(queryable.isClosed() || querier.isClosed() || token.isClosed());
              assertFalse(listener.isClosed());
            }
          });
      assertEquals(0, session.declaredCount());
      // The other end has forgotten them as well.
      try (Publisher publisher = pair.far().declarePublisher(KEY)) {
        Await.until("no match", () -> !publisher.hasMatchingSubscribers());
      }
    }
  }

  @Test
  void aThousandSessionsLeaveNothingBehind() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"))) {
      Config connecting = Config.isolated().connect(far.locators().getFirst());
      // The core takes its time for those that connect.
      AtomicInteger opened = new AtomicInteger();
      assertNothingGrows(
          100,
          900,
          () -> {
            Config config = opened.getAndIncrement() % 50 == 0 ? connecting : Config.isolated();
            try (Session session = Session.open(config);
                Subscriber subscriber = session.declareSubscriber(KEY)) {
              session.put(KEY, Payloads.number(1));
              subscriber.receive(Await.LONG).orElseThrow().close();
            }
          });
      Await.until("the links to end", () -> far.links().isEmpty());
    }
  }

  /** An id of a key has 16 bits. */
  @Test
  void keysStayApartAfterMoreDeclarationsThanThereAreIds() throws Exception {
    SubscriberOptions all = SubscriberOptions.defaults().backlog(Backlog.last(100));
    try (Pair pair = Pair.overNetwork();
        Subscriber near = pair.near().declareSubscriber(KeyExpr.of("test/ids/**"), all);
        Subscriber far = pair.far().declareSubscriber(KeyExpr.of("test/ids/**"), all);
        Publisher first = pair.publisher(KeyExpr.of("test/ids/first"))) {
      for (int i = 0; i < 65_536 - 8; i++) {
        pair.near().declarePublisher(KEY).close();
      }
      List<Publisher> later = new ArrayList<>();
      List<String> keys = new ArrayList<>(List.of("test/ids/first"));
      for (int i = 0; i < 16; i++) {
        keys.add("test/ids/later" + i);
        later.add(pair.publisher(KeyExpr.of(keys.getLast())));
      }
      first.put(SegmentedBytes.copyOfUtf8("test/ids/first"));
      for (int i = 0; i < later.size(); i++) {
        later.get(i).put(SegmentedBytes.copyOfUtf8("test/ids/later" + i));
      }
      for (Subscriber subscriber : List.of(near, far)) {
        for (String key : keys) {
          try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
            assertEquals(key, sample.payload().copyToUtf8String());
            assertEquals(key, sample.keyExpr().toString());
          }
        }
      }
      later.forEach(Publisher::close);
    }
  }

  /** The routing keeps its ways to a session, each with the number of a key. */
  @Test
  void whatComesIsReceivedAlsoAfterAKeyThatItsOwnBeginsWithIsClosed() throws Exception {
    KeyExpr key = KeyExpr.of("test/closed/k");
    try (Pair pair = Pair.overNetwork();
        Subscriber all = pair.far().declareSubscriber(KeyExpr.of("**"));
        Queryable _ =
            pair.far()
                .declareQueryable(
                    KeyExpr.of("**"),
                    QueryableOptions.defaults(),
                    query -> query.reply(key, SegmentedBytes.copyOfUtf8("reply")));
        Subscriber _ = pair.near().declareSubscriber(key);
        Publisher publisher = pair.publisher(key, overTheLink());
        Querier querier = pair.near().declareQuerier(key, GetOptions.defaults())) {
      assertTrue(querier.awaitMatchingQueryables(Await.LONG));
      try (Subscriber _ = pair.far().declareSubscriber(KeyExpr.of("test/closed"))) {
        assertReceivesAndReplies(pair, publisher, all);
      }
      assertReceivesAndReplies(pair, publisher, all);
    }
  }

  /** A peer between a client and a router asks the router on behalf of both. */
  @Test
  void aPublisherMatchesAlsoAfterAClientHasClosedOneOfTheSameKey() throws Exception {
    String any = "tcp/127.0.0.1:0";
    try (Session router = Session.open(Config.isolated().mode(Mode.ROUTER).listen(any));
        Session peer =
            Session.open(Config.isolated().connect(router.locators().getFirst()).listen(any));
        Session client = client(peer);
        Session other = client(router);
        Publisher publisher = peer.declarePublisher(KEY)) {
      try (Publisher _ = client.declarePublisher(KEY);
          Subscriber _ = other.declareSubscriber(KEY)) {
        Await.matched(publisher);
      }
      Await.until("no subscriber", () -> !publisher.hasMatchingSubscribers());
      // What the client says now comes behind the end of its publisher.
      try (Subscriber _ = client.declareSubscriber(KEY)) {
        Await.matched(publisher);
      }
      Await.until("no subscriber again", () -> !publisher.hasMatchingSubscribers());
      try (Subscriber _ = other.declareSubscriber(KEY)) {
        Await.matched(publisher);
      }
    }
  }

  private static Session client(Session of) throws ZenohException {
    Config config = Config.isolated().mode(Mode.CLIENT);
    return Session.open(config.connect(of.locators().getFirst()));
  }

  /** The subscriber of the same session makes no match of such a publisher. */
  private static PublisherOptions overTheLink() {
    PublisherOptions blocking = PublisherOptions.blocking();
    return blocking.qos(blocking.qos().destination(Locality.REMOTE));
  }

  private static void assertReceivesAndReplies(Pair pair, Publisher publisher, Subscriber all)
      throws Exception {
    publisher.put(SegmentedBytes.copyOfUtf8("text"));
    try (Sample sample = all.receive(Await.LONG).orElseThrow()) {
      assertEquals(publisher.keyExpr(), sample.keyExpr());
    }
    try (Replies replies = pair.near().get(Selector.of(publisher.keyExpr()))) {
      replies.receive(Await.LONG).orElseThrow().close();
    }
  }
}
