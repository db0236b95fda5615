package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Every public method of what is closed, and every view of what has ended, says so. */
@SuppressWarnings("try") // closes by hand
class UseAfterCloseTest {
  private static final KeyExpr KEY = KeyExpr.of("test/closed");

  private static void assertAllClosed(Executable... calls) {
    for (int i = 0; i < calls.length; i++) {
      int index = i;
      assertThrows(IllegalStateException.class, calls[i], () -> "call index=" + index);
    }
  }

  @Test
  void everyMethodOfAClosedSessionSaysThatItIsClosed() throws Exception {
    Session session = Session.open(Config.isolated());
    session.close();
    session.close();
    assertTrue(session.isClosed());
    SegmentedBytes payload = Payloads.number(1);
    assertAllClosed(
        session::zid,
        session::peers,
        session::routers,
        session::locators,
        session::newTimestamp,
        session::metrics,
        session::droppedCount,
        session::traffic,
        session::linkTraffic,
        () -> session.declarePublisher(KEY),
        () -> session.declareSubscriber(KEY),
        () -> session.declareSubscriber(KEY, SubscriberOptions.defaults(), sample -> {}),
        () -> session.put(KEY, payload),
        () -> session.delete(KEY));
    assertTrue(!payload.isLent());
  }

  @Test
  void everyMethodOfAClosedPublisherSaysThatItIsClosed() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Loan loan = new dev.segue.bytes.OffHeapPool(4096).loan(8)) {
      Publisher publisher = session.declarePublisher(KEY);
      publisher.close();
      publisher.close();
      assertTrue(publisher.isClosed());
      assertEquals(KEY, publisher.keyExpr());
      SegmentedBytes payload = Payloads.number(1);
      assertAllClosed(
          () -> publisher.put(payload),
          () -> publisher.put(payload, PutOptions.none()),
          () -> publisher.put(loan),
          publisher::delete,
          () -> publisher.delete(PutOptions.none()),
          publisher::hasMatchingSubscribers,
          () -> publisher.awaitMatchingSubscribers(Duration.ZERO));
      assertTrue(!payload.isLent());
    }
  }

  @Test
  void everyMethodOfAClosedSubscriberSaysThatItIsClosed() throws Exception {
    try (Session session = Session.open(Config.isolated())) {
      Subscriber subscriber = session.declareSubscriber(KEY);
      session.put(KEY, Payloads.number(1));
      subscriber.close();
      subscriber.close();
      assertTrue(subscriber.isClosed());
      assertEquals(KEY, subscriber.keyExpr());
      assertAllClosed(
          () -> subscriber.poll(sample -> {}, 1),
          subscriber::tryReceive,
          () -> subscriber.receive(Duration.ZERO),
          subscriber::counts);
      subscriber.pollUntilClosed(sample -> {}, 1, BusySpinIdleStrategy.INSTANCE);
    }
  }

  @Test
  void everyMethodOfAClosedPoolSaysThatItIsClosed() throws Exception {
    ShmPool pool = ShmPool.create(4096);
    pool.close();
    pool.close();
    assertAllClosed(
        () -> pool.tryLoan(1),
        () -> pool.tryLoan(1, AllocPolicy.JUST_ALLOC),
        () -> pool.tryLoan(1, Duration.ofSeconds(1)),
        () -> pool.loan(1),
        pool::availableByteSize,
        pool::collect,
        pool::collectOrphans);
    assertEquals(4096, pool.capacityByteSize());
  }

  @Test
  void aSessionClosesWhatItDeclared() throws Exception {
    Session session = Session.open(Config.isolated());
    Publisher publisher = session.declarePublisher(KEY);
    Subscriber subscriber = session.declareSubscriber(KEY);
    session.close();
    assertTrue(publisher.isClosed() && subscriber.isClosed());
  }

  @Test
  void everyFieldOfAClosedSampleSaysThatItHasEnded() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      PutOptions beside = PutOptions.none().attachment(Payloads.number(2));
      session.put(KEY, Payloads.number(1), Qos.defaults(), beside);
      Sample owned = subscriber.receive(Await.LONG).orElseThrow();
      Sample retained = owned.retain();
      for (Sample sample : List.of(owned, retained)) {
        SegmentedBytes payload = sample.payload();
        MemorySegment segment = payload.segment(0);
        MemorySegment attachment = sample.attachment().orElseThrow().segment(0);
        sample.close();
        sample.close();
        assertEquals("Sample[ended]", sample.toString());
        assertAllClosed(
            sample::keyExpr,
            sample::payload,
            sample::payloadByteSize,
            sample::kind,
            sample::encoding,
            sample::timestamp,
            sample::attachment,
            sample::priority,
            sample::congestionControl,
            sample::isExpress,
            sample::reliability,
            sample::sourceInfo,
            sample::isSharedMemory,
            sample::retain,
            () -> segment.get(ValueLayout.JAVA_BYTE, 0),
            () -> attachment.get(ValueLayout.JAVA_BYTE, 0),
            () -> payload.byteAt(0),
            () -> session.put(KEY, payload));
      }
    }
  }

  @Test
  void aSampleEndsWithItsHandlerAndItsPayloadWithThePoll() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      session.put(KEY, Payloads.number(1));
      Sample[] kept = new Sample[1];
      SegmentedBytes[] payload = new SegmentedBytes[1];
      subscriber.poll(
          sample -> {
            kept[0] = sample;
            payload[0] = sample.payload();
            sample.close();
            assertEquals(1, Payloads.numberOf(sample), "close has no effect in a handler");
          },
          1);
      assertAllClosed(kept[0]::keyExpr, kept[0]::payload, kept[0]::retain);
      assertAllClosed(() -> payload[0].byteAt(0), () -> session.put(KEY, payload[0]));
    }
  }

  @Test
  void aSampleBelongsToTheThreadThatDrainedItUnlessItIsRetained() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Subscriber subscriber = session.declareSubscriber(KEY)) {
      session.put(KEY, Payloads.number(7));
      try (Sample sample = subscriber.receive(Await.LONG).orElseThrow();
          Sample retained = sample.retain()) {
        SegmentedBytes payload = sample.payload();
        for (Executable use :
            List.<Executable>of(
                sample::keyExpr,
                sample::payload,
                sample::retain,
                sample::close,
                () -> payload.byteAt(0),
                () -> session.put(KEY, payload))) {
          assertTrue(
              Threads.failureOf(Threads.call(() -> run(use))) instanceof WrongThreadException);
        }
        assertEquals(7, Threads.call(() -> Payloads.numberOf(retained)).get());
        assertEquals(true, Threads.call(() -> run(() -> sample.toString())).get());
      }
      session.put(KEY, Payloads.number(8));
      subscriber.poll(
          sample -> {
            try {
              assertTrue(
                  Threads.failureOf(Threads.call(sample::keyExpr)) instanceof WrongThreadException);
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          },
          1);
    }
  }

  private static boolean run(Executable executable) throws Exception {
    try {
      executable.execute();
      return true;
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void memoryOfAClosedArenaIsRefusedAtEachPlaceOfAPayload() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Publisher publisher = session.declarePublisher(KEY)) {
      for (int place = 0; place < 6; place++) {
        Arena arena = Arena.ofShared();
        SegmentedBytes payload = withSegmentAt(place, arena);
        arena.close();
        assertAllClosed(
            () -> publisher.put(payload),
            () -> publisher.put(payload, PutOptions.none()),
            () -> publisher.put(Payloads.number(1), PutOptions.none().attachment(payload)),
            () -> publisher.delete(PutOptions.none().attachment(payload)),
            () -> session.delete(KEY, Qos.defaults(), PutOptions.none().attachment(payload)),
            () -> session.put(KEY, payload));
        assertTrue(!payload.isLent());
      }
    }
  }

  @Test
  void memoryConfinedToAnotherThreadIsRefusedAtEachPlaceOfAPayload() throws Exception {
    try (Session session = Session.open(Config.isolated());
        Publisher publisher = session.declarePublisher(KEY);
        Arena arena = Arena.ofConfined()) {
      for (int place = 0; place < 6; place++) {
        SegmentedBytes payload = withSegmentAt(place, arena);
        for (Executable put :
            List.<Executable>of(
                () -> publisher.put(payload),
                () -> publisher.put(payload, PutOptions.none()),
                () -> publisher.put(Payloads.number(1), PutOptions.none().attachment(payload)),
                () -> publisher.delete(PutOptions.none().attachment(payload)),
                () -> session.delete(KEY, Qos.defaults(), PutOptions.none().attachment(payload)),
                () -> session.put(KEY, payload))) {
          assertTrue(
              Threads.failureOf(Threads.call(() -> run(put))) instanceof WrongThreadException);
        }
        assertTrue(!payload.isLent());
        publisher.put(payload);
      }
    }
  }

  private static SegmentedBytes withSegmentAt(int place, Arena arena) {
    MemorySegment[] segments = new MemorySegment[6];
    for (int i = 0; i < segments.length; i++) {
      segments[i] =
          i == place ? arena.allocate(8).asReadOnly() : Arena.global().allocate(8).asReadOnly();
    }
    return SegmentedBytes.fromSegments(segments, false);
  }
}
