package dev.segue.zenoh;

/** How much a {@link ShmPool} does to find room before it reports that there is none. */
public enum AllocPolicy {
  /** Takes what is free. */
  JUST_ALLOC(0),
  /** And gives back first what no process holds any more. */
  COLLECT(1),
  /** And joins neighbouring free chunks. The default. */
  DEFRAGMENT(2);

  private final int code;

  AllocPolicy(int code) {
    this.code = code;
  }

  /** The core's number for it. */
  int code() {
    return code;
  }
}
