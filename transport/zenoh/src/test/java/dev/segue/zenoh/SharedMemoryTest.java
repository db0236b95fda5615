package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loans from one session to another. */
@SuppressWarnings("try") // closes by hand
class SharedMemoryTest {
  private static final KeyExpr KEY = KeyExpr.of("test/shm");
  private static final long CAPACITY = 4 * Payloads.FRAME;
  private static Pair pair;
  private ShmPool pool;
  private Subscriber subscriber;
  private Publisher publisher;

  @BeforeAll
  static void open() throws ZenohException {
    pair = Pair.overSharedMemory();
  }

  @AfterAll
  static void close() {
    pair.close();
  }

  @BeforeEach
  void declare() throws Exception {
    pool = ShmPool.create(CAPACITY);
    subscriber = pair.far().declareSubscriber(KEY);
    publisher = pair.publisher(KEY);
  }

  @AfterEach
  void everythingComesBack() throws Exception {
    publisher.close();
    subscriber.close();
    Await.until("the memory to come back", () -> pool.collect() == CAPACITY);
    pool.close();
  }

  private Loan filled(long byteSize, long seed) {
    Loan loan = pool.loan(byteSize);
    Payloads.fill(loan.segment(), seed);
    return loan;
  }

  private Sample received() throws InterruptedException {
    return subscriber.receive(Await.LONG).orElseThrow();
  }

  @Test
  void aFrameCrossesWithoutACopy() throws Exception {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    publisher.put(filled(Payloads.FRAME, 1));
    try (Sample sample = received()) {
      assertTrue(sample.isSharedMemory());
      assertEquals(1, sample.payload().segmentCount());
      assertEquals(Payloads.random(Payloads.FRAME, 1), sample.payload());
    }
    long copied = CopyLedger.snapshot().since(before).totalByteCount();
    assertTrue(copied < 4096, () -> "copied=" + copied + ": more than a descriptor");
  }

  @Test
  void aLoanOfAnySizeCrosses() throws Exception {
    for (long byteSize : new long[] {1, 7, 64, 100, 3071, 3072, 65_535, 65_537, 1_000_003}) {
      publisher.put(filled(byteSize, byteSize));
      try (Sample sample = received()) {
        assertTrue(sample.isSharedMemory());
        assertEquals(Payloads.random(byteSize, byteSize), sample.payload());
      }
    }
  }

  @Test
  void aPrefixGoesAsADescriptorAndAnotherSliceAsBytes() throws Exception {
    try (Loan loan = filled(1 << 20, 2)) {
      SegmentedBytes whole = loan.handOver();
      for (SegmentedBytes part :
          List.of(whole, whole.slice(0, 1), whole.slice(0, 100_000), whole.slice(0, 65_536))) {
        publisher.put(part);
        try (Sample sample = received()) {
          assertTrue(sample.isSharedMemory());
          assertEquals(part, sample.payload());
        }
      }
      for (SegmentedBytes part :
          List.of(whole.slice(1), whole.slice(64), whole.slice(500_000, 7))) {
        publisher.put(part);
        try (Sample sample = received()) {
          assertFalse(sample.isSharedMemory());
          assertEquals(part, sample.payload());
        }
      }
    }
  }

  @Test
  void aPartOfALoanIsHandedOver() throws Exception {
    try (Loan loan = filled(1 << 20, 3)) {
      SegmentedBytes part = loan.handOver(1000);
      publisher.put(part);
      try (Sample sample = received()) {
        assertTrue(sample.isSharedMemory());
        assertEquals(1000, sample.payloadByteSize());
        assertEquals(part, sample.payload());
      }
    }
  }

  @Test
  void ordinaryBytesAndLoansMixInOnePayload() throws Exception {
    try (Loan one = filled(100_000, 4);
        Loan other = filled(50_000, 5)) {
      SegmentedBytes payload =
          SegmentedBytes.concat(
              List.of(
                  Payloads.random(40, 6),
                  one.handOver(),
                  other.handOver(),
                  one.handOver(),
                  Payloads.random(3, 7),
                  one.handOver().slice(5, 10)));
      publisher.put(payload, PutOptions.none().attachment(other.handOver()));
      try (Sample sample = received()) {
        assertTrue(sample.isSharedMemory());
        assertEquals(payload, sample.payload());
        assertEquals(other.handOver(), sample.attachment().orElseThrow());
      }
    }
  }

  @Test
  void ordinaryBytesAreNotSharedMemory() throws Exception {
    publisher.put(Payloads.random(1 << 20, 8));
    try (Sample sample = received()) {
      assertFalse(sample.isSharedMemory());
    }
  }

  @Test
  void theCoreMayCopyLargePayloadsIntoMemoryOfItsOwn() throws Exception {
    try (Pair copying = Pair.open(config -> config.sharedMemoryForLargePayloads(true));
        Subscriber far = copying.far().declareSubscriber(KEY);
        Publisher near = copying.publisher(KEY)) {
      SegmentedBytes payload = Payloads.random(1 << 20, 9);
      near.put(payload);
      try (Sample sample = far.receive(Await.LONG).orElseThrow()) {
        assertEquals(payload, sample.payload());
      }
    }
  }

  @Test
  void aSessionWithoutSharedMemoryGetsTheSameBytesOverTheNetwork() throws Exception {
    try (Pair mixed = Pair.open(config -> config, config -> config.sharedMemory(false));
        Subscriber far = mixed.far().declareSubscriber(KEY);
        Publisher near = mixed.publisher(KEY)) {
      near.put(filled(Payloads.FRAME, 10));
      try (Sample sample = far.receive(Await.LONG).orElseThrow()) {
        assertFalse(sample.isSharedMemory());
        assertEquals(Payloads.random(Payloads.FRAME, 10), sample.payload());
      }
    }
  }

  @Test
  void memoryComesBackWhenTheLastReaderIsThrough() throws Exception {
    publisher.put(filled(CAPACITY, 11));
    assertTrue(pool.tryLoan(1).isEmpty());
    Sample retained;
    try (Sample sample = received()) {
      retained = sample.retain();
    }
    Thread.sleep(300);
    assertTrue(pool.tryLoan(1).isEmpty(), "a reader still holds it");
    assertEquals(Payloads.random(CAPACITY, 11), retained.payload());
    retained.close();
    pool.tryLoan(CAPACITY, Await.LONG).orElseThrow().close();
  }

  @Test
  void aReaderMayPauseForSecondsWithoutLosingWhatItHolds() throws Exception {
    publisher.put(filled(Payloads.FRAME, 12));
    try (Sample sample = received()) {
      long end = System.nanoTime() + 3_000_000_000L;
      while (System.nanoTime() - end < 0) {
        assertTrue(pool.tryLoan(CAPACITY).isEmpty());
        Thread.sleep(20);
      }
      assertEquals(Payloads.random(Payloads.FRAME, 12), sample.payload());
    }
  }

  @Test
  void aPoolIsClosedWhileReadersHoldItsMemory() throws Exception {
    ShmPool closing = ShmPool.create(1 << 20);
    Loan loan = closing.loan(1 << 20);
    Payloads.fill(loan.segment(), 13);
    publisher.put(loan);
    Sample sample = received();
    closing.close();
    try (ShmPool next = ShmPool.create(1 << 20);
        Loan other = next.loan(1 << 20)) {
      other.segment().fill((byte) 1);
      Thread.sleep(300);
      assertEquals(Payloads.random(1 << 20, 13), sample.payload());
    }
    sample.close();
  }

  @Test
  void loansAreUsedAgainAndAgain() throws Exception {
    List<Long> lost = new ArrayList<>();
    for (long i = 0; i < 200; i++) {
      Loan loan = pool.tryLoan(Payloads.FRAME, Await.LONG).orElseThrow();
      loan.segment().asSlice(0, 1024).fill((byte) i);
      publisher.put(loan);
      try (Sample sample = received()) {
        if (sample.payload().byteAt(1023) != (byte) i) {
          lost.add(i);
        }
      }
    }
    assertEquals(List.of(), lost);
  }

  @Test
  void aReceivedLoanIsForwardedAndOutlivesItsSample() throws Exception {
    KeyExpr onward = KeyExpr.of("test/onward");
    try (Subscriber last = pair.far().declareSubscriber(onward)) {
      publisher.put(filled(1 << 20, 14));
      SegmentedBytes payload;
      try (Sample sample = received()) {
        payload = sample.payload();
        pair.far().put(onward, payload);
      }
      assertTrue(payload.isLent());
      try (Sample sample = last.receive(Await.LONG).orElseThrow()) {
        assertEquals(Payloads.random(1 << 20, 14), sample.payload());
      }
      Await.until("the release", () -> !payload.isLent());
    }
  }
}
