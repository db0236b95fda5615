package dev.segue.zenoh;

/**
 * Which samples an advanced publisher keeps, for subscribers that come late or missed some.
 *
 * <p>The content of the cache is lent: memory of a pool or of a {@link
 * dev.segue.bytes.LendingArena} is returned when {@code maxSamples} newer samples have come or the
 * publisher is closed. Payloads in other memory, which its owner may change or close, are copied
 * ({@code zenoh.cache} in the copy ledger). A cache returns a delete as an empty put, because the
 * core stores it as one. A cache answers every query, even from sessions that {@link
 * Qos#destination()} excludes.
 *
 * @param maxSamples the number of samples it keeps, the newest ones
 * @param replies how the cache answers: congestion control, priority and express count; a cache
 *     that waits for the network to answer ({@link CongestionControl#BLOCK}, the default) makes a
 *     put wait
 */
public record CacheConfig(int maxSamples, Qos replies) {
  private static final CacheConfig DEFAULT =
      new CacheConfig(1, Qos.defaults().congestionControl(CongestionControl.BLOCK));

  /** Checks the number of samples. */
  public CacheConfig {
    if (maxSamples < 1) {
      throw new IllegalArgumentException("cache of maxSamples=" + maxSamples + ": at least 1");
    }
  }

  /** Zenoh's defaults: the last sample, answers that block. */
  public static CacheConfig defaults() {
    return DEFAULT;
  }

  /** With another number of samples. */
  public CacheConfig maxSamples(int value) {
    return new CacheConfig(value, replies);
  }

  /** With other answers. */
  public CacheConfig replies(Qos value) {
    return new CacheConfig(maxSamples, value);
  }
}
