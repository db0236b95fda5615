package dev.segue.recording;

import dev.segue.bytes.LoanPool;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a recording is played.
 *
 * @param keyPrefix what keys are put under; empty for the keys that were recorded
 * @param rate times the recorded pace; 0 for as fast as it goes
 * @param loans where large payloads are read to: a shared-memory pool, from which they go to other
 *     processes without a copy; null for memory of its own
 * @param matchTimeout how long to wait for a subscriber of each key before the first message
 * @param originalTimestamps whether samples get the timestamps that were recorded, rather than new
 *     ones
 */
public record PlayerOptions(
    String keyPrefix,
    double rate,
    @Nullable LoanPool loans,
    Duration matchTimeout,
    boolean originalTimestamps) {
  /** Checks the rate. */
  public PlayerOptions {
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("replay at rate=" + rate + ": 0 or positive");
    }
  }

  /** The recorded keys at the recorded pace, waiting for subscribers for 3 s. */
  public static PlayerOptions defaults() {
    return new PlayerOptions("", 1, null, Duration.ofSeconds(3), false);
  }

  /** With another prefix of the keys. */
  public PlayerOptions keyPrefix(String value) {
    return new PlayerOptions(value, rate, loans, matchTimeout, originalTimestamps);
  }

  /** With another pace. */
  public PlayerOptions rate(double value) {
    return new PlayerOptions(keyPrefix, value, loans, matchTimeout, originalTimestamps);
  }

  /** With a pool, which stays the caller's. */
  public PlayerOptions loans(LoanPool value) {
    return new PlayerOptions(keyPrefix, rate, value, matchTimeout, originalTimestamps);
  }

  /** With another time to wait. */
  public PlayerOptions matchTimeout(Duration value) {
    return new PlayerOptions(keyPrefix, rate, loans, value, originalTimestamps);
  }

  /** With or without the recorded timestamps. */
  public PlayerOptions originalTimestamps(boolean value) {
    return new PlayerOptions(keyPrefix, rate, loans, matchTimeout, value);
  }
}
