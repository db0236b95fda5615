package dev.segue.lanes;

/** A way from a publisher to a subscriber. */
public enum Lane {
  /** Shared memory of this host, read in place. */
  ICEORYX2,
  /** Zenoh, from anywhere. */
  ZENOH
}
