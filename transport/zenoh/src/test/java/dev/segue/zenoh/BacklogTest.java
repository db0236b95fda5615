package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a subscriber keeps while Java is slow, with exact counts. */
@SuppressWarnings("try") // closes by hand what is closed again at the end
class BacklogTest {
  private static final KeyExpr KEY = KeyExpr.of("test/backlog");

  private static Subscriber subscriber(Session session, Backlog backlog) throws ZenohException {
    return session.declareSubscriber(KEY, SubscriberOptions.defaults().backlog(backlog));
  }

  private static void put(Session session, long from, long to) throws ZenohException {
    for (long i = from; i < to; i++) {
      session.put(KEY, Payloads.number(i));
    }
  }

  private static List<Long> polled(Subscriber subscriber, int limit) {
    List<Long> numbers = new ArrayList<>();
    subscriber.poll(sample -> numbers.add(Payloads.numberOf(sample)), limit);
    return numbers;
  }

  @Test
  void latestKeepsTheNewestAndCountsTheRest() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = subscriber(session, Backlog.latest())) {
      assertEquals(new Subscriber.Counts(0, 0, 0, 0), subscriber.counts());
      put(session, 0, 10);
      assertEquals(new Subscriber.Counts(10, 9, 1, 0), subscriber.counts());
      assertEquals(List.of(9L), polled(subscriber, 100));
      assertEquals(new Subscriber.Counts(10, 9, 0, 0), subscriber.counts());
    }
  }

  @Test
  void lastKeepsTheNewestInTheirOrder() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = subscriber(session, Backlog.last(100))) {
      put(session, 0, 1000);
      assertEquals(new Subscriber.Counts(1000, 900, 100, 0), subscriber.counts());
      assertEquals(List.of(900L, 901L, 902L), polled(subscriber, 3));
      put(session, 1000, 1002);
      assertEquals(new Subscriber.Counts(1002, 900, 99, 0), subscriber.counts());
      assertEquals(LongStream.range(903, 1002).boxed().toList(), polled(subscriber, 1000));
      assertEquals(new Subscriber.Counts(1002, 900, 0, 0), subscriber.counts());
    }
  }

  @Test
  @Timeout(120)
  void fullSubscribersThatHoldStallNoOtherSessionOfTheProcess() throws Exception {
    List<AutoCloseable> open = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        Pair pair = Pair.overNetwork();
        open.add(pair);
        Subscriber full = subscriber(pair.far(), Backlog.hold(1));
        Publisher publisher = pair.publisher(KEY);
        for (int n = 0; n < 3; n++) {
          publisher.put(Payloads.number(n));
        }
        Await.until("it to be full", () -> full.counts().received() == 2);
        assertEquals(2, full.counts().waiting(), "and the one that its link waits with");
      }
      Pair other = Pair.overNetwork();
      open.add(other);
      Subscriber subscriber = subscriber(other.far(), Backlog.hold(16));
      Publisher publisher = other.publisher(KEY);
      for (int n = 0; n < 100; n++) {
        publisher.put(Payloads.number(n));
        try (Sample sample = subscriber.receive(Duration.ofSeconds(20)).orElseThrow()) {
          assertEquals(n, Payloads.numberOf(sample));
        }
      }
    } finally {
      for (AutoCloseable pair : open) {
        pair.close();
      }
    }
  }

  @Test
  void whatIsDroppedIsReleased() throws Exception {
    var first = Payloads.number(1);
    var second = Payloads.number(2);
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = subscriber(session, Backlog.latest())) {
      session.put(KEY, first);
      session.put(KEY, second);
      Await.until("the release", () -> !first.isLent());
      assertTrue(second.isLent());
      assertEquals(1, subscriber.counts().waiting());
    }
    Await.until("the release", () -> !second.isLent());
  }

  @Test
  void holdMakesAPublisherOfTheSameSessionWaitForRoom() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = subscriber(session, Backlog.hold(10))) {
      put(session, 0, 10);
      Thread publisher = Threads.start(() -> put(session, 10, 100));
      Await.busy(publisher);
      assertEquals(new Subscriber.Counts(11, 0, 11, 0), subscriber.counts());
      List<Long> numbers = new ArrayList<>();
      Await.until(
          "all samples",
          () -> {
            numbers.addAll(polled(subscriber, 7));
            return numbers.size() == 100;
          });
      Await.ended(publisher);
      assertEquals(LongStream.range(0, 100).boxed().toList(), numbers);
      assertEquals(new Subscriber.Counts(100, 0, 0, 0), subscriber.counts());
    }
  }

  @Test
  void holdLosesNothingOverTheNetworkWithASlowConsumer() throws Exception {
    int count = 3000;
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = subscriber(pair.far(), Backlog.hold(4));
        Publisher publisher = pair.publisher(KEY)) {
      Thread putting =
          Threads.start(
              () -> {
                for (int i = 0; i < count; i++) {
                  publisher.put(
                      Payloads.number(i), PutOptions.none().attachment(Payloads.random(20_000, i)));
                }
              });
      for (long i = 0; i < count; i++) {
        try (Sample sample = subscriber.receive(Await.LONG).orElseThrow()) {
          assertEquals(i, Payloads.numberOf(sample));
        }
        if (i % 500 == 0) {
          Thread.sleep(50);
        }
      }
      Await.ended(putting);
      assertEquals(new Subscriber.Counts(count, 0, 0, 0), subscriber.counts());
    }
  }

  @Test
  void closingASubscriberThatHoldsLetsItsPublisherGo() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = subscriber(session, Backlog.hold(1))) {
      put(session, 0, 1);
      Thread publisher = Threads.start(() -> put(session, 1, 50));
      Await.busy(publisher);
      subscriber.close();
      Await.ended(publisher);
    }
  }

  @Test
  void closingASubscriberThatHoldsLetsItsSessionReceiveAgain() throws Exception {
    KeyExpr other = KeyExpr.of("test/other");
    try (Pair pair = Pair.overNetwork();
        Subscriber stuck = subscriber(pair.far(), Backlog.hold(1));
        Subscriber free = pair.far().declareSubscriber(other);
        Publisher toStuck = pair.publisher(KEY);
        Publisher toFree = pair.publisher(other)) {
      for (int i = 0; i < 5; i++) {
        toStuck.put(Payloads.number(i));
      }
      Await.until("the backlog to be full", () -> stuck.counts().received() > 1);
      toFree.put(Payloads.number(9));
      Thread.sleep(200);
      assertEquals(0, free.counts().received());
      stuck.close();
      try (Sample sample = free.receive(Await.LONG).orElseThrow()) {
        assertEquals(9, Payloads.numberOf(sample));
      }
    }
  }

  @Test
  void theCoreCountsWhatItDropsOnTheWayToASubscriberThatIsStuck() throws Exception {
    int count = 2000;
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = subscriber(pair.far(), Backlog.hold(1));
        Publisher publisher = pair.publisher(KEY, PublisherOptions.defaults())) {
      for (int i = 0; i < count; i++) {
        publisher.put(Payloads.random(60_000, i));
      }
      long dropped = pair.near().droppedCount();
      assertTrue(dropped > 0 && dropped < count, () -> "dropped=" + dropped);
      int[] received = {0};
      Await.until(
          "all but the dropped",
          () -> {
            received[0] += subscriber.poll(sample -> {}, 100);
            return received[0] + dropped == count;
          });
    }
  }

  @Test
  void aBacklogOfNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Backlog.last(0));
    assertThrows(IllegalArgumentException.class, () -> Backlog.hold(-1));
  }
}
