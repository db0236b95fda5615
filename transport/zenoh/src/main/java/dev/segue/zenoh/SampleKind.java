package dev.segue.zenoh;

/** The kind of a sample: it sets its key's value, or deletes it. */
public enum SampleKind {
  /** A new value. */
  PUT,
  /** The value is gone; the payload is empty. */
  DELETE
}
