package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A time range that can't be read is of no effect, on the session that asks and on those asked. */
@Timeout(120)
class TimeRangeTest {
  private static final KeyExpr KEY = KeyExpr.of("test/range");
  private static final List<String> UNREADABLE =
      List.of("_time=[now(s)..]", "_time=[..now(-s)]", "_time=[now(ms)..]", "_time=]s[", "_time=");

  private static int count(Replies replies) {
    int count = 0;
    for (Reply reply : replies) {
      assertTrue(reply instanceof Reply.Success, reply::toString);
      count++;
    }
    assertEquals(Replies.State.FINISHED, replies.state());
    return count;
  }

  private static void assertPuts(Session from, Session to) throws Exception {
    try (Subscriber subscriber = to.declareSubscriber(KEY);
        Publisher publisher =
            Await.matched(from.declarePublisher(KEY, PublisherOptions.blocking()))) {
      publisher.put(Payloads.number(1));
      Optional<Sample> sample = subscriber.receive(Await.LONG);
      sample.orElseThrow().close();
    }
  }

  @Test
  void whoAsksWithItGoesOn() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Querier querier = session.declareQuerier(KEY, GetOptions.defaults())) {
      for (String range : UNREADABLE) {
        assertEquals(0, count(session.get(Selector.of(KEY + "?" + range))));
        assertEquals(0, count(querier.get(Parameters.of(range))));
        assertPuts(session, session);
      }
    }
  }

  @Test
  void aCacheThatIsAskedWithItAnswersAllAndItsLinkStays() throws Exception {
    AdvancedPublisherOptions cached =
        AdvancedPublisherOptions.defaults()
            .cache(CacheConfig.defaults().maxSamples(3))
            .sampleMissDetection(MissDetectionConfig.defaults());
    GetOptions all =
        GetOptions.defaults()
            .target(QueryTarget.ALL)
            .consolidation(ConsolidationMode.NONE)
            .accepted(ReplyKeyExpr.ANY);
    try (Pair pair = Pair.overNetwork();
        Publisher publisher = pair.near().declareAdvancedPublisher(KEY, cached)) {
      for (int i = 0; i < 3; i++) {
        publisher.put(SegmentedBytes.copyOfUtf8("kept"));
      }
      String cache = KEY + "/@adv/**";
      Await.until("the cache", () -> count(pair.far().get(Selector.of(cache), all)) == 3);
      for (String range : UNREADABLE) {
        Selector selector = Selector.of(cache + "?" + range);
        assertEquals(3, count(pair.near().get(selector, all)));
        assertEquals(3, count(pair.far().get(selector, all)));
        assertPuts(pair.near(), pair.far());
        assertPuts(pair.far(), pair.near());
      }
    }
  }
}
