package dev.segue.zenoh;

/** Limits where publications go, or where a subscriber's samples come from. */
public enum Locality {
  /** Anywhere. */
  ANY(0),
  /** This session alone. */
  SESSION_LOCAL(1),
  /** Other sessions alone. */
  REMOTE(2);

  private final int code;

  Locality(int code) {
    this.code = code;
  }

  /** The core's number for it. */
  int code() {
    return code;
  }
}
