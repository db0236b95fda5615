package dev.segue.http2;

/** The questions that {@link ConnectionWatch} has for the protocol of a connection. Loop only. */
interface WatchedProtocol {
  /** Ends what has taken longer than its deadline. */
  void check(long nowNanos);

  /**
   * Returns whether the peer can do nothing but wait, for an answer or until it may send on, and
   * can't be asked for a sign of life.
   */
  boolean keepsPeerWaiting();

  /** Ends a connection whose socket takes less of what waits for it than it must. */
  void leavesTooSlowly();

  /**
   * Says goodbye on a connection that is idle, and closes it; false where the protocol has no word
   * for that, or has said it.
   */
  default boolean leave() {
    return false;
  }

  /** Asks the peer for a sign of life that it must give; false where the protocol has none. */
  boolean probe();
}
