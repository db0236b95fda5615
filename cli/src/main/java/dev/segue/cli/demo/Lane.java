package dev.segue.cli.demo;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** One way for a frame to go from process to process. */
enum Lane {
  /** The message's segments joined into one copy, then over the network. */
  COPY,
  /** The segments lent as they lie, then over the network. */
  BORROW,
  /** Captured into shared memory and lent: a descriptor goes over the network. */
  SHM,
  /** Captured into shared memory of iceoryx2: a position in a queue of shared memory goes. */
  ICEORYX2;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Lane of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  boolean usesSharedMemory() {
    return this == SHM;
  }

  boolean usesIceoryx2() {
    return this == ICEORYX2;
  }

  /** Those that this system has: iceoryx2 is for Linux. */
  static List<Lane> available() {
    boolean isLinux = System.getProperty("os.name", "").equals("Linux");
    return Arrays.stream(values()).filter(lane -> isLinux || !lane.usesIceoryx2()).toList();
  }

  boolean joins() {
    return this == COPY;
  }
}
