package dev.segue.zenoh;

/** A point on a sample's way where it got a timestamp. */
public enum InterceptionPoint {
  /** In the session that put it. */
  SEND,
  /** In the routing of a node that it went through, the first and the last one included. */
  ROUTE,
  /** In the session that received it. */
  RECEIVE
}
