package dev.segue.zenoh;

/** Whether a sample sets its key's value or deletes it. */
public enum SampleKind {
  /** A new value. */
  PUT,
  /** The value is gone; the payload is empty. */
  DELETE
}
