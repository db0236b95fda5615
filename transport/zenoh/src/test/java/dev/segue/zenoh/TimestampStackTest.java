package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timestamps that a sample gathers on its way. */
@Timeout(120)
class TimestampStackTest {
  private static final KeyExpr KEY = KeyExpr.of("test/stack");
  private static final PutOptions STAMPED = PutOptions.none().timestampStack(true);

  private static List<TimestampStackRecord> received(Subscriber subscriber) throws Exception {
    try (Sample sample = subscriber.receive(Await.LONG).orElseThrow();
        Sample retained = sample.retain()) {
      assertEquals(sample.timestampStack(), retained.timestampStack());
      return sample.timestampStack();
    }
  }

  @Test
  void aSampleSaysWhenItWasWhereOnItsWay() throws Exception {
    try (Pair pair = Pair.overNetwork();
        Subscriber subscriber = pair.far().declareSubscriber(KEY);
        Publisher publisher = pair.publisher(KEY)) {
      publisher.put(Payloads.number(1), STAMPED);
      List<TimestampStackRecord> stack = received(subscriber);
      TimestampStackRecord sent = stack.getFirst();
      assertEquals(InterceptionPoint.SEND, sent.point());
      assertEquals(pair.near().zid(), sent.timestamp().id());
      TimestampStackRecord arrived = stack.getLast();
      assertEquals(InterceptionPoint.RECEIVE, arrived.point());
      assertEquals(pair.far().zid(), arrived.timestamp().id());
      Stream<InterceptionPoint> between =
          stack.subList(1, stack.size() - 1).stream().map(TimestampStackRecord::point);
      assertTrue(between.allMatch(InterceptionPoint.ROUTE::equals), stack::toString);
      publisher.put(Payloads.number(2));
      assertEquals(List.of(), received(subscriber));
      pair.near().put(KEY, Payloads.number(3), Qos.defaults(), STAMPED);
      assertEquals(InterceptionPoint.SEND, received(subscriber).getFirst().point());
    }
  }

  @Test
  void whatHasNoneRefusesToBePutWithOne() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Publisher publisher =
            session.declareAdvancedPublisher(KEY, AdvancedPublisherOptions.defaults());
        Queryable queryable = session.declareQueryable(KEY);
        Replies _ = session.get(Selector.of(KEY));
        Query query = queryable.receive(Await.LONG).orElseThrow()) {
      SegmentedBytes payload = Payloads.number(1);
      assertThrows(IllegalArgumentException.class, () -> publisher.put(payload, STAMPED));
      assertThrows(IllegalArgumentException.class, () -> publisher.delete(STAMPED));
      assertThrows(IllegalArgumentException.class, () -> query.reply(KEY, payload, STAMPED));
    }
  }
}
