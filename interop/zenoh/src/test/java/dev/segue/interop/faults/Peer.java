package dev.segue.interop.faults;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The main class of the processes: {@code publish}, {@code subscribe}, {@code number}, {@code
 * follow}.
 */
final class Peer {
  static final KeyExpr KEY = KeyExpr.of("faults/frames");
  static final KeyExpr ASKED = KeyExpr.of("faults/asked");
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private Peer() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "publish" ->
          publish(
              Long.parseLong(arguments[1]),
              Boolean.parseBoolean(arguments[2]),
              Integer.parseInt(arguments[3]),
              Integer.parseInt(arguments[4]));
      case "subscribe" ->
          new Reader(Long.parseLong(arguments[1]), Boolean.parseBoolean(arguments[2]))
              .run(arguments[3], arguments[4], Integer.parseInt(arguments[5]));
      case "number" ->
          new Numbered(Long.parseLong(arguments[1]), Boolean.parseBoolean(arguments[2]))
              .publish(Long.parseLong(arguments[1]));
      case "follow" ->
          new Numbered(Long.parseLong(arguments[1]), Boolean.parseBoolean(arguments[2]))
              .follow(arguments[3]);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  static Config config(boolean sharedMemory) {
    return Config.isolated()
        .sharedMemory(sharedMemory)
        .sharedMemoryForLargePayloads(false)
        // Longer than any pause that is made here: what is to be held is not given up meanwhile.
        // Well
        // below the readers' patience: a put that waits for room when its link is cut may go on
        // waiting for all of it (the core closes a pipeline under the lock that such a put holds).
        .set("transport/link/tx/queue/congestion_control/block/wait_before_close", "20000000");
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  static BufferedReader orders() {
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  }

  private static long copied() {
    CopyLedger.Snapshot now = CopyLedger.snapshot();
    return now.byteCount("zenoh.network") + now.byteCount("zenoh.sharedMemory");
  }

  /** Publishes until told to stop, then tells what it sent, and what its ledger and pool say. */
  private static void publish(long id, boolean sharedMemory, int largest, int framesInPool)
      throws Exception {
    SplittableRandom random = new SplittableRandom(id);
    long capacity = (long) framesInPool * largest;
    BufferedReader orders = orders();
    long sent = 0;
    long bytes = 0;
    AtomicLong replied = new AtomicLong();
    Held held = new Held(config(sharedMemory));
    Session session = Session.open(config(sharedMemory).listen("tcp/127.0.0.1:0"));
    ShmPool pool = ShmPool.create(capacity);
    try (session) {
      Publisher publisher = session.declarePublisher(KEY, PublisherOptions.blocking());
      session.declareQueryable(
          ASKED,
          QueryableOptions.defaults(),
          query -> {
            SegmentedBytes question = query.payload().orElseThrow();
            query.reply(ASKED, question);
            replied.addAndGet(question.byteSize());
          });
      say("endpoint " + session.locators().getFirst());
      orders.readLine();
      say("matched " + publisher.awaitMatchingSubscribers(PATIENCE));
      long last = copied();
      while (!orders.ready()) {
        int byteSize = Frame.HEAD_BYTE_SIZE + random.nextInt(largest - Frame.HEAD_BYTE_SIZE);
        if (sharedMemory) {
          Optional<Loan> loan = pool.tryLoan(byteSize, Duration.ofMillis(100));
          if (loan.isEmpty()) {
            continue; // a full pool; the orders may have come
          }
          new Frame(id, sent).write(loan.get().segment());
          publisher.put(loan.get());
        } else {
          MemorySegment segment = Arena.ofAuto().allocate(byteSize);
          new Frame(id, sent).write(segment);
          publisher.put(SegmentedBytes.fromSegments(List.of(segment.asReadOnly()), false));
        }
        sent++;
        bytes += byteSize;
        if (sent % 16 == 0) {
          long now = copied();
          if (now < last) {
            throw new IllegalStateException("the ledger went back from " + last + " to " + now);
          }
          last = now;
        }
        if (random.nextInt(8) == 0) {
          Thread.sleep(random.nextInt(5));
        }
      }
      orders.readLine();
      say("sent count=" + sent + " dropped=" + session.droppedCount());
      say("mapped " + Held.sharedMemory());
      orders.readLine(); // the subscriber is through
    }
    say("ledger bytes=" + bytes + " replied=" + replied + " copied=" + copied());
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (pool.collect() < capacity && System.nanoTime() - deadline < 0) {
      Thread.sleep(10);
    }
    long missing = capacity - pool.collect();
    pool.close();
    say("pool missing=" + missing + " sockets=" + held.left());
  }
}
