package dev.segue.zenoh;

/** Where a publication may go to, or a subscriber's samples may come from. */
public enum Locality {
  /** Anywhere. */
  ANY,
  /** This session alone. */
  SESSION_LOCAL,
  /** Other sessions alone. */
  REMOTE
}
