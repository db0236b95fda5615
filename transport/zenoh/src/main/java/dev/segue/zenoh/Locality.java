package dev.segue.zenoh;

/** Where a publication may go to, or a subscriber's samples may come from. */
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
