package dev.segue.interop;

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
import dev.segue.zenoh.MissDetectionConfig;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.RecoveryConfig;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Advanced publishers and subscribers against those of zenoh-python. */
@Timeout(180)
@SuppressWarnings("try") // closes by hand
class ZenohPythonAdvancedTest {
  private static final KeyExpr KEY = KeyExpr.of("interop/advanced");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @BeforeAll
  static void needsPython() {
    boolean installed = PythonPeer.isInstalled();
    assertTrue(installed || System.getenv("CI") == null, "CI installs zenoh for python3");
    Assumptions.assumeTrue(installed, "skipped: python3 has no zenoh (.ci/requirements.txt)");
  }

  private static Session open() throws Exception {
    return Session.open(Config.isolated().sharedMemory(false).listen("tcp/127.0.0.1:0"));
  }

  private static PythonPeer python(Session session, String role) throws Exception {
    return new PythonPeer("advanced.py", List.of(session.locators().getFirst(), role));
  }

  @Test
  void aLateSubscriberGetsTheHistoryOfPython() throws Exception {
    try (Session session = open();
        PythonPeer python = python(session, "publish")) {
      assertEquals("published", python.nextLine());
      AdvancedSubscriberOptions options =
          AdvancedSubscriberOptions.defaults()
              .history(HistoryConfig.defaults().detectLatePublishers())
              .recovery(RecoveryConfig.defaults().withHeartbeat());
      try (AdvancedSubscriber subscriber = session.declareAdvancedSubscriber(KEY, options)) {
        List<String> texts = new ArrayList<>();
        while (texts.size() < 4) {
          try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
            texts.add(sample.payload().copyToUtf8String());
          }
          if (texts.size() == 3) {
            python.say("last");
          }
        }
        assertEquals(List.of("p2", "p3", "p4", "last"), texts);
        assertEquals(0, subscriber.missedCount());
      }
      python.finish();
    }
  }

  @Test
  void pythonGetsTheHistoryAndWhatFollows() throws Exception {
    AdvancedPublisherOptions options =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(10))
            .sampleMissDetection(
                MissDetectionConfig.defaults().sporadicHeartbeat(Duration.ofMillis(100)))
            .detectable();
    try (Session session = open();
        Publisher publisher = session.declareAdvancedPublisher(KEY, options)) {
      for (int i = 0; i < 5; i++) {
        publisher.put(SegmentedBytes.copyOfUtf8("j" + i));
      }
      try (PythonPeer python = python(session, "subscribe")) {
        assertEquals("j2", python.nextLine());
        assertEquals("j3", python.nextLine());
        assertEquals("j4", python.nextLine());
        assertTrue(publisher.awaitMatchingSubscribers(PATIENCE));
        publisher.put(SegmentedBytes.copyOfUtf8("last"));
        assertEquals("last", python.nextLine());
        python.finish();
      }
    }
  }
}
