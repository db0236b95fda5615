package dev.segue.zenoh;

/** The role of a session in the network. */
public enum Mode {
  /** Talks to other peers directly, and through routers. */
  PEER,
  /** Talks to one router or peer alone. */
  CLIENT,
  /** Routes for others. */
  ROUTER
}
