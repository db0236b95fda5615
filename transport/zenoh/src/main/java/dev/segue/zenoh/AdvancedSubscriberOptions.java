package dev.segue.zenoh;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Options of an advanced subscriber.
 *
 * @param options as for any subscriber, but its backlog can't {@linkplain Backlog#hold push back}:
 *     the core delivers under a lock that the recovery of all publishers needs
 * @param history which earlier samples it asks for, or null for none
 * @param recovery how it recovers missed samples, or null for not at all
 * @param queryTimeout how long to wait for a publisher's answer; newer samples wait in the core
 *     until then
 * @param subscriberDetection whether others can detect it, by a liveliness token
 * @param subscriberDetectionMetadata metadata at the end of that token's key, or null
 */
public record AdvancedSubscriberOptions(
    SubscriberOptions options,
    @Nullable HistoryConfig history,
    @Nullable RecoveryConfig recovery,
    Duration queryTimeout,
    boolean subscriberDetection,
    @Nullable KeyExpr subscriberDetectionMetadata) {
  /** Checks the backlog and the time-out. */
  public AdvancedSubscriberOptions {
    if (options.backlog().pushesBack()) {
      throw new IllegalArgumentException(
          "advanced subscriber with a backlog that holds capacity="
              + options.backlog().capacity()
              + ": it can't push back; use Backlog.last and look at counts().dropped()");
    }
    Limits.checkPeriod("queryTimeout", queryTimeout);
  }

  /** Zenoh's defaults: no history, no recovery, with {@link SubscriberOptions#defaults()}. */
  public static AdvancedSubscriberOptions defaults() {
    return of(SubscriberOptions.defaults());
  }

  /** No history, no recovery, 10 s for a query. */
  public static AdvancedSubscriberOptions of(SubscriberOptions options) {
    return new AdvancedSubscriberOptions(options, null, null, Duration.ofSeconds(10), false, null);
  }

  /** Sets which earlier samples to ask for. */
  public AdvancedSubscriberOptions history(HistoryConfig value) {
    return new AdvancedSubscriberOptions(
        options, value, recovery, queryTimeout, subscriberDetection, subscriberDetectionMetadata);
  }

  /** With samples that were missed. */
  public AdvancedSubscriberOptions recovery(RecoveryConfig value) {
    return new AdvancedSubscriberOptions(
        options, history, value, queryTimeout, subscriberDetection, subscriberDetectionMetadata);
  }

  /** With another time-out, at least a millisecond. */
  public AdvancedSubscriberOptions queryTimeout(Duration value) {
    return new AdvancedSubscriberOptions(
        options, history, recovery, value, subscriberDetection, subscriberDetectionMetadata);
  }

  /** With a liveliness token. */
  public AdvancedSubscriberOptions detectable() {
    return new AdvancedSubscriberOptions(
        options, history, recovery, queryTimeout, true, subscriberDetectionMetadata);
  }

  /** With a liveliness token that ends with {@code metadata}. */
  public AdvancedSubscriberOptions detectable(KeyExpr metadata) {
    return new AdvancedSubscriberOptions(options, history, recovery, queryTimeout, true, metadata);
  }
}
