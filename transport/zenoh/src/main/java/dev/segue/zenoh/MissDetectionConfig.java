package dev.segue.zenoh;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The way in which an advanced publisher lets its subscribers find out what they missed: by a
 * number in each sample, and by heartbeats with the last number, without which the loss of the last
 * sample shows only with the next one.
 *
 * @param heartbeat the time between heartbeats, or null for none
 * @param isSporadic whether a heartbeat is only sent when there was a put since the one before
 */
public record MissDetectionConfig(@Nullable Duration heartbeat, boolean isSporadic) {
  /** Checks the time between heartbeats. */
  public MissDetectionConfig {
    if (heartbeat != null) {
      Limits.checkPeriod("heartbeat", heartbeat);
    }
  }

  /** Numbers alone. */
  public static MissDetectionConfig defaults() {
    return new MissDetectionConfig(null, false);
  }

  /** With a heartbeat each {@code period}, at least a millisecond. */
  public MissDetectionConfig heartbeat(Duration period) {
    return new MissDetectionConfig(period, false);
  }

  /**
   * With a heartbeat each {@code period} in which there was a put; it blocks under congestion
   * rather than be dropped.
   */
  public MissDetectionConfig sporadicHeartbeat(Duration period) {
    return new MissDetectionConfig(period, true);
  }
}
