package dev.segue.http2;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what clients have a server keep, for all of its connections together, and half of that for
 * one address.
 *
 * <p>Owner: the server. Lifetime: the same. Threads: any.
 */
final class AddressRoom {
  private final long maxByteSize;
  private final AtomicLong taken = new AtomicLong();
  private final ConcurrentHashMap<InetAddress, Long> byAddress = new ConcurrentHashMap<>();

  AddressRoom(long maxByteSize) {
    this.maxByteSize = maxByteSize;
  }

  /** Takes room; false, and none is taken, where there is none. */
  boolean tryTake(InetAddress address, long byteSize) {
    boolean[] admitted = {false};
    byAddress.compute(
        address,
        (_, before) -> {
          long ofAddress = before == null ? 0 : before;
          admitted[0] =
              ofAddress + byteSize <= maxByteSize / 2 && taken.get() + byteSize <= maxByteSize;
          if (!admitted[0]) {
            return before;
          }
          taken.addAndGet(byteSize);
          return ofAddress + byteSize;
        });
    return admitted[0];
  }

  void giveBack(InetAddress address, long byteSize) {
    byAddress.computeIfPresent(
        address, (_, before) -> before <= byteSize ? null : before - byteSize);
    taken.addAndGet(-byteSize);
  }

  /** Returns how much is taken. */
  long takenByteSize() {
    return taken.get();
  }
}
