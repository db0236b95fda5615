package dev.segue.zenoh;

import java.util.List;

/** Order among messages that wait for the network; each has its own queue in the core. */
public enum Priority {
  /** The highest. */
  REAL_TIME(1),
  /** Above {@link #INTERACTIVE_LOW}. */
  INTERACTIVE_HIGH(2),
  /** Above {@link #DATA_HIGH}. */
  INTERACTIVE_LOW(3),
  /** Above {@link #DATA}. */
  DATA_HIGH(4),
  /** The default. */
  DATA(5),
  /** Below {@link #DATA}. */
  DATA_LOW(6),
  /** The lowest. */
  BACKGROUND(7);

  private static final List<Priority> BY_CODE = List.of(values());

  private final int code;

  Priority(int code) {
    this.code = code;
  }

  /** The core's number for it. */
  int code() {
    return code;
  }

  static Priority of(int code) {
    return BY_CODE.get(code - REAL_TIME.code);
  }
}
