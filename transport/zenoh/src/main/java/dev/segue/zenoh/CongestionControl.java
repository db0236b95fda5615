package dev.segue.zenoh;

import java.util.List;

/** Decides what a put does when the network can't keep up. */
public enum CongestionControl {
  /** Drops the message: {@link Session#droppedCount()} counts it. Zenoh's default for a put. */
  DROP(0),
  /** Blocks the caller until there is room, or the link is closed. */
  BLOCK(1),
  /** Blocks for the first message and drops those that come while it waits. */
  BLOCK_FIRST(2);

  private static final List<CongestionControl> BY_CODE = List.of(values());

  private final int code;

  CongestionControl(int code) {
    this.code = code;
  }

  /** The core's number for it. */
  int code() {
    return code;
  }

  static CongestionControl of(int code) {
    return BY_CODE.get(code);
  }
}
