package dev.segue.zenoh;

/** Which of the matching queryables a query goes to. */
public enum QueryTarget {
  /** Those that the core chooses: the nearest one that is complete, if there is one, else all. */
  BEST_MATCHING(0),
  /** All. */
  ALL(1),
  /** All that are complete. */
  ALL_COMPLETE(2);

  private final int code;

  QueryTarget(int code) {
    this.code = code;
  }

  /** The number of query.rs for it. */
  int code() {
    return code;
  }
}
