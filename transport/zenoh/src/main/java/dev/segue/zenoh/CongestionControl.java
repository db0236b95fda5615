package dev.segue.zenoh;

/** What a put does when the network can't keep up. */
public enum CongestionControl {
  /** Drops the message: {@link Session#droppedCount()} counts it. Zenoh's default for a put. */
  DROP,
  /** Blocks the caller until there is room, or the link is closed. */
  BLOCK,
  /** Blocks for the first message and drops those that come while it waits. */
  BLOCK_FIRST
}
