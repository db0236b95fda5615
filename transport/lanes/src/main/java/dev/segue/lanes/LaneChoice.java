package dev.segue.lanes;

/** Which lanes a {@link LaneSubscriber} takes. */
public enum LaneChoice {
  /**
   * The nearest lane of each announced publisher. While all announced publishers are near, there is
   * no subscription on Zenoh, so nothing is copied for this subscriber; but it doesn't hear a
   * publisher that isn't a {@link LanePublisher}, nor what a later one puts before the subscriber
   * is polled and has opened it. {@link #BOTH} hears them.
   */
  NEAREST,
  /**
   * The nearest lane of each announced publisher, and always Zenoh for anybody else who publishes
   * on the key. Near publishers then copy each message once for Zenoh, and this subscriber drops
   * that copy.
   */
  BOTH,
  /** Only near publishers, over iceoryx2. */
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
