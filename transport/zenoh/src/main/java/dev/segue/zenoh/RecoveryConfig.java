package dev.segue.zenoh;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The recovery of samples that an advanced subscriber missed: it asks the cache of their publisher,
 * which needs {@link AdvancedPublisherOptions#cache} and {@link
 * AdvancedPublisherOptions#sampleMissDetection}.
 *
 * <p>By itself it sees a gap when a sample comes whose number isn't the next one. Whether the last
 * samples are missing it finds out by heartbeats of the publisher.
 *
 * @param heartbeat whether it listens to heartbeats
 * @param retentionPeriod how long it remembers where it was with a publisher of which nothing more
 *     comes; an hour if null
 */
public record RecoveryConfig(boolean heartbeat, @Nullable Duration retentionPeriod) {
  private static final RecoveryConfig DEFAULT = new RecoveryConfig(false, null);

  /** Checks the time. */
  public RecoveryConfig {
    if (retentionPeriod != null) {
      Limits.checkPeriod("retentionPeriod", retentionPeriod);
    }
  }

  /** Of gaps, when the next sample shows them. */
  public static RecoveryConfig defaults() {
    return DEFAULT;
  }

  /** With the last samples, by the heartbeats of {@link MissDetectionConfig}. */
  public RecoveryConfig withHeartbeat() {
    return new RecoveryConfig(true, retentionPeriod);
  }

  /** With another memory of publishers that are silent, at least a millisecond. */
  public RecoveryConfig retentionPeriod(Duration value) {
    return new RecoveryConfig(heartbeat, value);
  }
}
