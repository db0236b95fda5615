package dev.segue.zenoh;

import java.util.function.Consumer;

/** An object that a session declared; the session closes it when it closes, if not before. */
abstract sealed class Declared
    permits Publisher, Subscriber, Replies, Queryable, Querier, LivelinessToken, Listener {
  /** Refuses new calls and wakes who waits, without waiting itself. Idempotent. */
  abstract void beginClose();

  /** Waits until the calls that were under way are through; false if that took longer. */
  abstract boolean awaitClosed(long nanos) throws InterruptedException;

  /** Returns whether the calling thread is inside a handler of it. */
  abstract boolean isRunHere();

  /**
   * Starts what serves it, or closes it if there is no room for that: its caller never gets it.
   *
   * @param entity its declaration, behind all else that takes room
   */
  static <T extends Declared> T started(Consumer<T> start, T entity) {
    boolean isStarted = false;
    try {
      start.accept(entity);
      isStarted = true;
      return entity;
    } finally {
      if (!isStarted) {
        entity.beginClose();
      }
    }
  }
}
