package dev.segue.interop.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.zenoh.AdvancedPublisherOptions;
import dev.segue.zenoh.AdvancedSubscriber;
import dev.segue.zenoh.AdvancedSubscriberOptions;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.CacheConfig;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.MissDetectionConfig;
import dev.segue.zenoh.Mode;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.RecoveryConfig;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A router between the sessions: killed, and with many publishers, subscribers and sessions. */
@Timeout(300)
class RouterTest {
  private static final KeyExpr KEY = KeyExpr.of("router/number");
  private static final SubscriberOptions HOLDING =
      SubscriberOptions.defaults().backlog(Backlog.hold(1024));

  @TempDir private Path folder;

  @Test
  void aRouterThatIsKilledLosesWhatWasOnItsWayAloneAndNobodyIsToldOtherwise() throws Exception {
    try (Router router = Router.start(folder, "tcp", "");
        Session near = Session.open(router.config(Mode.CLIENT));
        Session far = Session.open(router.config(Mode.CLIENT));
        Subscriber subscriber = far.declareSubscriber(KEY, HOLDING);
        Publisher publisher =
            Waits.matched(near.declarePublisher(KEY, PublisherOptions.blocking()))) {
      Waits.put(publisher, 0, 100);
      assertEquals(Waits.range(0, 100), Waits.next(subscriber, 100));
      Waits.put(publisher, 100, 200);
      router.kill();
      Waits.until("the loss to be seen", () -> near.routers().isEmpty() && far.routers().isEmpty());
      Waits.until(
          "a put to say so", () -> publisher.tryPut(Waits.number(200)).verdict() == Verdict.NOBODY);
      router.start();
      Waits.matched(publisher);
      Waits.put(publisher, 1000, 1100);
      List<Long> all = Waits.next(subscriber, 1);
      while (all.getLast() < 1099) {
        all.addAll(Waits.next(subscriber, 1));
      }
      List<Long> onTheWay = all.stream().filter(number -> number < 1000).toList();
      assertEquals(Waits.range(100, 100 + onTheWay.size()), onTheWay, "in order, without a gap");
      assertEquals(Waits.range(1000, 1100), all.subList(onTheWay.size(), all.size()));
    }
  }

  /** A router doesn't stand between peers: it lets them find each other. */
  @Test
  void peersThatMetThroughARouterDontNeedIt() throws Exception {
    try (Router router = Router.start(folder, "tcp", "");
        Session near = Session.open(router.config(Mode.PEER).listen("tcp/127.0.0.1:0"));
        Session far = Session.open(router.config(Mode.PEER).listen("tcp/127.0.0.1:0"));
        Subscriber subscriber = far.declareSubscriber(KEY, HOLDING);
        Publisher publisher =
            Waits.matched(near.declarePublisher(KEY, PublisherOptions.blocking()))) {
      Waits.until("the peers to meet", () -> near.peers().contains(far.zid()));
      Waits.put(publisher, 0, 100);
      router.kill();
      Waits.until("the loss to be seen", () -> near.routers().isEmpty());
      Waits.put(publisher, 100, 200);
      assertEquals(Waits.range(0, 200), Waits.next(subscriber, 200));
    }
  }

  @Test
  void whatWasPublishedWhileTheRouterWasGoneComesOutOfTheCache() throws Exception {
    AdvancedPublisherOptions cached =
        AdvancedPublisherOptions.of(PublisherOptions.blocking())
            .cache(CacheConfig.defaults().maxSamples(1000))
            .sampleMissDetection(MissDetectionConfig.defaults());
    AdvancedSubscriberOptions recovering =
        AdvancedSubscriberOptions.of(SubscriberOptions.defaults().backlog(Backlog.last(1000)))
            .recovery(RecoveryConfig.defaults());
    try (Router router = Router.start(folder, "tcp", "");
        Session near = Session.open(router.config(Mode.CLIENT));
        Session far = Session.open(router.config(Mode.CLIENT));
        AdvancedSubscriber subscriber = far.declareAdvancedSubscriber(KEY, recovering);
        Publisher publisher = Waits.matched(near.declareAdvancedPublisher(KEY, cached))) {
      Waits.put(publisher, 0, 100);
      assertEquals(Waits.range(0, 100), Waits.next(subscriber, 100));
      router.kill();
      Waits.until("the loss to be seen", () -> near.routers().isEmpty() && far.routers().isEmpty());
      Waits.put(publisher, 100, 200);
      router.start();
      Waits.matched(publisher);
      Waits.until("the cache to answer", () -> Waits.isAnswered(far, KEY));
      Waits.put(publisher, 200, 300);
      assertEquals(Waits.range(100, 300), Waits.next(subscriber, 200));
      assertEquals(0, subscriber.missedCount());
    }
  }

  @Test
  void aHundredPublishersReachAHundredSubscribersOverTwoRouters() throws Exception {
    int count = 100;
    int each = 20;
    try (Router first = Router.start(folder, "tcp", "");
        Router second =
            Router.start(
                folder, "tcp", "connect: { endpoints: ['" + first.endpoint("tcp") + "'] }");
        Session near = Session.open(first.config(Mode.CLIENT));
        Session other = Session.open(first.config(Mode.CLIENT));
        Session far = Session.open(second.config(Mode.CLIENT))) {
      List<Subscriber> subscribers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        subscribers.add(
            far.declareSubscriber(
                KeyExpr.of("many/*"),
                SubscriberOptions.defaults().backlog(Backlog.hold(count * each))));
      }
      List<Publisher> publishers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Session session = i % 2 == 0 ? near : other;
        publishers.add(
            Waits.matched(
                session.declarePublisher(KeyExpr.of("many/" + i), PublisherOptions.blocking())));
      }
      for (int number = 0; number < each; number++) {
        for (Publisher publisher : publishers) {
          publisher.put(Waits.number(number));
        }
      }
      for (Subscriber subscriber : subscribers) {
        Map<String, Long> next = new HashMap<>();
        for (int i = 0; i < count * each; i++) {
          try (Sample sample = subscriber.receive(Waits.LONG).orElseThrow()) {
            long number = Waits.numberOf(sample);
            long expected = next.merge(sample.keyExpr().toString(), 1L, Long::sum) - 1;
            assertEquals(expected, number, () -> "of " + sample.keyExpr());
          }
        }
        assertEquals(count, next.size());
      }
    }
  }

  /** 1,000 with {@code -Dsegue.sessions=1000}. */
  @Test
  void aRouterHasManySessionsAndEachGetsWhatIsPublished() throws Exception {
    int count = Integer.getInteger("segue.sessions", 50);
    List<Session> sessions = new ArrayList<>();
    List<Subscriber> subscribers = new ArrayList<>();
    // A router takes 1,000 by default.
    String settings = "transport: { unicast: { max_sessions: " + (count + 1) + " } }";
    try (Router router = Router.start(folder, "tcp", settings);
        Session near = Session.open(router.config(Mode.CLIENT))) {
      try {
        for (int i = 0; i < count; i++) {
          Session session = Session.open(router.config(Mode.CLIENT));
          sessions.add(session);
          subscribers.add(session.declareSubscriber(KeyExpr.of("fleet/" + i), HOLDING));
        }
        for (int i = 0; i < count; i++) {
          try (Publisher publisher =
              Waits.matched(
                  near.declarePublisher(KeyExpr.of("fleet/" + i), PublisherOptions.blocking()))) {
            publisher.put(Waits.number(i));
          }
          assertEquals(List.of((long) i), Waits.next(subscribers.get(i), 1));
        }
      } finally {
        sessions.forEach(Session::close);
      }
      assertTrue(sessions.stream().allMatch(Session::isClosed));
    }
  }
}
