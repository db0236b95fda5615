package dev.segue.zenoh;

/** Which kind of link a message asks for. */
public enum Reliability {
  /** May be lost on the way. */
  BEST_EFFORT(0),
  /** Sent again until it arrives. */
  RELIABLE(1);

  private final int code;

  Reliability(int code) {
    this.code = code;
  }

  /** The core's number for it. */
  int code() {
    return code;
  }
}
