package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Advanced publishers and subscribers: what comes late, and what was missed. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class AdvancedTest {
  private static final KeyExpr KEY = KeyExpr.of("test/advanced");
  private static final AdvancedPublisherOptions NUMBERED =
      AdvancedPublisherOptions.of(PublisherOptions.blocking())
          .sampleMissDetection(MissDetectionConfig.defaults());
  private static final AdvancedPublisherOptions CACHED =
      NUMBERED.cache(CacheConfig.defaults().maxSamples(10)).detectable();
  private static final AdvancedSubscriberOptions PLAIN = AdvancedSubscriberOptions.defaults();
  private Pair pair;

  @BeforeEach
  void open() throws ZenohException {
    pair = Pair.overNetwork();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private static void put(Publisher publisher, int number) throws ZenohException {
    publisher.put(SegmentedBytes.copyOfUtf8("n" + number));
  }

  private static List<String> next(Subscriber subscriber, int count) throws InterruptedException {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
        texts.add(sample.kind() == SampleKind.PUT ? sample.payload().copyToUtf8String() : "gone");
      }
    }
    return texts;
  }

  private Publisher publisher(AdvancedPublisherOptions options) throws ZenohException {
    return pair.near().declareAdvancedPublisher(KEY, options);
  }

  private AdvancedSubscriber subscriber(AdvancedSubscriberOptions options) throws ZenohException {
    return pair.far().declareAdvancedSubscriber(KEY, options);
  }

  /** Whether a cache answers what a late subscriber asks. */
  private boolean isAnswered() throws ZenohException {
    GetOptions options = GetOptions.defaults().accepted(ReplyKeyExpr.ANY);
    try (Replies replies = pair.far().get(Selector.of(KEY + "/@adv/pub/**"), options)) {
      return replies.stream().findAny().isPresent();
    }
  }

  /** Puts the numbers of a plain publisher, as one would see them of a bad line. */
  private void putNumbered(Publisher plain, int... numbers) throws ZenohException {
    for (int number : numbers) {
      plain.put(SegmentedBytes.copyOfUtf8("n" + number), PutOptions.none().sequenceNumber(number));
    }
  }

  @Test
  void aLateSubscriberGetsTheNewestOfWhatWasPublishedAndThenWhatFollows() throws Exception {
    try (Publisher publisher = publisher(CACHED)) {
      for (int i = 0; i < 15; i++) {
        put(publisher, i);
      }
      publisher.delete();
      HistoryConfig history = HistoryConfig.defaults().detectLatePublishers().maxSamples(3);
      try (AdvancedSubscriber subscriber = subscriber(PLAIN.history(history))) {
        // The core's cache keeps a delete as an empty put.
        assertEquals(List.of("n13", "n14", ""), next(subscriber, 3));
        Await.matched(publisher);
        put(publisher, 15);
        assertEquals(List.of("n15"), next(subscriber, 1));
        assertEquals(0, subscriber.missedCount());
      }
      try (AdvancedSubscriber without = subscriber(PLAIN)) {
        Await.matched(publisher);
        put(publisher, 16);
        assertEquals(List.of("n16"), next(without, 1));
      }
    }
  }

  @Test
  void whatIsMissedIsToldAndCounted() throws Exception {
    BlockingQueue<Miss> handled = new LinkedBlockingQueue<>();
    try (AdvancedSubscriber subscriber = subscriber(PLAIN);
        SampleMissListener listener = subscriber.declareSampleMissListener();
        SampleMissListener _ = subscriber.declareSampleMissListener(handled::add);
        Publisher plain = pair.publisher(KEY)) {
      assertEquals(Optional.empty(), listener.tryReceive());
      putNumbered(plain, 1, 2, 5, 6, 10);
      assertEquals(List.of("n1", "n2", "n5", "n6", "n10"), next(subscriber, 5));
      Miss first = listener.receive(Await.LONG).orElseThrow();
      assertEquals(2, first.count());
      assertEquals(pair.near().zid(), first.source().zid());
      assertEquals(3, listener.receive(Await.LONG).orElseThrow().count());
      assertEquals(first, handled.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
      assertEquals(5, subscriber.missedCount());
      assertEquals(Optional.empty(), listener.tryReceive());
      subscriber.close();
      assertTrue(listener.isClosed());
      assertThrows(IllegalStateException.class, listener::tryReceive);
      assertThrows(IllegalStateException.class, subscriber::missedCount);
      assertThrows(IllegalStateException.class, subscriber::declareSampleMissListener);
    }
  }

  @Test
  void whoWaitsForAMissLearnsOfTheEndOfTheSession() throws Exception {
    AdvancedSubscriber subscriber = subscriber(PLAIN);
    SampleMissListener listener = subscriber.declareSampleMissListener();
    Thread waiting =
        Thread.startVirtualThread(
            () -> assertThrows(IllegalStateException.class, () -> listener.receive(Await.LONG)));
    pair.far().close();
    Await.ended(waiting);
    assertTrue(listener.isClosed());
    assertEquals(0, pair.far().declaredCount());
  }

  @Test
  void puttersOnManyThreadsMakeNoGaps() throws Exception {
    int each = 500;
    SubscriberOptions all = SubscriberOptions.defaults().backlog(Backlog.last(4 * each));
    try (AdvancedSubscriber subscriber = subscriber(AdvancedSubscriberOptions.of(all));
        Publisher publisher = Await.matched(publisher(NUMBERED))) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int n = 0; n < each; n++) {
                        try {
                          put(publisher, n);
                        } catch (ZenohException e) {
                          throw new AssertionError(e);
                        }
                      }
                    }));
      }
      assertEquals(4 * each, next(subscriber, 4 * each).size());
      for (Thread thread : threads) {
        Await.ended(thread);
      }
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void aSubscriberLearnsWhichPublishersThereAre() throws Exception {
    try (AdvancedSubscriber subscriber = subscriber(PLAIN);
        Subscriber tokens = subscriber.detectPublishers(true, SubscriberOptions.defaults())) {
      Publisher publisher = publisher(NUMBERED.detectable(KeyExpr.of("left")));
      try (Sample token = tokens.receive(Await.LONG).orElseThrow()) {
        assertEquals(SampleKind.PUT, token.kind());
        String key = token.keyExpr().toString();
        assertTrue(key.startsWith(KEY + "/@adv/pub/" + pair.near().zid() + "/"), key);
        assertTrue(key.endsWith("/left"), key);
      }
      publisher.close();
      try (Sample token = tokens.receive(Await.LONG).orElseThrow()) {
        assertEquals(SampleKind.DELETE, token.kind());
      }
    }
  }

  @Test
  void aCacheCopiesMemoryThatItsOwnerMayCloseAndKeepsThatOfAPool() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    try (LoanPool pool = new OffHeapPool(1 << 16);
        Publisher publisher = publisher(CACHED.cache(CacheConfig.defaults().maxSamples(2)))) {
      SegmentedBytes foreign;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 'f', (byte) 'o');
        foreign = SegmentedBytes.borrow(segment.asReadOnly());
        publisher.put(foreign, PutOptions.none().attachment(foreign));
        assertFalse(foreign.isLent());
        segment.fill((byte) 'X');
      }
      assertEquals(4, CopyLedger.snapshot().since(before).byteCount("zenoh.cache"));
      Loan loan = pool.loan(2);
      loan.segment().fill((byte) 'p');
      SegmentedBytes owned = loan.handOver();
      publisher.put(owned);
      loan.close();
      assertTrue(owned.isLent());
      Await.until("the cache to be known", this::isAnswered);
      HistoryConfig history = HistoryConfig.defaults();
      try (AdvancedSubscriber subscriber = subscriber(PLAIN.history(history))) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals("fo", sample.payload().copyToUtf8String());
          assertEquals("fo", sample.attachment().orElseThrow().copyToUtf8String());
        }
        assertEquals(List.of("pp"), next(subscriber, 1));
      }
      assertEquals(4, CopyLedger.snapshot().since(before).byteCount("zenoh.cache"));
      put(publisher, 1);
      put(publisher, 2);
      assertTrue(owned.awaitReleased(Await.LONG));
    }
  }

  @Test
  void whatAdvancedOnesCantDoIsRefusedAndNothingIsLost() throws Exception {
    SubscriberOptions hold = SubscriberOptions.defaults().backlog(Backlog.hold(9));
    assertThrows(IllegalArgumentException.class, () -> AdvancedSubscriberOptions.of(hold));
    Duration none = Duration.ZERO;
    assertThrows(IllegalArgumentException.class, () -> PLAIN.queryTimeout(none));
    assertThrows(
        IllegalArgumentException.class, () -> MissDetectionConfig.defaults().heartbeat(none));
    assertThrows(IllegalArgumentException.class, () -> CacheConfig.defaults().maxSamples(0));
    assertThrows(IllegalArgumentException.class, () -> HistoryConfig.defaults().maxSamples(0));
    assertThrows(
        IllegalArgumentException.class, () -> RecoveryConfig.defaults().retentionPeriod(none));
    KeyExpr longest = KeyExpr.of("k".repeat(65_500));
    assertThrows(
        IllegalArgumentException.class,
        () -> pair.near().declareAdvancedPublisher(longest, NUMBERED));
    assertThrows(
        IllegalArgumentException.class,
        () -> pair.near().declareAdvancedSubscriber(longest, PLAIN));
    try (AdvancedSubscriber subscriber = subscriber(PLAIN);
        Publisher publisher = Await.matched(publisher(CACHED))) {
      put(publisher, 1);
      SegmentedBytes refused = SegmentedBytes.copyOfUtf8("no");
      PutOptions numbered = PutOptions.none().sequenceNumber(7);
      assertThrows(IllegalArgumentException.class, () -> publisher.put(refused, numbered));
      assertThrows(IllegalArgumentException.class, () -> publisher.delete(numbered));
      assertFalse(refused.isLent());
      put(publisher, 2);
      assertEquals(List.of("n1", "n2"), next(subscriber, 2));
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void aCacheWithoutNumbersNeedsTimestampsAndIsInTheirOrder() throws Exception {
    AdvancedPublisherOptions timed =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(10));
    try (Session without = Session.open(Config.isolated().timestamping(false))) {
      ZenohException failure =
          assertThrows(ZenohException.class, () -> without.declareAdvancedPublisher(KEY, timed));
      assertEquals(ZenohException.Kind.DECLARATION, failure.kind());
    }
    try (Session with =
            Session.open(
                Config.isolated()
                    .sharedMemory(false)
                    .timestamping(true)
                    .connect(pair.far().locators().getFirst()));
        Publisher publisher = with.declareAdvancedPublisher(KEY, timed)) {
      put(publisher, 1);
      put(publisher, 2);
      PutOptions old = PutOptions.none().timestamp(with.newTimestamp());
      assertThrows(
          IllegalArgumentException.class,
          () -> publisher.put(SegmentedBytes.copyOfUtf8("old"), old));
      Await.until("the cache to be known", this::isAnswered);
      try (AdvancedSubscriber subscriber = subscriber(PLAIN.history(HistoryConfig.defaults()))) {
        assertEquals(List.of("n1", "n2"), next(subscriber, 2));
        Await.matched(publisher);
        put(publisher, 3);
        assertEquals(List.of("n3"), next(subscriber, 1));
      }
    }
  }

  @Test
  void aSubscriberOfTheSameSessionRecoversWhatItMissed() throws Exception {
    try (AdvancedSubscriber subscriber =
            pair.near()
                .declareAdvancedSubscriber(
                    KEY,
                    PLAIN
                        .recovery(RecoveryConfig.defaults().withHeartbeat())
                        .history(HistoryConfig.defaults().detectLatePublishers())
                        .detectable());
        Publisher publisher =
            publisher(
                CACHED.sampleMissDetection(
                    MissDetectionConfig.defaults().heartbeat(Duration.ofMillis(20))))) {
      for (int i = 0; i < 10; i++) {
        put(publisher, i);
      }
      assertEquals(
          List.of("n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"),
          next(subscriber, 10));
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void publishersThatEndWhileALateSubscriberAsksHoldNobodyUp() throws Exception {
    HistoryConfig history = HistoryConfig.defaults().detectLatePublishers();
    for (int round = 0; round < 10; round++) {
      Publisher ending = publisher(CACHED);
      put(ending, round);
      Thread closing = Thread.ofPlatform().start(ending::close);
      try (AdvancedSubscriber subscriber = subscriber(PLAIN.history(history));
          Publisher staying = Await.matched(publisher(CACHED))) {
        Await.ended(closing);
        put(staying, 99);
        String text = next(subscriber, 1).getFirst();
        if (text.equals("n" + round)) {
          text = next(subscriber, 1).getFirst();
        }
        assertEquals("n99", text);
      }
    }
  }

  @Test
  void subscribersAndListenersEndWhileMissesAreTold() throws Exception {
    try (Publisher plain = pair.near().declarePublisher(KEY, PublisherOptions.blocking())) {
      for (int round = 0; round < 20; round++) {
        BlockingQueue<Miss> handled = new LinkedBlockingQueue<>();
        AdvancedSubscriber subscriber = subscriber(PLAIN);
        subscriber.declareSampleMissListener(handled::add);
        Await.matched(plain);
        int first = 10_000_000 * round;
        AtomicBoolean isOver = new AtomicBoolean();
        // The match may be that of the last round, which is about to end, and the first go nowhere.
        Thread putting =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        for (int i = 0; !isOver.get(); i++) {
                          putNumbered(plain, first + 2 * i);
                        }
                      } catch (ZenohException e) {
                        throw new AssertionError(e);
                      }
                    });
        assertNotNull(handled.poll(Await.LONG.toSeconds(), TimeUnit.SECONDS));
        subscriber.close();
        isOver.set(true);
        Await.ended(putting);
      }
    }
    // A listener is forgotten by the thread of its handler.
    Await.until("the listeners to be forgotten", () -> pair.far().declaredCount() == 0);
  }
}
