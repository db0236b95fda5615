package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Memory after many messages: generous bounds, many times below what a leak of each would take. */
class LeakTest {
  private static final KeyExpr KEY = KeyExpr.of("test/leak");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long MAX_GROWTH_KIB = 16 << 10;

  private static long residentKib() throws Exception {
    assumeTrue(Files.exists(STATUS), "no /proc");
    System.gc();
    try (var lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .sum();
    }
  }

  private interface Exchange {
    void run(int count) throws Exception;
  }

  private static void assertFlat(int warmUp, int count, Exchange exchange) throws Exception {
    exchange.run(warmUp);
    // The heap of Java grows for a while; a leak grows in each round.
    List<Long> resident = new ArrayList<>(List.of(residentKib()));
    long growth;
    do {
      exchange.run(count);
      resident.add(residentKib());
      growth = resident.getLast() - resident.get(resident.size() - 2);
      assertTrue(resident.size() < 6 || growth < MAX_GROWTH_KIB, () -> "KiB " + resident);
    } while (growth >= MAX_GROWTH_KIB);
    Await.until("all leases to end", () -> Leases.heldCount() == 0);
  }

  @Test
  void smallMessagesLeaveNothingBehind() throws Exception {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(1024));
    AtomicLong far = new AtomicLong();
    AtomicLong local = new AtomicLong();
    SampleHandler countFar = sample -> far.addAndGet(sample.attachment().isPresent() ? 1 : 0);
    SampleHandler countLocal = sample -> local.addAndGet(sample.payload().byteSize() / 100);
    try (Pair pair = Pair.overNetwork();
        Subscriber _ = pair.far().declareSubscriber(KEY, options, countFar);
        Subscriber _ = pair.near().declareSubscriber(KEY, options, countLocal);
        Publisher publisher = pair.publisher(KEY)) {
      SegmentedBytes payload = Payloads.random(100, 1);
      PutOptions beside = PutOptions.none().attachment(payload).sequenceNumber(1);
      for (int i = 0; far.get() == 0; i++) {
        publisher.put(payload, beside);
        Thread.sleep(10);
        assertTrue(i < 3000, "the far subscriber is never known");
      }
      Await.until("the first ones", () -> local.get() > 0);
      Thread.sleep(100);
      assertFlat(
          20_000,
          100_000,
          count -> {
            long expected = far.get() + count;
            long expectedLocal = local.get() + count;
            for (int i = 0; i < count; i++) {
              publisher.put(payload, beside);
            }
            Await.until("the rest", () -> far.get() == expected && local.get() == expectedLocal);
          });
    }
  }

  @Test
  void framesInSharedMemoryLeaveNothingBehind() throws Exception {
    long capacity = 4 * Payloads.FRAME;
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.hold(2));
    try (Pair pair = Pair.overSharedMemory();
        ShmPool pool = ShmPool.create(capacity);
        Subscriber subscriber = pair.far().declareSubscriber(KEY, options);
        Publisher publisher = pair.publisher(KEY)) {
      assertFlat(
          200,
          2000,
          count -> {
            for (int i = 0; i < count; i++) {
              Loan loan = pool.tryLoan(Payloads.FRAME, Await.LONG).orElseThrow();
              publisher.put(loan);
              try (Sample sample = subscriber.receive(Await.LONG).orElseThrow();
                  Sample retained = sample.retain()) {
                assertEquals(Payloads.FRAME, retained.payload().byteSize());
              }
            }
          });
      Await.until("the memory to come back", () -> pool.collect() == capacity);
    }
  }

  @Test
  void declarationsAndSessionsLeaveNothingBehind() throws Exception {
    assertFlat(
        10,
        30,
        count -> {
          for (int i = 0; i < count; i++) {
            try (Session session = Session.open(Config.isolated())) {
              for (int j = 0; j < 50; j++) {
                try (Subscriber subscriber = session.declareSubscriber(KEY);
                    Publisher publisher = session.declarePublisher(KEY)) {
                  publisher.put(Payloads.number(j));
                  subscriber.receive(Await.LONG).orElseThrow().close();
                }
              }
            }
          }
        });
  }
}
