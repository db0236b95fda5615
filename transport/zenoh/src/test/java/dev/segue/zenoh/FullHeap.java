package dev.segue.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What puts and receives while the heap is full again and again: in a process with a small one. */
final class FullHeap {
  private static final int[] BYTE_SIZES = {1 << 20, 1 << 16, 1 << 12, 1 << 9, 1 << 6, 16, 16};
  private static final int FEWEST_FAILURES = 40;
  private static final long LONGEST_NANOS = Duration.ofSeconds(15).toNanos();
  private static final int CAPACITY = 1 << 20;
  private static final KeyExpr KEY = KeyExpr.of("test/process");
  private static final Object[] KEPT = new Object[400_000];

  private static volatile boolean isOver;

  private FullHeap() {}

  private interface Step {
    void run() throws Exception;
  }

  static void run() throws Exception {
    try (Session session = Session.open(Config.isolated());
        ShmPool shm = ShmPool.create(CAPACITY);
        OffHeapPool pool = new OffHeapPool(CAPACITY);
        Publisher publisher = session.declarePublisher(KEY);
        Subscriber subscriber =
            session.declareSubscriber(KEY, SubscriberOptions.defaults().backlog(Backlog.last(4)))) {
      Step received =
          () -> {
            putOne(shm.tryLoan(1_000), publisher);
            receiveOne(subscriber);
          };
      Step retained =
          () -> {
            putOne(shm.tryLoan(1_000), publisher);
            subscriber.poll(FullHeap::retainOne, 4);
          };
      Step lent =
          () -> {
            putOne(pool.tryLoan(1_000), publisher);
            receiveOne(subscriber);
          };
      whileFull(received, retained, lent);
      while (receiveOne(subscriber)) {
        // What waits holds memory of the pools.
      }
      ChildMain.say("shm available=" + shm.availableByteSize());
      SegmentedBytes further = SegmentedBytes.copyOf(new byte[1_000]);
      publisher.put(further);
      receiveOne(subscriber);
      ChildMain.say("released " + further.awaitReleased(Duration.ofSeconds(20)));
      ChildMain.say("pool available=" + pool.availableByteSize());
      handlers(session, publisher);
    }
  }

  private static void handlers(Session session, Publisher publisher) throws Exception {
    Semaphore taken = new Semaphore(0);
    try (Subscriber _ =
        session.declareSubscriber(
            KEY,
            SubscriberOptions.defaults().backlog(Backlog.last(4)),
            sample -> {
              sample.payload().copyToByteArray();
              taken.release();
            })) {
      SegmentedBytes payload = SegmentedBytes.copyOf(new byte[1_000]);
      whileFull(() -> publisher.put(payload));
      taken.drainPermits();
      publisher.put(payload);
      ChildMain.say("handled " + taken.tryAcquire(20, TimeUnit.SECONDS));
    }
  }

  private static void putOne(Optional<Loan> given, Publisher publisher) throws ZenohException {
    if (given.isPresent()) {
      try (Loan loan = given.get()) {
        publisher.put(loan.handOver());
      }
    }
  }

  private static boolean receiveOne(Subscriber subscriber) {
    Optional<Sample> given = subscriber.tryReceive();
    if (given.isPresent()) {
      try (Sample sample = given.get()) {
        sample.payload().byteAt(0);
      }
    }
    return given.isPresent();
  }

  private static void retainOne(Sample sample) {
    try (Sample retained = sample.retain()) {
      retained.payload().byteAt(0);
    }
  }

  private static void whileFull(Step... steps) throws Exception {
    for (int i = 0; i < 1_000; i++) {
      for (Step step : steps) {
        step.run();
      }
    }
    for (Step step : steps) {
      isOver = false;
      Thread filler = Thread.ofPlatform().daemon().start(FullHeap::fill);
      long begin = System.nanoTime();
      int failureCount = 0;
      while (failureCount < FEWEST_FAILURES && System.nanoTime() - begin < LONGEST_NANOS) {
        try {
          step.run();
        } catch (OutOfMemoryError _) {
          failureCount++;
        }
      }
      isOver = true;
      filler.join();
    }
  }

  /** Fills the heap to its last bytes, and lets go of some of it. */
  private static void fill() {
    Random random = new Random(20);
    int count = 0;
    while (!isOver) {
      for (int byteSize : BYTE_SIZES) {
        try {
          while (!isOver && count < KEPT.length) {
            KEPT[count] = new byte[byteSize];
            count++;
          }
        } catch (OutOfMemoryError _) {
          // That is what it is for.
        }
      }
      for (int i = random.nextInt(1 << random.nextInt(14)); i >= 0 && count > 0; i--) {
        KEPT[--count] = null;
      }
      LockSupport.parkNanos(100_000);
    }
    Arrays.fill(KEPT, null);
  }
}
