package dev.segue.zenoh;

/** Which kind of link a message asks for. */
public enum Reliability {
  /** May be lost on the way. */
  BEST_EFFORT,
  /** Sent again until it arrives. */
  RELIABLE
}
