package dev.segue.bench.peers;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The two processes of {@link dev.segue.bench.zenoh.Soak}:
 *
 * <pre>
 * SoakPeer sub tcp|shm ENDPOINT              polls and reads the first and the last byte
 * SoakPeer pub tcp|shm ENDPOINT SECS BYTES   publishes and says at times what it holds
 * </pre>
 */
public final class SoakPeer {
  private static final KeyExpr KEY = KeyExpr.of("soak");
  private static final long POOL_BYTE_SIZE = 128L << 20;
  private static final long SAY_NANOS = Duration.ofMillis(500).toNanos();

  private SoakPeer() {}

  /** A role, as the class comment says. */
  public static void main(String[] args) throws Exception {
    boolean shm = args[1].equals("shm");
    switch (args[0]) {
      case "sub" -> subscribe(shm, args[2]);
      case "pub" -> publish(shm, args[2], Long.parseLong(args[3]), Long.parseLong(args[4]));
      default -> throw new IllegalArgumentException("unknown role: " + args[0]);
    }
  }

  private static void subscribe(boolean shm, String endpoint) throws Exception {
    AtomicLong count = new AtomicLong();
    AtomicLong sum = new AtomicLong();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (true) {
                try {
                  Thread.sleep(Duration.ofNanos(SAY_NANOS));
                } catch (InterruptedException e) {
                  return;
                }
                System.out.println("received=" + count.getOpaque());
              }
            });
    try (Session session = Session.open(SeguePeer.config(shm).listen(endpoint))) {
      Receiving.POLL_BACKOFF.consume(
          session,
          KEY,
          sample -> {
            sum.setPlain(sum.getPlain() + ends(sample));
            count.setOpaque(count.getPlain() + 1);
          },
          subscriber -> System.out.println("ready"));
    }
  }

  private static int ends(Sample sample) {
    SegmentedBytes payload = sample.payload();
    return payload.byteAt(0) + payload.byteAt(payload.byteSize() - 1);
  }

  private static void publish(boolean shm, String endpoint, long seconds, long byteSize)
      throws Exception {
    try (Session session = Session.open(SeguePeer.config(shm).connect(endpoint));
        Publisher publisher = session.declarePublisher(KEY, PublisherOptions.blocking())) {
      if (!publisher.awaitMatchingSubscribers(Duration.ofSeconds(20))) {
        throw new IllegalStateException("no subscriber of " + KEY);
      }
      @Nullable ShmPool pool = shm ? ShmPool.create(POOL_BYTE_SIZE) : null;
      MemorySegment memory = Arena.global().allocate(byteSize, Long.BYTES).asReadOnly();
      SegmentedBytes payload = SegmentedBytes.fromSegments(List.of(memory), false);
      say("begin", 0, pool, payload);
      long next = System.nanoTime() + SAY_NANOS;
      long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
      long sent = 0;
      for (boolean isOver = false; !isOver; sent++) {
        if (pool == null) {
          publisher.put(payload);
        } else {
          Loan loan = pool.tryLoan(byteSize, Duration.ofSeconds(20)).orElseThrow();
          publisher.put(loan);
        }
        if ((sent & 31) == 0) {
          long now = System.nanoTime();
          isOver = now - end > 0;
          if (now - next > 0) {
            say("at", sent, pool, payload);
            next = now + SAY_NANOS;
          }
        }
      }
      System.out.println("done");
      Thread.sleep(1000);
      say("end", sent, pool, payload);
      if (pool != null) {
        pool.close();
      }
    }
  }

  private static void say(String when, long sent, @Nullable ShmPool pool, SegmentedBytes payload) {
    System.out.println(
        when
            + " sent="
            + sent
            + " pool_available="
            + (pool == null ? 0 : pool.collect())
            + " lent="
            + (payload.isLent() ? 1 : 0));
  }
}
