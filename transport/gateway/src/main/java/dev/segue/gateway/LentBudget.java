package dev.segue.gateway;

import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Bounds the bytes of samples that all clients together hold: those that wait in backlogs and those
 * that are on their way. A sample counts once, however many clients hold it, and once for each
 * client's address, which may hold half of all.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class LentBudget implements AutoCloseable {
  private final long maxByteSize;
  private final OffHeapPool copies;
  private final Map<InetAddress, Long> byClient = new HashMap<>();
  private long lentByteSize;
  private long refusedCount;

  /** Bounds both what is lent and, once more, the copies that are made for clients that lag. */
  LentBudget(long maxByteSize) {
    this.maxByteSize = maxByteSize;
    this.copies = new OffHeapPool(Math.max(maxByteSize, 4096));
  }

  /** Memory for a copy of a sample; empty if there is none now. */
  Optional<Loan> tryCopyLoan(long byteSize) {
    return byteSize > copies.capacityByteSize() ? Optional.empty() : copies.tryLoan(byteSize);
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
      refusedCount++;
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
      Long _ = byClient.remove(client);
    }
    if (last) {
      lentByteSize -= byteSize;
    }
  }

  synchronized long lentByteSize() {
    return lentByteSize;
  }

  /** How often a sample was not lent, as clients held as much as they may. */
  synchronized long refusedCount() {
    return refusedCount;
  }

  /** Bytes of copies that were made as clients lag, and are still held. */
  long copiedByteSize() {
    return copies.capacityByteSize() - copies.availableByteSize();
  }

  /** Frees memory of copies that were not made lately. */
  void trim() {
    long _ = copies.trim();
  }

  @Override
  public void close() {
    copies.close();
  }
}
