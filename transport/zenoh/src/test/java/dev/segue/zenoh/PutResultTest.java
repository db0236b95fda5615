package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A publish that says what happened. */
@Timeout(120)
@SuppressWarnings("try") // closes by hand
class PutResultTest {
  private static final KeyExpr KEY = KeyExpr.of("test/verdict");
  private static final SegmentedBytes SMALL = SegmentedBytes.copyOfUtf8("small");
  private static final int LARGE_BYTE_SIZE = 1 << 20;

  /** Waits until the peer has said that it has no subscriber: before that, it is sent all. */
  private static void isKnownToNobody(Publisher publisher) throws ZenohException {
    Await.until("no subscriber", () -> publisher.tryPut(SMALL).verdict() == Verdict.NOBODY);
  }

  @Test
  void aSampleGoesToNobodyToThisSessionOverTheNetworkOrToBoth() throws Exception {
    try (Pair pair = Pair.overNetwork();
        Publisher publisher = pair.near().declarePublisher(KEY)) {
      isKnownToNobody(publisher);
      PutResult nobody = publisher.tryPut(SMALL);
      assertEquals(new PutResult(Verdict.NOBODY, false, 0, 0, 0, 0, null), nobody);
      Subscriber here = pair.near().declareSubscriber(KEY);
      PutResult session = publisher.tryPut(SMALL, PutOptions.none());
      assertEquals(new PutResult(Verdict.SESSION, true, 0, 0, 0, 0, null), session);
      try (Subscriber _ = pair.far().declareSubscriber(KEY)) {
        Await.until("a link", () -> publisher.tryPut(SMALL).verdict() == Verdict.NETWORK);
        PutResult both = publisher.tryPut(SMALL);
        assertEquals(new PutResult(Verdict.NETWORK, true, 0, 1, 0, 0, NotShared.DISABLED), both);
        assertEquals(Optional.of(NotShared.DISABLED), both.whyNotShared());
        here.close();
        assertFalse(publisher.tryPut(SMALL).inSession());
      }
      assertEquals(new DropCounts(0, 0), publisher.drops());
    }
  }

  @Test
  void aWholeLoanGoesThroughSharedMemoryAndWhyOtherMemoryDoesntIsSaid() throws Exception {
    try (Pair pair = Pair.overSharedMemory();
        ShmPool pool = ShmPool.create(1 << 20);
        Subscriber _ = pair.far().declareSubscriber(KEY);
        Publisher publisher = pair.publisher(KEY)) {
      try (Loan loan = pool.loan(4096)) {
        loan.segment().fill((byte) 1);
        SegmentedBytes whole = loan.handOver();
        PutResult shared = publisher.tryPut(whole);
        assertEquals(new PutResult(Verdict.SHARED_MEMORY, false, 1, 0, 0, 0, null), shared);
        PutResult part = publisher.tryPut(whole.slice(1, 4000));
        assertEquals(Verdict.NETWORK, part.verdict());
        assertEquals(NotShared.PART_OF_LOAN, part.reason());
        PutResult mixed = publisher.tryPut(SegmentedBytes.concat(List.of(SMALL, whole)));
        assertEquals(Verdict.SHARED_MEMORY, mixed.verdict());
        assertEquals(NotShared.NOT_IN_POOL, mixed.reason());
      }
      PutResult ordinary = publisher.tryPut(SMALL);
      assertEquals(
          new PutResult(Verdict.NETWORK, false, 0, 1, 0, 0, NotShared.NOT_IN_POOL), ordinary);
    }
  }

  @Test
  void aPeerWithoutSharedMemoryIsTheReason() throws Exception {
    try (Pair pair = Pair.open(near -> near.sharedMemory(true), far -> far.sharedMemory(false));
        ShmPool pool = ShmPool.create(1 << 20);
        Subscriber _ = pair.far().declareSubscriber(KEY);
        Publisher publisher = pair.publisher(KEY);
        Loan loan = pool.loan(4096)) {
      loan.segment().fill((byte) 1);
      PutResult result = publisher.tryPut(loan.handOver());
      assertEquals(Verdict.NETWORK, result.verdict());
      assertEquals(NotShared.PEER_WITHOUT, result.reason());
    }
  }

  @Test
  void aLinkThatIsFullDropsWhatItsPublisherTellsAndCounts() throws Exception {
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[LARGE_BYTE_SIZE]);
    List<Drop> told = new ArrayList<>();
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        StalledLine line = new StalledLine(far);
        Session near =
            Session.open(Config.isolated().sharedMemory(false).connect(line.endpoint()));
        Subscriber _ = far.declareSubscriber(KEY, SubscriberOptions.defaults());
        Publisher dropping = Await.matched(near.declarePublisher(KEY));
        Publisher blocking = near.declarePublisher(KEY, PublisherOptions.blocking())) {
      assertEquals(Verdict.NETWORK, dropping.tryPut(SMALL).verdict());
      assertEquals(Verdict.NETWORK, blocking.tryPut(SMALL).verdict());
      line.stall();
      dropping.onDrop(told::add);
      Await.until("a full link", () -> dropping.tryPut(large).verdict() == Verdict.DROPPED);
      assertEquals(List.of(new Drop(KEY, LARGE_BYTE_SIZE, 1, 0)), told);
      assertEquals(new DropCounts(1, 0), dropping.drops());
      Await.until(
          "a put that is dropped",
          () -> {
            dropping.put(large);
            return dropping.drops().refusals() > 1;
          });
      assertEquals(2, told.size());
      List<PutResult> refused = new ArrayList<>();
      Await.until(
          "a put that would block",
          () -> {
            refused.add(blocking.tryPut(large));
            return refused.getLast().verdict() == Verdict.WOULD_BLOCK;
          });
      assertEquals(new PutResult(Verdict.WOULD_BLOCK, false, 0, 0, 1, 0, null), refused.getLast());
      assertEquals(new DropCounts(1, 0), blocking.drops());
      line.goOn();
      Await.until("room", () -> blocking.tryPut(large).verdict() == Verdict.NETWORK);
    }
  }

  /** It held the lock that the end of the link takes, for as long as it was told to wait. */
  @Test
  void aPutThatWaitsForALinkEndsWithTheLink() throws Exception {
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[LARGE_BYTE_SIZE]);
    String wait = "transport/link/tx/queue/congestion_control/block/wait_before_close";
    String tenMinutes = Long.toString(Duration.ofMinutes(10).toNanos() / 1000);
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        StalledLine line = new StalledLine(far);
        Session near =
            Session.open(
                Config.isolated()
                    .sharedMemory(false)
                    .set(wait, tenMinutes)
                    .connect(line.endpoint()));
        Subscriber _ = far.declareSubscriber(KEY, SubscriberOptions.defaults());
        Publisher publisher = near.declarePublisher(KEY, PublisherOptions.blocking())) {
      Await.matched(publisher);
      line.stall();
      Await.until("a full link", () -> publisher.tryPut(large).verdict() == Verdict.WOULD_BLOCK);
      Thread put = Threads.start(() -> publisher.put(large));
      Await.busy(put);
      line.endReading();
      Await.ended(put);
      assertEquals(new DropCounts(2, 0), publisher.drops());
      Await.until("the count of the session", () -> near.droppedCount() == 2);
    }
  }

  @Test
  void aLargePayloadThatIsDroppedIsWarnedOfOnceWithWhatToSet() throws Exception {
    List<String> warnings = new CopyOnWriteArrayList<>();
    Logger logger = Logger.getLogger("dev.segue.zenoh");
    Handler capture =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            warnings.add(new SimpleFormatter().formatMessage(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[LARGE_BYTE_SIZE]);
    logger.addHandler(capture);
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        StalledLine line = new StalledLine(far);
        Session near =
            Session.open(Config.isolated().sharedMemory(false).connect(line.endpoint()));
        Subscriber _ = far.declareSubscriber(KEY, SubscriberOptions.defaults());
        Publisher publisher = Await.matched(near.declarePublisher(KEY))) {
      line.stall();
      Await.until(
          "two drops",
          () -> {
            publisher.put(large);
            return publisher.drops().refusals() >= 2;
          });
    } finally {
      logger.removeHandler(capture);
    }
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(warnings.getFirst().startsWith(KEY + " dropped byteSize=1048576"));
    assertTrue(warnings.getFirst().contains("PublisherOptions.blocking()"), warnings::toString);
  }

  @Test
  void whatAFilterHoldsBackIsDropped() throws Exception {
    String filter =
        "[{id: 'small', flows: ['egress'], messages: ['put'], key_exprs: ['**'], size_limit: 8}]";
    try (Pair pair =
            Pair.open(
                near -> near.sharedMemory(false).set("low_pass_filter", filter),
                far -> far.sharedMemory(false));
        Subscriber _ = pair.far().declareSubscriber(KEY);
        Publisher publisher = pair.publisher(KEY)) {
      assertEquals(Verdict.NETWORK, publisher.tryPut(SMALL).verdict());
      PutResult held = publisher.tryPut(SegmentedBytes.copyOfUtf8("larger than 8"));
      assertEquals(new PutResult(Verdict.DROPPED, false, 0, 0, 0, 1, null), held);
      assertEquals(new DropCounts(0, 1), publisher.drops());
    }
  }

  @Test
  void anAdvancedPublisherSaysItAsWell() throws Exception {
    AdvancedPublisherOptions cached =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults())
            .sampleMissDetection(MissDetectionConfig.defaults());
    try (Pair pair = Pair.overNetwork();
        Publisher publisher = pair.near().declareAdvancedPublisher(KEY, cached)) {
      isKnownToNobody(publisher);
      try (AdvancedSubscriber _ =
          pair.near()
              .declareAdvancedSubscriber(
                  KEY, AdvancedSubscriberOptions.defaults().history(HistoryConfig.defaults()))) {
        PutResult here = publisher.tryPut(SMALL);
        assertEquals(Verdict.SESSION, here.verdict());
        assertNull(here.reason());
      }
      try (AdvancedSubscriber _ =
          pair.far().declareAdvancedSubscriber(KEY, AdvancedSubscriberOptions.defaults())) {
        Await.matched(publisher);
        assertEquals(Verdict.NETWORK, publisher.tryPut(SMALL).verdict());
      }
      assertEquals(new DropCounts(0, 0), publisher.drops());
    }
  }
}
