package dev.segue.zenoh;

/** What a sample tells of its key. */
public enum SampleKind {
  /** A new value. */
  PUT,
  /** The value is gone; the payload is empty. */
  DELETE
}
