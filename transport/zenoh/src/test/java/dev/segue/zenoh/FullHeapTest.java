package dev.segue.zenoh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.testkit.ChildProcess;
import dev.segue.testkit.FullHeap;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that the heap has no room for lose no memory, and what was sent before comes. */
@Timeout(300)
class FullHeapTest {

  /** What the other JVM does. */
  static final class Program {
    private static final KeyExpr KEY = KeyExpr.of("test/full");
    private static final int CAPACITY = 16 << 20;
    private static final int WARM_UP_COUNT = 20;
    private static final int MOST_ROOMS = 300;
    private static final SubscriberOptions HELD =
        SubscriberOptions.defaults().backlog(Backlog.hold(4 * MOST_ROOMS));

    private final FullHeap heap = new FullHeap();
    private final OffHeapPool pool = new OffHeapPool(CAPACITY);
    private final ShmPool shared;
    private final Session session;
    private final Subscriber subscriber;
    private final Publisher publisher;

    private Program() throws ZenohException {
      shared = ShmPool.create(CAPACITY);
      session = Session.open(Config.isolated());
      subscriber = session.declareSubscriber(KEY, HELD);
      publisher = session.declarePublisher(KEY);
    }

    /** {@link #tryEach}; all that it took must come back. */
    private void run(String name, FullHeap.Call call) throws Exception {
      tryEach(name, call);
      awaitAll(name);
    }

    /** Makes a call with room for one more object each time. */
    private void tryEach(String name, FullHeap.Call call) throws Exception {
      // Nothing is loaded or linked for the first time later.
      for (int i = 0; i < WARM_UP_COUNT; i++) {
        call.run();
      }
      List<Throwable> failures = heap.tryEach(MOST_ROOMS, call);
      assertTrue(failures.size() < MOST_ROOMS, () -> name + " never succeeds: " + failures);
      for (Throwable each : failures) {
        assertInstanceOf(OutOfMemoryError.class, each, name);
      }
    }

    private void awaitAll(String name) throws Exception {
      for (int count = 1; count > 0; ) {
        count = subscriber.poll(_ -> {}, 100);
      }
      Await.until("no lease after " + name, () -> Leases.heldCount() == 0);
      Await.until("all memory after " + name, () -> pool.availableByteSize() == CAPACITY);
      Await.until("all shared memory after " + name, () -> shared.availableByteSize() == CAPACITY);
      System.out.println("all is back after " + name);
    }

    private static void fill(LoanPool from) {
      try (Loan loan = from.loan(100)) {
        loan.segment().fill((byte) 1);
        assertEquals(1, loan.handOver().byteAt(99));
      }
    }

    private void put(LoanPool from) throws ZenohException {
      try (Loan loan = from.loan(100)) {
        loan.segment().fill((byte) 1);
        publisher.put(loan.handOver());
      }
    }

    private void putWith(PutOptions options) throws ZenohException {
      try (Loan loan = pool.loan(100)) {
        loan.segment().fill((byte) 1);
        publisher.put(loan.handOver(), options);
      }
    }

    private void prepare() throws ZenohException {
      for (int i = 0; i < 3 * MOST_ROOMS; i++) {
        put(pool);
      }
    }

    private void receive() throws InterruptedException {
      try (Sample sample = subscriber.receive(Duration.ofSeconds(10)).orElseThrow()) {
        assertEquals(1, sample.payload().byteAt(99));
      }
    }

    private void retain(Sample sample) {
      try (Sample retained = sample.retain()) {
        assertEquals(1, retained.payload().byteAt(99));
      }
    }

    public static void main(String[] arguments) throws Exception {
      Program program = new Program();
      program.run("loans", () -> fill(program.pool));
      program.run("loans of shared memory", () -> fill(program.shared));
      program.run("puts", () -> program.put(program.pool));
      program.run("puts of shared memory", () -> program.put(program.shared));
      program.run(
          "puts with an attachment",
          () ->
              program.putWith(
                  PutOptions.none().encoding(Encoding.TEXT_PLAIN).attachment(Payloads.number(7))));
      program.prepare();
      program.run("receptions", program::receive);
      program.prepare();
      program.run("polls", () -> program.subscriber.poll(program::retain, 2));
      program.prepare();
      try (Sample sample = program.subscriber.receive(Await.LONG).orElseThrow()) {
        program.tryEach("retained samples", () -> program.retain(sample));
        program.tryEach("forwarded samples", () -> program.publisher.put(sample.payload()));
      }
      program.awaitAll("retained samples");
      program.run("declarations", () -> program.session.declareSubscriber(KEY).close());
      program.run("publishers", () -> program.session.declarePublisher(KEY).close());
      program.session.close();
      System.out.println("all is back");
    }
  }

  @Test
  void whatTheHeapHasNoRoomForLosesNoMemory() throws Exception {
    try (ChildProcess process =
        new ChildProcess(new ProcessBuilder(FullHeap.command(Program.class)))) {
      for (String each :
          List.of(
              "loans",
              "loans of shared memory",
              "puts",
              "puts of shared memory",
              "puts with an attachment",
              "receptions",
              "polls",
              "retained samples",
              "declarations",
              "publishers")) {
        process.line("all is back after " + each);
      }
      process.line("all is back");
      assertEquals(0, process.exitCode());
    }
  }
}
