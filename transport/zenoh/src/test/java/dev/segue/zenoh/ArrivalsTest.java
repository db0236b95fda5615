package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever waits for more than samples is told of them. */
class ArrivalsTest {
  private static final KeyExpr KEY = KeyExpr.of("test/arrivals");
  private final Semaphore told = new Semaphore(0);
  private Session session;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
  }

  @AfterEach
  void close() {
    session.close();
  }

  private boolean isTold() throws InterruptedException {
    return told.tryAcquire(Await.LONG.toSeconds(), TimeUnit.SECONDS);
  }

  private void put() throws ZenohException {
    session.put(KEY, SegmentedBytes.copyOfUtf8("x"));
  }

  @Test
  void whatComesIsToldOnceEachTimeItIsAsked() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY);
        Arrivals arrivals = subscriber.newArrivals(told::release)) {
      for (int round = 0; round < 100; round++) {
        assertTrue(arrivals.arm());
        put();
        assertTrue(isTold());
        put();
        assertFalse(arrivals.arm());
        assertEquals(2, subscriber.poll(_ -> {}, 9));
      }
      put();
      assertFalse(told.tryAcquire(20, TimeUnit.MILLISECONDS));
    }
  }

  /** Those of the whole process are woken by one thread. */
  @Test
  void anActionThatThrowsStopsNoOther() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY);
        Arrivals throwing =
            subscriber.newArrivals(
                () -> {
                  told.release();
                  throw new IllegalStateException("thrown by a test");
                })) {
      for (int round = 0; round < 3; round++) {
        assertTrue(throwing.arm());
        put();
        assertTrue(isTold());
        assertEquals(1, subscriber.poll(_ -> {}, 9));
      }
    }
  }

  @Test
  void severalAreTold() throws Exception {
    try (Subscriber subscriber = session.declareSubscriber(KEY);
        Arrivals first = subscriber.newArrivals(told::release);
        Arrivals second = subscriber.newArrivals(told::release)) {
      assertTrue(first.arm());
      assertTrue(second.arm());
      put();
      assertTrue(isTold());
      assertTrue(isTold());
    }
  }

  @Test
  void theEndIsToldAndNothingAfterAClose() throws Exception {
    Subscriber subscriber = session.declareSubscriber(KEY);
    Arrivals closed = subscriber.newArrivals(() -> told.release(100));
    Arrivals arrivals = subscriber.newArrivals(told::release);
    closed.close();
    closed.close();
    assertTrue(arrivals.arm());
    subscriber.close();
    assertTrue(isTold());
    assertFalse(arrivals.arm());
    arrivals.close();
    assertEquals(0, told.availablePermits());
    assertTrue(subscriber.isClosed());
  }
}
