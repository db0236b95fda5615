package dev.segue.zenoh;

/** Decides which of several replies with the same key are delivered. */
public enum ConsolidationMode {
  /** {@link #LATEST}, but {@link #NONE} when the selector has a time range ({@code _time}). */
  AUTO(0),
  /** Each reply is delivered as it comes. */
  NONE(1),
  /**
   * Each reply is delivered as it comes, unless a newer one with the same key came first. The core
   * keeps the newest of each key until the query ends, to compare.
   */
  MONOTONIC(2),
  /**
   * The newest reply of each key, and none before the query ends. The core holds them all until
   * then, whatever the backlog is: for answers that may be large, take another mode.
   */
  LATEST(3);

  private final int code;

  ConsolidationMode(int code) {
    this.code = code;
  }

  /** The number of query.rs for it. */
  int code() {
    return code;
  }
}
