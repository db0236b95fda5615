package dev.segue.zenoh;

/** Messages with a payload, for what holds them back. */
public enum DataMessage {
  /** A sample with a new value. */
  PUT,
  /** A sample that deletes a value. */
  DELETE,
  /** A query. */
  QUERY,
  /** An answer to one. */
  REPLY
}
