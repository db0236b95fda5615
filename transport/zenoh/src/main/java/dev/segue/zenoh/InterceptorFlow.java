package dev.segue.zenoh;

/** Which way messages go through a session's links, for what holds them back. */
public enum InterceptorFlow {
  /** From this session to others. */
  EGRESS,
  /** From others to this session. */
  INGRESS
}
