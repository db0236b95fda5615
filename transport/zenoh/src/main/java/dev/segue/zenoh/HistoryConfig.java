package dev.segue.zenoh;

import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Which samples published before its declaration an advanced subscriber asks the publishers' caches
 * for.
 *
 * @param detectsLatePublishers whether it also asks publishers that appear later, those with {@link
 *     AdvancedPublisherOptions#publisherDetection}
 * @param maxSamples the number of samples of each publisher; empty for all that it keeps
 * @param maxAge their maximum age by the publisher's timestamps, or null for any age; samples
 *     without a timestamp, from a session without {@link Config#timestamping}, come at any age
 */
public record HistoryConfig(
    boolean detectsLatePublishers, OptionalInt maxSamples, @Nullable Duration maxAge) {
  private static final HistoryConfig DEFAULT = new HistoryConfig(false, OptionalInt.empty(), null);

  /** Checks the numbers. */
  public HistoryConfig {
    if (maxSamples.isPresent() && maxSamples.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "history of maxSamples=" + maxSamples.getAsInt() + ": at least 1");
    }
    if (maxAge != null) {
      Limits.checkPeriod("maxAge", maxAge);
    }
  }

  /** Zenoh's defaults: all that publishers keep that are there already, however old. */
  public static HistoryConfig defaults() {
    return DEFAULT;
  }

  /** With the history of publishers that come later, too. */
  public HistoryConfig detectLatePublishers() {
    return new HistoryConfig(true, maxSamples, maxAge);
  }

  /** Limits the number of samples of each publisher. */
  public HistoryConfig maxSamples(int value) {
    return new HistoryConfig(detectsLatePublishers, OptionalInt.of(value), maxAge);
  }

  /** With none that is older, by at least a millisecond. */
  public HistoryConfig maxAge(Duration value) {
    return new HistoryConfig(detectsLatePublishers, maxSamples, value);
  }
}
