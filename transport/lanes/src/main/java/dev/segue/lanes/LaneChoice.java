package dev.segue.lanes;

/** Which lanes a {@link LaneSubscriber} takes. */
public enum LaneChoice {
  /**
   * Of each announced publisher the nearest lane. While all that are announced are near, nothing is
   * subscribed on Zenoh, so that nothing is copied for this subscriber; a publisher that isn't a
   * {@link LanePublisher}, and what one that comes later puts before the subscriber is polled and
   * has opened it, are not heard meanwhile. {@link #BOTH} hears them.
   */
  NEAREST,
  /**
   * Of each announced publisher the nearest lane, and Zenoh at all times for whoever else publishes
   * on the key. Near publishers then copy each message once for Zenoh, and this subscriber drops
   * that copy.
   */
  BOTH,
  /** Near publishers alone, over iceoryx2. */
  ICEORYX2,
  /** Zenoh alone: all publishers of the key. */
  ZENOH;

  boolean readsNear() {
    return this != ZENOH;
  }

  boolean readsFar() {
    return this != ICEORYX2;
  }
}
