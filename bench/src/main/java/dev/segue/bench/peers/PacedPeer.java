package dev.segue.bench.peers;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Frames at a fixed rate, every byte written and every byte read:
 *
 * <pre>
 * pacesub tcp|shm ENDPOINT               prints latencies from the intended time of sending
 * pacepub tcp|shm ENDPOINT BYTES HZ SECS begins with the intended time and a number, -1 at the end
 * </pre>
 *
 * <p>System properties make a subscriber's life hard: {@code segue.slow.millis} is slept in each
 * call while {@code segue.slow.seconds} after the first one last; {@code segue.garbage} makes
 * threads that allocate without end: {@link Garbage}.
 */
final class PacedPeer {
  static final KeyExpr KEY = KeyExpr.of("paced");

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
  private static final int HEAD = 2 * Long.BYTES;
  private static final long SLOW_MILLIS = Long.getLong("segue.slow.millis", 0);
  private static final long SLOW_NANOS =
      TimeUnit.SECONDS.toNanos(Long.getLong("segue.slow.seconds", 0));

  private PacedPeer() {}

  /** The samples received so far. One thread at a time. */
  private static final class Received {
    private final AtomicReference<@Nullable Subscriber> subscriber = new AtomicReference<>();
    private long[] latencies = new long[1 << 16];
    private int count;
    private long sum;
    private long mostWaiting;
    private long slowUntil;

    void take(Sample sample) {
      SegmentedBytes payload = sample.payload();
      byte[] head = payload.slice(0, HEAD).copyToByteArray();
      MemorySegment words = MemorySegment.ofArray(head);
      if (words.get(WORD, Long.BYTES) < 0) {
        print();
        count = 0;
        return;
      }
      if (count == 0) {
        Garbage.begin();
      }
      for (MemorySegment segment : payload.segments()) {
        sum += sumOf(segment);
      }
      if (count == latencies.length) {
        latencies = Arrays.copyOf(latencies, 2 * count);
      }
      latencies[count++] = System.nanoTime() - words.get(WORD, 0);
      Subscriber from = subscriber.get();
      if (from != null && (SLOW_MILLIS > 0 || Garbage.IS_ON)) {
        mostWaiting = Math.max(mostWaiting, from.counts().waiting());
      }
      beSlow();
    }

    private void beSlow() {
      if (SLOW_MILLIS == 0) {
        return;
      }
      long now = System.nanoTime();
      slowUntil = slowUntil == 0 ? now + SLOW_NANOS : slowUntil;
      if (now - slowUntil < 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(SLOW_MILLIS));
      }
    }

    private void print() {
      StringJoiner all = new StringJoiner(",");
      for (int i = 0; i < count; i++) {
        all.add(Long.toString(latencies[i]));
      }
      Subscriber from = subscriber.get();
      long dropped = from == null ? 0 : from.counts().dropped();
      System.out.println(
          "paced received="
              + count
              + " dropped="
              + dropped
              + " most_waiting="
              + mostWaiting
              + " gc_pause_ms="
              + Garbage.longestPauseMillis()
              + " sum="
              + (sum & 0xff)
              + " latencies_ns="
              + all);
    }
  }

  private static long sumOf(MemorySegment segment) {
    long sum = 0;
    int words = (int) (segment.byteSize() / Long.BYTES);
    for (int i = 0; i < words; i++) {
      sum += segment.get(WORD, (long) i * Long.BYTES);
    }
    for (long at = (long) words * Long.BYTES; at < segment.byteSize(); at++) {
      sum += segment.get(ValueLayout.JAVA_BYTE, at);
    }
    return sum;
  }

  static void subscribe(Config config, Receiving receiving) throws Exception {
    Garbage.start();
    Received received = new Received();
    try (Session session = Session.open(config)) {
      receiving.consume(
          session,
          KEY,
          received::take,
          subscriber -> {
            received.subscriber.set(subscriber);
            SeguePeer.sayReady();
          });
    }
  }

  static void publish(Config config, boolean shm, long byteSize, double hertz, double seconds)
      throws Exception {
    try (Session session = Session.open(config);
        Publisher publisher = session.declarePublisher(KEY, PublisherOptions.blocking())) {
      Thread.sleep(1000);
      long capacity = Math.max(16L << 20, 8 * byteSize);
      LoanPool pool = shm ? ShmPool.create(capacity) : new OffHeapPool(capacity);
      long count = (long) (hertz * seconds);
      System.out.println("paced begin");
      long start = System.nanoTime() + 1_000_000;
      for (long i = 0; i < count; i++) {
        long intended = start + (long) (i * 1e9 / hertz);
        for (long left = intended - System.nanoTime(); left > 0; ) {
          LockSupport.parkNanos(left);
          left = intended - System.nanoTime();
        }
        send(publisher, pool, byteSize, intended, i);
      }
      send(publisher, pool, byteSize, 0, -1);
      Thread.sleep(1000);
      System.out.println("paced sent=" + count);
    }
    System.exit(0);
  }

  private static void send(
      Publisher publisher, LoanPool pool, long byteSize, long intended, long number)
      throws Exception {
    try (Loan loan = pool.tryLoan(byteSize, Duration.ofSeconds(20)).orElseThrow()) {
      MemorySegment frame = loan.segment();
      frame.fill((byte) number);
      frame.set(WORD, 0, intended);
      frame.set(WORD, Long.BYTES, number);
      publisher.put(loan);
    }
  }
}
