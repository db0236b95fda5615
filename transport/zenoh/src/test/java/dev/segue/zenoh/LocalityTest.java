package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who gets what, by where it comes from and where it may go. */
class LocalityTest {
  private static final KeyExpr KEY = KeyExpr.of("test/locality");

  @Test
  void aDestinationAndAnOriginLimitWhoReceives() throws Exception {
    try (Pair pair = Pair.overNetwork();
        Subscriber nearAny = pair.near().declareSubscriber(KEY);
        Subscriber nearLocal = subscribe(pair.near(), Locality.SESSION_LOCAL);
        Subscriber nearRemote = subscribe(pair.near(), Locality.REMOTE);
        Subscriber farAny = pair.far().declareSubscriber(KEY);
        Subscriber farLocal = subscribe(pair.far(), Locality.SESSION_LOCAL);
        Subscriber farRemote = subscribe(pair.far(), Locality.REMOTE);
        Publisher any = pair.publisher(KEY, to(Locality.ANY));
        Publisher local = pair.publisher(KEY, to(Locality.SESSION_LOCAL));
        Publisher remote = pair.publisher(KEY, to(Locality.REMOTE))) {
      any.put(Payloads.number(1));
      local.put(Payloads.number(2));
      remote.put(Payloads.number(3));
      any.put(Payloads.number(4));
      assertEquals(List.of(1L, 2L, 4L), numbers(nearAny, 3));
      assertEquals(List.of(1L, 2L, 4L), numbers(nearLocal, 3));
      assertEquals(List.of(1L, 3L, 4L), numbers(farAny, 3));
      assertEquals(List.of(1L, 3L, 4L), numbers(farRemote, 3));
      assertEquals(0, nearRemote.counts().received());
      assertEquals(0, farLocal.counts().received());
    }
  }

  @Test
  void aPublisherMatchesOnlyWhomItCanReach() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber _ = session.declareSubscriber(KEY);
        Publisher local = session.declarePublisher(KEY, to(Locality.SESSION_LOCAL));
        Publisher remote = session.declarePublisher(KEY, to(Locality.REMOTE))) {
      assertTrue(local.hasMatchingSubscribers());
      assertFalse(remote.hasMatchingSubscribers());
    }
  }

  private static PublisherOptions to(Locality locality) {
    PublisherOptions blocking = PublisherOptions.blocking();
    return blocking.qos(blocking.qos().destination(locality));
  }

  private static Subscriber subscribe(Session session, Locality origin) throws ZenohException {
    return session.declareSubscriber(KEY, SubscriberOptions.defaults().origin(origin));
  }

  private static List<Long> numbers(Subscriber subscriber, int count) throws ZenohException {
    List<Long> numbers = new ArrayList<>();
    Await.until(
        count + " samples, got " + numbers,
        () -> {
          subscriber.poll(sample -> numbers.add(Payloads.numberOf(sample)), 16);
          return numbers.size() >= count;
        });
    return numbers;
  }
}
