package dev.segue.zenoh;

/** An object that a session declared; the session closes it when it closes, if not before. */
abstract sealed class Declared
    permits Publisher, Subscriber, Replies, Queryable, Querier, LivelinessToken, Listener {
  /** Refuses new calls and wakes who waits, without waiting itself. Idempotent. */
  abstract void beginClose();

  /** Waits until the calls that were under way are through; false if that took longer. */
  abstract boolean awaitClosed(long nanos) throws InterruptedException;

  /** Returns whether the calling thread is inside a handler of it. */
  abstract boolean isRunHere();
}
