package dev.segue.zenoh;

/**
 * What a subscriber does with samples that Java has not taken yet.
 *
 * @param capacity how many samples wait at most
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
   * Holds {@code capacity} samples and then pushes back: loses none, but all that the session
   * receives waits as long as this subscriber is full, and so may its publishers.
   */
  public static Backlog hold(int capacity) {
    return new Backlog(capacity, true);
  }
}
