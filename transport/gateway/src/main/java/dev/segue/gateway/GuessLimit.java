package dev.segue.gateway;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds the wrong tokens that one address may show: 20 at once, and one more every three seconds.
 *
 * <p>Threads: any.
 */
final class GuessLimit {
  private static final int AT_ONCE = 20;
  private static final long NANOS_PER_GUESS = 3_000_000_000L;
  private static final int MAX_ADDRESS_COUNT = 10_000;

  private record Guesses(double count, long nanos) {
    double countAt(long now) {
      return Math.max(0, count - (double) (now - nanos) / NANOS_PER_GUESS);
    }
  }

  /** The one that guessed last comes last. */
  private final Map<InetAddress, Guesses> byAddress =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Guesses> eldest) {
          return size() > MAX_ADDRESS_COUNT;
        }
      };

  /** Whether an address has shown too many wrong ones, so that none of it is looked at now. */
  synchronized boolean isExhausted(InetAddress address) {
    Guesses known = byAddress.get(address);
    return known != null && known.countAt(System.nanoTime()) >= AT_ONCE;
  }

  synchronized void recordWrong(InetAddress address) {
    long now = System.nanoTime();
    Guesses known = byAddress.remove(address);
    byAddress.put(address, new Guesses(1 + (known == null ? 0 : known.countAt(now)), now));
  }
}
