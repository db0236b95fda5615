package dev.segue.recording;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.KeyExpr;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Options for playing a recording. Values are immutable; a method with an argument returns a
 * changed one.
 */
public final class PlayerOptions {
  private static final PlayerOptions DEFAULTS = new PlayerOptions();

  private String keyPrefix = "";
  private double rate = 1;
  private @Nullable LoanPool loans;
  private Duration matchTimeout = Duration.ofSeconds(3);
  private boolean originalTimestamps;
  private RecordingPart part = RecordingPart.all();
  private UnaryOperator<String> remap = topic -> topic;
  private Duration longestGap = Duration.ofMinutes(10);

  private PlayerOptions() {}

  private PlayerOptions(PlayerOptions from) {
    keyPrefix = from.keyPrefix;
    rate = from.rate;
    loans = from.loans;
    matchTimeout = from.matchTimeout;
    originalTimestamps = from.originalTimestamps;
    part = from.part;
    remap = from.remap;
    longestGap = from.longestGap;
  }

  private PlayerOptions with(Consumer<PlayerOptions> change) {
    PlayerOptions changed = new PlayerOptions(this);
    change.accept(changed);
    return changed;
  }

  /** The recorded keys at the recorded pace, waiting for subscribers for 3 s. */
  public static PlayerOptions defaults() {
    return DEFAULTS;
  }

  /** Returns the prefix that keys are put under; empty for the keys that were recorded. */
  public String keyPrefix() {
    return keyPrefix;
  }

  /**
   * With another prefix of the keys.
   *
   * @throws IllegalArgumentException if it is not a key, or has wildcards
   */
  public PlayerOptions keyPrefix(String value) {
    if (!value.isEmpty() && KeyExpr.of(value).isWild()) {
      throw new IllegalArgumentException(
          "replay under keyPrefix=" + value + ": a key without wildcards");
    }
    return with(options -> options.keyPrefix = value);
  }

  /** Times the recorded pace; 0 for as fast as it goes. */
  public double rate() {
    return rate;
  }

  /**
   * With another pace.
   *
   * @throws IllegalArgumentException if it is negative or infinite
   */
  public PlayerOptions rate(double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("replay at rate=" + value + ": 0 or positive");
    }
    return with(options -> options.rate = value);
  }

  /**
   * Returns where large payloads are read to: a shared-memory pool, from which they go to other
   * processes without a copy; null for memory of the player's own.
   */
  public @Nullable LoanPool loans() {
    return loans;
  }

  /** With a pool, which stays the caller's. */
  public PlayerOptions loans(LoanPool value) {
    return with(options -> options.loans = value);
  }

  /**
   * Returns how long to wait for subscribers before the first message; keys that the recording's
   * summary doesn't name wait for theirs as long, all together.
   */
  public Duration matchTimeout() {
    return matchTimeout;
  }

  /** With another time to wait. */
  public PlayerOptions matchTimeout(Duration value) {
    return with(options -> options.matchTimeout = value);
  }

  /** Returns whether samples get the timestamps that were recorded, rather than new ones. */
  public boolean originalTimestamps() {
    return originalTimestamps;
  }

  /** With or without the recorded timestamps. */
  public PlayerOptions originalTimestamps(boolean value) {
    return with(options -> options.originalTimestamps = value);
  }

  /** Returns the part to play; a file with an index is read from its first time on. */
  public RecordingPart part() {
    return part;
  }

  /** With another part. */
  public PlayerOptions part(RecordingPart value) {
    return with(options -> options.part = value);
  }

  /** From one time to another, both included, since the Unix epoch. */
  public PlayerOptions between(long fromNanos, long toNanos) {
    return part(part.between(fromNanos, toNanos));
  }

  /** With other topics. */
  public PlayerOptions topics(Predicate<String> value) {
    return part(part.topics(value));
  }

  /** Returns the function that renames topics. */
  public UnaryOperator<String> remap() {
    return remap;
  }

  /** With other names of topics. */
  public PlayerOptions remap(UnaryOperator<String> value) {
    return with(options -> options.remap = value);
  }

  /** Pauses of the recording that are longer are left out. */
  public Duration longestGap() {
    return longestGap;
  }

  /**
   * With another longest pause.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public PlayerOptions longestGap(Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException("replay with longestGap=" + value + ": 0 or positive");
    }
    return with(options -> options.longestGap = value);
  }
}
