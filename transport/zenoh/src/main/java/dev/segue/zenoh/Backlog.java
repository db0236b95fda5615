package dev.segue.zenoh;

/**
 * The queue of samples that Java has not taken yet.
 *
 * @param capacity how many samples wait before it is full
 * @param pushesBack when full: {@code true} makes the core wait, {@code false} drops the oldest
 */
public record Backlog(int capacity, boolean pushesBack) {
  /** Checks the capacity. */
  public Backlog {
    if (capacity < 1) {
      throw new IllegalArgumentException("backlog of capacity=" + capacity + ": at least 1");
    }
  }

  /** Keeps the newest sample alone. */
  public static Backlog latest() {
    return new Backlog(1, false);
  }

  /** Keeps the newest {@code capacity} samples: when full, the oldest is dropped and counted. */
  public static Backlog last(int capacity) {
    return new Backlog(capacity, false);
  }

  /**
   * Holds {@code capacity} samples and then pushes back: it loses none, but everything that comes
   * over the same link waits as long as this subscriber is full, and so may the publishers there. A
   * put that blocks for longer than the core's {@code
   * transport/link/tx/queue/congestion_control/block/wait_before_close} (5 s) ends the link:
   * everything in flight on it is lost, and the sessions reconnect. A put to a full subscriber of
   * the same session waits for room in any case: don't put to it from the thread that drains it. A
   * virtual thread waits without its carrier.
   *
   * <p>The samples that a link or put waits with are in the queue already, beyond {@code capacity}:
   * one for each of them.
   */
  public static Backlog hold(int capacity) {
    return new Backlog(capacity, true);
  }
}
