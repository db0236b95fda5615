package dev.segue.zenoh;

/** A point on a sample's way where it got a timestamp. */
public enum InterceptionPoint {
  /** Where it was put. */
  SEND,
  /** In the routing of a node that it went through, the first and the last one included. */
  ROUTE,
  /** Where it was received. */
  RECEIVE
}
