package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session that is opened again with the id of the last, one that its configuration names. */
@Timeout(120)
class AdvancedAgainTest {
  private static final KeyExpr KEY = KeyExpr.of("test/again");
  private static final Config CONFIG = Config.isolated().sharedMemory(false);
  private static final AdvancedPublisherOptions NUMBERED =
      AdvancedPublisherOptions.of(PublisherOptions.blocking())
          .cache(CacheConfig.defaults().maxSamples(100))
          .sampleMissDetection(MissDetectionConfig.defaults())
          .detectable();

  private static void assertGetsAllOfEach(AdvancedSubscriberOptions options) throws Exception {
    try (Session far = Session.open(CONFIG.listen("tcp/127.0.0.1:0"));
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, options)) {
      Config named = CONFIG.connect(far.locators().getFirst()).set("id", "\"a1b2c3d4\"");
      for (int count = 5; count > 2; count--) {
        try (Session near = Session.open(named);
            Publisher publisher = Await.matched(near.declareAdvancedPublisher(KEY, NUMBERED))) {
          for (int number = 0; number < count; number++) {
            publisher.put(Payloads.number(number));
            Optional<Sample> next = subscriber.receive(Await.LONG);
            try (Sample sample = next.orElseThrow()) {
              assertEquals(number, Payloads.numberOf(sample));
            }
          }
        }
        Await.until("it is gone", () -> far.peers().isEmpty());
      }
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void itsPublishersAreNotTakenForThoseOfTheLast() throws Exception {
    assertGetsAllOfEach(AdvancedSubscriberOptions.defaults());
  }

  @Test
  void itsPublishersAreDetectedAnew() throws Exception {
    assertGetsAllOfEach(
        AdvancedSubscriberOptions.defaults()
            .history(HistoryConfig.defaults().detectLatePublishers())
            .recovery(RecoveryConfig.defaults().withHeartbeat()));
  }
}
