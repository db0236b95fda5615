package dev.segue.lanes;

import dev.segue.zenoh.SubscriberOptions;
import java.util.Objects;

/**
 * Options of a {@link LaneSubscriber}.
 *
 * @param choice which lanes it takes
 * @param zenoh its backlog on the Zenoh lane, and whose samples it takes there
 */
public record LaneSubscriberOptions(LaneChoice choice, SubscriberOptions zenoh) {
  /** Checks that both are there. */
  public LaneSubscriberOptions {
    Objects.requireNonNull(choice, "choice");
    Objects.requireNonNull(zenoh, "zenoh");
  }

  /** The nearest lane; on Zenoh the last 256 samples. */
  public static LaneSubscriberOptions defaults() {
    return of(LaneChoice.NEAREST);
  }

  /** These with other options of the Zenoh lane. */
  public LaneSubscriberOptions withZenoh(SubscriberOptions options) {
    return new LaneSubscriberOptions(choice, options);
  }

  /** Defaults with another choice. */
  public static LaneSubscriberOptions of(LaneChoice choice) {
    return new LaneSubscriberOptions(choice, SubscriberOptions.defaults());
  }
}
