package dev.segue.zenoh;

/**
 * Signals that a {@link Subscriber} has something, for a thread that waits for more than one thing.
 *
 * <pre>
 *   while (nothing came, also not from elsewhere) {
 *     if (arrivals.arm()) {
 *       wait until the action, or something else, ends that
 *     }
 *   }
 * </pre>
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; after its subscriber is closed, it
 * signals nothing any more. Threads: any.
 */
public final class Arrivals implements AutoCloseable {
  private final Subscriber subscriber;
  private final Bell.Waiter waiter;

  Arrivals(Subscriber subscriber, Bell bell, Runnable action) {
    this.subscriber = subscriber;
    this.waiter = bell.newWaiter(action);
  }

  /**
   * Has the action run once when a sample waits, or the subscriber has ended; it may also run for
   * nothing.
   *
   * @return false if that is so already; then it isn't run
   */
  public boolean arm() {
    return subscriber.arm();
  }

  /** The action is not run any more, unless it is about to. Idempotent. */
  @Override
  public void close() {
    waiter.close();
  }

  @Override
  public String toString() {
    return "Arrivals[" + subscriber + "]";
  }
}
