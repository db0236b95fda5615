package dev.segue.http2;

/** What {@link ConnectionWatch} asks the protocol of a connection. Loop only. */
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

  /** Asks the peer for a sign of life that it must give; false where the protocol has none. */
  boolean probe();
}
