package dev.segue.zenoh;

/** What a session declared, and closes at the latest when it is closed itself. */
abstract sealed class Declared
    permits Publisher, Subscriber, Replies, Queryable, Querier, LivelinessToken, Listener {
  /** Refuses new calls and wakes who waits, without waiting itself. Idempotent. */
  abstract void beginClose();

  /** Waits until the calls that were under way are through; false if that took longer. */
  abstract boolean awaitClosed(long nanos) throws InterruptedException;

  /** Returns whether the calling thread is inside a handler of it. */
  abstract boolean isRunHere();
}
