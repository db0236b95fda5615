package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.LendingArena;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory that was lent stays until the last reader is through, whatever else is closed. */
@SuppressWarnings("try") // closes by hand
class LeaseTest {
  private static final KeyExpr KEY = KeyExpr.of("test/lease");
  private Session session;
  private Subscriber subscriber;
  private Publisher publisher;

  @BeforeEach
  void open() throws ZenohException {
    session = Session.open(Config.isolated());
    subscriber = session.declareSubscriber(KEY);
    publisher = session.declarePublisher(KEY);
  }

  @AfterEach
  void close() throws ZenohException {
    session.close();
    Await.until("all leases to end", () -> Leases.heldCount() == 0);
  }

  private Sample received() throws InterruptedException {
    return subscriber.receive(Await.LONG).orElseThrow();
  }

  @Test
  void anArenaOfOursIsFreedWhenTheLastReaderIsThrough() throws Exception {
    LendingArena arena = new LendingArena();
    MemorySegment segment = arena.allocate(1 << 20);
    Payloads.fill(segment, 1);
    SegmentedBytes payload = SegmentedBytes.fromSegments(List.of(segment.asReadOnly()), false);
    publisher.put(payload);
    arena.close();
    assertFalse(arena.isFreed());
    try (Sample sample = received()) {
      assertEquals(Payloads.random(1 << 20, 1), sample.payload());
    }
    Await.until("the end of the arena", arena::isFreed);
    assertThrows(IllegalStateException.class, () -> publisher.put(payload));
  }

  @Test
  void aLoanGoesBackToItsPoolWhenTheLastReaderIsThrough() throws Exception {
    try (OffHeapPool pool = new OffHeapPool(1 << 20)) {
      Loan loan = pool.loan(1 << 20);
      Payloads.fill(loan.segment(), 2);
      publisher.put(loan);
      assertTrue(pool.tryLoan(1).isEmpty());
      try (Sample sample = received()) {
        assertEquals(Payloads.random(1 << 20, 2), sample.payload());
      }
      assertTrue(pool.tryLoan(1 << 20, Await.LONG).isPresent());
    }
  }

  @Test
  void memoryThatNobodyElseReachesStaysWhileItIsLent() throws Exception {
    for (int i = 0; i < 8; i++) {
      publisher.put(Payloads.random(4 << 20, i));
    }
    for (int i = 0; i < 5; i++) {
      System.gc();
      Payloads.random(4 << 20, 100 + i);
    }
    for (int i = 0; i < 8; i++) {
      try (Sample sample = received()) {
        assertEquals(Payloads.random(4 << 20, i), sample.payload());
      }
    }
  }

  @Test
  void theReleaseIsToldOnceTheLastSampleIsClosed() throws Exception {
    SegmentedBytes payload = Payloads.random(1000, 3);
    publisher.put(payload);
    publisher.put(payload);
    CompletableFuture<Void> released = payload.released().toCompletableFuture();
    Sample one = received();
    Sample retained = one.retain();
    one.close();
    received().close();
    Thread.sleep(100);
    assertFalse(released.isDone());
    retained.close();
    released.get(30, TimeUnit.SECONDS);
    assertFalse(payload.isLent());
  }

  @Test
  void samplesOutliveTheirSubscriberAndTheirSession() throws Exception {
    publisher.put(Payloads.random(1000, 4));
    Sample owned = received();
    Sample retained = owned.retain();
    session.close();
    assertEquals(Payloads.random(1000, 4), owned.payload());
    assertEquals(Payloads.random(1000, 4), retained.payload());
    assertEquals(KEY, owned.keyExpr());
    owned.close();
    retained.close();
  }

  @Test
  void whatWaitsInASubscriberIsReleasedWhenItIsClosed() throws Exception {
    SegmentedBytes payload = Payloads.random(1000, 5);
    for (int i = 0; i < 10; i++) {
      publisher.put(payload);
    }
    subscriber.close();
    Await.until("the release", () -> !payload.isLent());
  }

  @Test
  void aReceivedPayloadIsForwardedFromAHandlerAndOutlivesIt() throws Exception {
    KeyExpr onward = KeyExpr.of("test/onward");
    SegmentedBytes payload = Payloads.scattered(7, 6);
    try (Subscriber last = session.declareSubscriber(onward)) {
      for (int i = 0; i < 3; i++) {
        publisher.put(payload);
      }
      int count =
          subscriber.poll(
              sample -> {
                try {
                  session.put(onward, sample.payload());
                } catch (ZenohException e) {
                  throw new IllegalStateException(e);
                }
              },
              10);
      assertEquals(3, count);
      for (int i = 0; i < 100; i++) {
        publisher.put(Payloads.scattered(7, 100 + i));
        subscriber.poll(Sample::payload, 10);
      }
      assertTrue(payload.isLent());
      for (int i = 0; i < 3; i++) {
        try (Sample sample = last.receive(Await.LONG).orElseThrow()) {
          assertEquals(payload, sample.payload());
        }
      }
      Await.until("the release", () -> !payload.isLent());
    }
  }

  @Test
  void whenTheReleaseIsToldTheMemoryHasGoneBack() throws Exception {
    try (ShmPool pool = ShmPool.create(4096)) {
      for (int i = 0; i < 2000; i++) {
        SegmentedBytes payload;
        try (Loan loan = pool.loan(4096)) {
          payload = loan.handOver();
          publisher.put(payload);
        }
        CompletableFuture<Void> released = payload.released().toCompletableFuture();
        received().close();
        released.get(30, TimeUnit.SECONDS);
        assertEquals(4096, pool.collect());
      }
    }
  }

  @Test
  void aDependentOfAReleaseThatBlocksStopsNoOtherLease() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch through = new CountDownLatch(1);
    SegmentedBytes payload = Payloads.random(1000, 7);
    publisher.put(payload);
    CompletableFuture<Void> blocking =
        payload
            .released()
            .thenRun(
                () -> {
                  blocked.countDown();
                  try {
                    assertTrue(through.await(60, TimeUnit.SECONDS));
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                })
            .toCompletableFuture();
    received().close();
    assertTrue(blocked.await(30, TimeUnit.SECONDS));
    for (int i = 0; i < 10; i++) {
      SegmentedBytes other = Payloads.random(1000, 8 + i);
      publisher.put(other);
      received().close();
      other.released().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
    assertFalse(blocking.isDone());
    through.countDown();
    blocking.get(30, TimeUnit.SECONDS);
  }
}
