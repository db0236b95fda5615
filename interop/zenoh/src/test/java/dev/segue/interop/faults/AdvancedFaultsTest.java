package dev.segue.interop.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.AdvancedPublisherOptions;
import dev.segue.zenoh.AdvancedSubscriber;
import dev.segue.zenoh.AdvancedSubscriberOptions;
import dev.segue.zenoh.CacheConfig;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.HistoryConfig;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Miss;
import dev.segue.zenoh.MissDetectionConfig;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.RecoveryConfig;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleMissListener;
import dev.segue.zenoh.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A line that is cut between an advanced publisher and an advanced subscriber. */
@Timeout(180)
class AdvancedFaultsTest {
  private static final KeyExpr KEY = KeyExpr.of("test/cut");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration HEARTBEAT = Duration.ofMillis(50);

  private static void put(Publisher publisher, int from, int count) throws Exception {
    for (int i = from; i < from + count; i++) {
      publisher.put(SegmentedBytes.copyOfUtf8(Integer.toString(i)));
    }
  }

  private static List<Integer> next(AdvancedSubscriber subscriber, int count) throws Exception {
    List<Integer> numbers = new ArrayList<>();
    while (numbers.size() < count) {
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        numbers.add(Integer.parseInt(sample.payload().copyToUtf8String()));
      }
    }
    return numbers;
  }

  private static void isAlone(Session session) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!session.peers().isEmpty()) {
      assertTrue(System.nanoTime() - deadline < 0, "the link goes on");
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void theHistoryOfAPublisherThatIsReachedLateComes() throws Exception {
    AdvancedPublisherOptions options =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(20))
            .sampleMissDetection(MissDetectionConfig.defaults())
            .detectable();
    HistoryConfig history = HistoryConfig.defaults().detectLatePublishers().maxSamples(3);
    try (Proxy line = new Proxy();
        Session far = Session.open(Config.isolated().sharedMemory(false).connect(line.endpoint()));
        AdvancedSubscriber subscriber =
            far.declareAdvancedSubscriber(
                KEY, AdvancedSubscriberOptions.defaults().history(history));
        Session near =
            Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"));
        Publisher publisher = near.declareAdvancedPublisher(KEY, options)) {
      put(publisher, 0, 10);
      line.target(near.locators().getFirst());
      assertEquals(List.of(7, 8, 9), next(subscriber, 3));
      assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
      put(publisher, 10, 1);
      assertEquals(List.of(10), next(subscriber, 1));
    }
  }

  @Test
  void whatWasPublishedWhileTheLineWasCutComesLaterOrIsTold() throws Exception {
    AdvancedPublisherOptions options =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(20))
            .sampleMissDetection(MissDetectionConfig.defaults().heartbeat(HEARTBEAT));
    RecoveryConfig recovery = RecoveryConfig.defaults().withHeartbeat();
    try (Proxy line = new Proxy();
        Session near =
            Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"))) {
      line.target(near.locators().getFirst());
      try (Session far =
              Session.open(Config.isolated().sharedMemory(false).connect(line.endpoint()));
          Publisher publisher = near.declareAdvancedPublisher(KEY, options);
          AdvancedSubscriber subscriber =
              far.declareAdvancedSubscriber(
                  KEY, AdvancedSubscriberOptions.defaults().recovery(recovery));
          SampleMissListener misses = subscriber.declareSampleMissListener()) {
        assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
        put(publisher, 0, 1);
        assertEquals(List.of(0), next(subscriber, 1));

        line.cut();
        isAlone(near);
        put(publisher, 1, 10);
        line.restore();
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), next(subscriber, 10));
        assertEquals(0, subscriber.missedCount());

        line.cut();
        isAlone(near);
        put(publisher, 11, 25);
        line.restore();
        Miss miss = misses.receive(PATIENCE).orElseThrow();
        assertEquals(5, miss.count());
        assertEquals(near.zid(), miss.source().zid());
        List<Integer> last = next(subscriber, 20);
        assertEquals(16, last.getFirst());
        assertEquals(35, last.getLast());
        assertEquals(5, subscriber.missedCount());
      }
    }
  }
}
