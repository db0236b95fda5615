package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Samples that have a timestamp and no number, of several publishers with one clock. */
@Timeout(120)
class AdvancedTimestampTest {
  private static final KeyExpr ALL = KeyExpr.of("test/clock/*");
  private static final int COUNT = 5_000;
  private static final AdvancedSubscriberOptions OPTIONS =
      AdvancedSubscriberOptions.of(SubscriberOptions.defaults().backlog(Backlog.last(10 * COUNT)));

  private static KeyExpr key(int index) {
    return KeyExpr.of("test/clock/" + index);
  }

  /** How many of each key come until there are so many. */
  private static Map<KeyExpr, Integer> take(Subscriber subscriber, int count) throws Exception {
    Map<KeyExpr, Integer> counts = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (int i = 0; i < count; i++) {
      Optional<Sample> next = subscriber.receive(Await.LONG);
      try (Sample sample = next.orElseThrow()) {
        counts.merge(sample.keyExpr(), 1, Integer::sum);
      }
    }
    return counts;
  }

  @Test
  void severalKeysMayHaveTheSameTimestamp() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareAdvancedSubscriber(ALL, OPTIONS)) {
      PutOptions options = PutOptions.none().timestamp(session.newTimestamp());
      for (int i = 0; i < 3; i++) {
        session.put(key(i), Payloads.number(i), Qos.defaults(), options);
      }
      assertEquals(Map.of(key(0), 1, key(1), 1, key(2), 1), Map.copyOf(take(subscriber, 3)));
    }
  }

  @Test
  void publishersOfOneSessionDoNotMakeEachOthersSamplesOld() throws Exception {
    AdvancedPublisherOptions cached =
        AdvancedPublisherOptions.of(PublisherOptions.blocking()).cache(CacheConfig.defaults());
    try (Session session = Session.open(Config.isolated().timestamping(true));
        Subscriber subscriber = session.declareAdvancedSubscriber(ALL, OPTIONS)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Publisher publisher = session.declareAdvancedPublisher(key(i), cached);
        threads.add(
            Threads.start(
                () -> {
                  for (int number = 0; number < COUNT; number++) {
                    publisher.put(Payloads.number(number));
                  }
                }));
      }
      for (Thread thread : threads) {
        Await.ended(thread);
      }
      assertEquals(
          Map.of(key(0), COUNT, key(1), COUNT, key(2), COUNT),
          Map.copyOf(take(subscriber, 3 * COUNT)));
    }
  }
}
