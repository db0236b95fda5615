package dev.segue.zenoh;

/** The outcome of one put in a word; {@link PutResult} has the counts. */
public enum Verdict {
  /** Each link that leads to a subscriber took it as a descriptor of shared memory. */
  SHARED_MEMORY,
  /** Each link that leads to a subscriber took it, at least one of them as bytes. */
  NETWORK,
  /** Subscribers of this session alone got it. */
  SESSION,
  /** No subscriber matches that the session knows of, or the connection to the last one ends. */
  NOBODY,
  /**
   * At least one link had no room for it, and dropped it instead of waiting as {@link
   * Publisher#put(dev.segue.bytes.SegmentedBytes)} would have.
   */
  WOULD_BLOCK,
  /**
   * At least one link dropped it: it had no room, or a filter of the configuration (access control,
   * downsampling, low-pass) dropped it.
   */
  DROPPED,
  /** A thread of the core waits with it until a link has room. */
  WAITING
}
