package dev.segue.gateway;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds the bytes of samples that all clients together hold: those that wait in backlogs and those
 * that are on their way. A sample counts once, however many clients hold it, and once for each
 * client's address, which may hold half of all.
 *
 * <p>Bounds as well how often samples are lent, by the size of the heap: each time costs some KiB
 * of it, for what is told of the sample and for its way, however small the sample is.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class LentBudget implements AutoCloseable {
  /** The most heap that one sample on its way to one client takes, with so much of metadata. */
  private static final long HEAP_BYTE_SIZE = 6 * 1024;

  private static final int METADATA_BYTE_SIZE = 4 * 1024;

  private static final long MAX_COUNT = 1 << 20;

  private final long maxByteSize;
  private final long maxCount;
  private final OffHeapPool copies;
  private final OffHeapPool laneCopies;
  private final AtomicLong count = new AtomicLong();
  private final ConcurrentHashMap<InetAddress, Long> countByClient = new ConcurrentHashMap<>();
  private final Map<InetAddress, Long> byClient = new HashMap<>();
  private long lentByteSize;
  private final LongAdder refused = new LongAdder();

  /** Bounds both what is lent and, once more, the copies that are made for clients that lag. */
  LentBudget(long maxByteSize) {
    this(maxByteSize, Math.min(Runtime.getRuntime().maxMemory() / HEAP_BYTE_SIZE, MAX_COUNT));
  }

  LentBudget(long maxByteSize, long maxCount) {
    this(maxByteSize, maxCount, 0);
  }

  private LentBudget(long maxByteSize, long maxCount, long laneByteSize) {
    this.maxByteSize = maxByteSize;
    this.maxCount = maxCount;
    this.copies = new OffHeapPool(Math.max(maxByteSize, 4096));
    this.laneCopies = new OffHeapPool(Math.max(laneByteSize, 4096));
  }

  /**
   * With memory for all samples of other lanes than Zenoh's.
   *
   * @param maxValueByteSize for the newest of them; what is lent has room beside them
   */
  static LentBudget withLanes(long maxByteSize, long maxValueByteSize) {
    return new LentBudget(
        maxByteSize,
        Math.min(Runtime.getRuntime().maxMemory() / HEAP_BYTE_SIZE, MAX_COUNT),
        Math.addExact(maxByteSize, maxValueByteSize));
  }

  /** Memory for a copy of a sample of another lane; empty if there is none now. */
  Optional<Loan> tryLaneLoan(long byteSize) {
    return byteSize > laneCopies.capacityByteSize()
        ? Optional.empty()
        : laneCopies.tryLoan(byteSize);
  }

  /** Memory for a copy of a sample; empty if there is none now. */
  Optional<Loan> tryCopyLoan(long byteSize) {
    return byteSize > copies.capacityByteSize() ? Optional.empty() : copies.tryLoan(byteSize);
  }

  /**
   * Returns whether a client may be lent a sample, by their number. Cheap: it is asked for each
   * stream of a client at each sample.
   */
  boolean hasCount(InetAddress client) {
    return count.get() < maxCount && countByClient.getOrDefault(client, 0L) < maxCount / 2;
  }

  /** Counts that a sample is lent; false, and not counted, if that is once too often. */
  boolean tryCount(InetAddress client, int weight) {
    if (!hasCount(client)) {
      refused.increment();
      return false;
    }
    boolean[] fits = {false};
    countByClient.compute(
        client,
        (_, before) -> {
          long ofClient = before == null ? 0 : before;
          fits[0] = ofClient < maxCount / 2 && count.get() < maxCount;
          if (!fits[0]) {
            return before;
          }
          count.addAndGet(weight);
          return ofClient + weight;
        });
    if (!fits[0]) {
      refused.increment();
    }
    return fits[0];
  }

  /** Ends what {@link #tryCount} counted. */
  void uncount(InetAddress client, int weight) {
    countByClient.computeIfPresent(
        client, (_, before) -> before <= weight ? null : before - weight);
    count.addAndGet(-weight);
  }

  /**
   * Returns how often it counts that a sample is lent: more than once where its metadata is large.
   */
  static int weightOf(Metadata metadata) {
    String attachment = metadata.attachment();
    int length = metadata.key().length() + (attachment == null ? 0 : attachment.length());
    return 1 + length / METADATA_BYTE_SIZE;
  }

  /**
   * Takes room for a sample that a client doesn't hold yet. One sample always fits.
   *
   * @param first whether no other client holds it
   */
  synchronized boolean tryTake(InetAddress client, long byteSize, boolean first) {
    long ofClient = byClient.getOrDefault(client, 0L);
    boolean fits =
        (ofClient == 0 || ofClient + byteSize <= maxByteSize / 2)
            && (!first || lentByteSize == 0 || lentByteSize + byteSize <= maxByteSize);
    if (!fits) {
      refused.increment();
      return false;
    }
    // Those without bytes count as one, so that the entry is there as long as anything is lent.
    byClient.put(client, ofClient + Math.max(1, byteSize));
    if (first) {
      lentByteSize += byteSize;
    }
    return true;
  }

  /**
   * @param last whether no other client holds it any more
   */
  synchronized void giveBack(InetAddress client, long byteSize, boolean last) {
    long left = byClient.getOrDefault(client, 0L) - Math.max(1, byteSize);
    if (left > 0) {
      byClient.put(client, left);
    } else {
      byClient.remove(client);
    }
    if (last) {
      lentByteSize -= byteSize;
    }
  }

  synchronized long lentByteSize() {
    return lentByteSize;
  }

  /** Returns how often a sample was not lent, as clients held as much as they may. */
  long refusedCount() {
    return refused.sum();
  }

  /** Bytes of copies that were made as clients lag, and are still held. */
  long copiedByteSize() {
    return copies.capacityByteSize() - copies.availableByteSize();
  }

  /** Frees memory of copies that were not made lately. */
  void trim() {
    copies.trim();
    laneCopies.trim();
  }

  @Override
  public void close() {
    copies.close();
    laneCopies.close();
  }
}
