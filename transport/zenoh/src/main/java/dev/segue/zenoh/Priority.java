package dev.segue.zenoh;

/** Order among messages that wait for the network; each has its own queue in the core. */
public enum Priority {
  /** The highest. */
  REAL_TIME,
  /** Above {@link #INTERACTIVE_LOW}. */
  INTERACTIVE_HIGH,
  /** Above {@link #DATA_HIGH}. */
  INTERACTIVE_LOW,
  /** Above {@link #DATA}. */
  DATA_HIGH,
  /** The default. */
  DATA,
  /** Below {@link #DATA}. */
  DATA_LOW,
  /** The lowest. */
  BACKGROUND;

  int code() {
    return ordinal() + 1;
  }

  static Priority of(int code) {
    return values()[code - 1];
  }
}
