package dev.segue.recording;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.KeyExpr;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
 * @param fromNanos leaves out what was recorded before, since the Unix epoch; a file with an index
 *     is read from there on
 * @param toNanos leaves out what was recorded after
 * @param topics which topics are played; the others are not read where that is possible
 * @param remap what a topic is called when it is played
 * @param longestGap pauses of the recording that are longer are left out
 */
public record PlayerOptions(
    String keyPrefix,
    double rate,
    @Nullable LoanPool loans,
    Duration matchTimeout,
    boolean originalTimestamps,
    long fromNanos,
    long toNanos,
    Predicate<String> topics,
    UnaryOperator<String> remap,
    Duration longestGap) {
  private static final Duration GAP = Duration.ofMinutes(10);

  /** Checks the rate, the prefix and the times. */
  public PlayerOptions {
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("replay at rate=" + rate + ": 0 or positive");
    }
    if (!keyPrefix.isEmpty() && KeyExpr.of(keyPrefix).isWild()) {
      throw new IllegalArgumentException(
          "replay under keyPrefix=" + keyPrefix + ": a key without wildcards");
    }
    if (fromNanos > toNanos || longestGap.isNegative()) {
      throw new IllegalArgumentException(
          "replay fromNanos=" + fromNanos + " toNanos=" + toNanos + " longestGap=" + longestGap);
    }
  }

  /** The recorded keys at the recorded pace, waiting for subscribers for 3 s. */
  public static PlayerOptions defaults() {
    return new PlayerOptions(
        "",
        1,
        null,
        Duration.ofSeconds(3),
        false,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        topic -> true,
        topic -> topic,
        GAP);
  }

  /** With another prefix of the keys. */
  public PlayerOptions keyPrefix(String value) {
    return new PlayerOptions(
        value,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        remap,
        longestGap);
  }

  /** With another pace. */
  public PlayerOptions rate(double value) {
    return new PlayerOptions(
        keyPrefix,
        value,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        remap,
        longestGap);
  }

  /** With a pool, which stays the caller's. */
  public PlayerOptions loans(LoanPool value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        value,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        remap,
        longestGap);
  }

  /** With another time to wait. */
  public PlayerOptions matchTimeout(Duration value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        value,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        remap,
        longestGap);
  }

  /** With or without the recorded timestamps. */
  public PlayerOptions originalTimestamps(boolean value) {
    return new PlayerOptions(
        keyPrefix, rate, loans, matchTimeout, value, fromNanos, toNanos, topics, remap, longestGap);
  }

  /** From another time on. */
  public PlayerOptions fromNanos(long value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        value,
        toNanos,
        topics,
        remap,
        longestGap);
  }

  /** Up to another time. */
  public PlayerOptions toNanos(long value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        value,
        topics,
        remap,
        longestGap);
  }

  /** With other topics. */
  public PlayerOptions topics(Predicate<String> value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        value,
        remap,
        longestGap);
  }

  /** With other names of topics. */
  public PlayerOptions remap(UnaryOperator<String> value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        value,
        longestGap);
  }

  /** With another longest pause. */
  public PlayerOptions longestGap(Duration value) {
    return new PlayerOptions(
        keyPrefix,
        rate,
        loans,
        matchTimeout,
        originalTimestamps,
        fromNanos,
        toNanos,
        topics,
        remap,
        value);
  }
}
