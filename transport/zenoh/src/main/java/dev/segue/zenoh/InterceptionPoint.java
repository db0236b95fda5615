package dev.segue.zenoh;

/** Where a sample got a timestamp on its way. */
public enum InterceptionPoint {
  /** Where it was put. */
  SEND,
  /** In the routing of a node that it went through, the first and the last one included. */
  ROUTE,
  /** Where it was received. */
  RECEIVE
}
