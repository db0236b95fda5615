package dev.segue.interop.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.AdvancedPublisherOptions;
import dev.segue.zenoh.AdvancedSubscriber;
import dev.segue.zenoh.AdvancedSubscriberOptions;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.CacheConfig;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.MissDetectionConfig;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.NotShared;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutResult;
import dev.segue.zenoh.RecoveryConfig;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two sites with a router each, and a line between them that is cut and slow. */
@Timeout(600)
class SitesTest {
  private static final KeyExpr KEY = KeyExpr.of("site/number");

  /** A router that hears nothing for so long takes its neighbor for gone: 10 s by default. */
  private static final String LEASE = "transport: { link: { tx: { lease: 2000 } } }";

  private static final SubscriberOptions HOLDING =
      SubscriberOptions.defaults().backlog(Backlog.hold(1024));

  @TempDir private Path folder;

  @BeforeAll
  static void needsNamespaces() throws InterruptedException {
    String missing = Sites.missing();
    Assumptions.assumeTrue(missing.isEmpty(), "skipped: " + missing);
  }

  /** The line stays cut for a minute with {@code -Dsegue.cut.seconds=60}. */
  @Test
  void whatWasPublishedWhileTheLineWasCutComesWhenItIsBack() throws Exception {
    AdvancedPublisherOptions cached =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(1000))
            .sampleMissDetection(MissDetectionConfig.defaults());
    AdvancedSubscriberOptions recovering =
        AdvancedSubscriberOptions.of(SubscriberOptions.defaults().backlog(Backlog.last(1000)))
            .recovery(RecoveryConfig.defaults());
    try (Sites sites = new Sites();
        Router first = sites.nearRouter(folder, LEASE);
        Router second = sites.farRouter(folder, LEASE);
        Session near = Session.open(first.config(Mode.CLIENT));
        Session far = Session.open(second.config(Mode.CLIENT));
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, recovering);
        Publisher publisher = Waits.matched(near.declareAdvancedPublisher(KEY, cached))) {
      Waits.put(publisher, 0, 100);
      assertEquals(Waits.range(0, 100), Waits.next(subscriber, 100));
      sites.cut();
      Waits.put(publisher, 100, 200);
      Waits.until("the cut to be seen", () -> !publisher.hasMatchingSubscribers());
      Waits.put(publisher, 200, 300);
      TimeUnit.SECONDS.sleep(Integer.getInteger("segue.cut.seconds", 0));
      sites.restore();
      Waits.matched(publisher);
      Waits.until("the cache to answer", () -> Waits.isAnswered(far, KEY));
      Waits.put(publisher, 300, 400);
      assertEquals(Waits.range(100, 400), Waits.next(subscriber, 300));
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void aSlowLineBetweenTheSitesLosesNothingOfABlockingPublisher() throws Exception {
    int count = 20;
    SegmentedBytes large = SegmentedBytes.copyOf(new byte[1_000_000]);
    try (Sites sites = new Sites();
        Router first = sites.nearRouter(folder, LEASE);
        Router second = sites.farRouter(folder, LEASE);
        Session near = Session.open(first.config(Mode.CLIENT));
        Session far = Session.open(second.config(Mode.CLIENT));
        Subscriber subscriber = far.declareSubscriber(KEY, HOLDING);
        Publisher publisher =
            Waits.matched(near.declarePublisher(KEY, PublisherOptions.blocking()))) {
      sites.throttle(50);
      for (int i = 0; i < count; i++) {
        publisher.put(SegmentedBytes.concat(List.of(Waits.number(1000 + i), large)));
      }
      for (int i = 0; i < count; i++) {
        try (Sample sample = subscriber.receive(Waits.LONG).orElseThrow()) {
          assertEquals(
              Waits.number(1000 + i), sample.payload().slice(0, 4), "in order, without a gap");
          assertEquals(large, sample.payload().slice(4));
        }
      }
      assertEquals(0, publisher.drops().refusals());
    }
  }

  @Test
  void aLoanThatLeavesForAnotherHostSaysSo() throws Exception {
    try (Sites sites = new Sites();
        Router router = sites.nearRouter(folder, LEASE);
        Session here = Session.open(router.config(Mode.CLIENT).sharedMemory(true));
        Session other = Session.open(router.config(Mode.CLIENT).sharedMemory(true));
        Subscriber subscriber = other.declareSubscriber(KEY, HOLDING);
        Publisher publisher = Waits.matched(here.declarePublisher(KEY));
        ShmPool pool = ShmPool.create(1 << 16);
        Loan loan = pool.loan(4096)) {
      loan.segment().fill((byte) 7);
      SegmentedBytes frame = loan.handOver();
      PutResult result = publisher.tryPut(frame);
      assertEquals(Verdict.NETWORK, result.verdict());
      assertEquals(Optional.of(NotShared.OTHER_HOST), result.whyNotShared());
      try (Sample sample = subscriber.receive(Waits.LONG).orElseThrow()) {
        assertEquals(frame, sample.payload());
        assertFalse(sample.isSharedMemory());
      }
    }
  }
}
