package dev.segue.gateway;

import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how often each address may do something: so many times at once, and once more in each
 * period.
 *
 * <p>Threads: any.
 */
final class AddressRate {
  private static final int MAX_ADDRESS_COUNT = 10_000;

  private record Times(double count, long nanos) {}

  private final int atOnce;
  private final long periodNanos;

  /** The one that did it last comes last. */
  private final Map<InetAddress, Times> byAddress =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Times> eldest) {
          return size() > MAX_ADDRESS_COUNT;
        }
      };

  AddressRate(int atOnce, Duration period) {
    this.atOnce = atOnce;
    this.periodNanos = period.toNanos();
  }

  /** Returns whether an address has done it too often, and is not to do it now. */
  synchronized boolean isExhausted(InetAddress address) {
    return countAt(System.nanoTime(), byAddress.get(address)) >= atOnce;
  }

  synchronized void record(InetAddress address) {
    long now = System.nanoTime();
    double before = countAt(now, byAddress.remove(address));
    byAddress.put(address, new Times(1 + before, now));
  }

  private double countAt(long now, @Nullable Times known) {
    return known == null
        ? 0
        : Math.max(0, known.count() - (double) (now - known.nanos()) / periodNanos);
  }
}
