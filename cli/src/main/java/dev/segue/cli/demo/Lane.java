package dev.segue.cli.demo;

import java.util.Locale;

/** One way for a frame to go from process to process. */
enum Lane {
  /** The message's segments joined into one copy, then over the network. */
  COPY,
  /** The segments lent as they lie, then over the network. */
  BORROW,
  /** Captured into shared memory and lent: a descriptor goes over the network. */
  SHM;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Lane of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  boolean usesSharedMemory() {
    return this == SHM;
  }

  boolean joins() {
    return this == COPY;
  }
}
