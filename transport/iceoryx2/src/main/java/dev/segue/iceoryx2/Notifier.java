package dev.segue.iceoryx2;

/**
 * Wakes the listeners of an {@link EventService}.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class Notifier implements Child {
  private final Children siblings;
  private final String name;
  private final Handle handle;

  Notifier(Children siblings, String name, long address) {
    this.siblings = siblings;
    this.name = name;
    this.handle = new Handle("the notifier of " + name, address, NativeEvents::freeNotifier);
  }

  /**
   * Notifies all listeners of an event, without waiting for them.
   *
   * @return how many there were
   * @throws IllegalArgumentException if {@code event} is negative or beyond {@link
   *     EventQos#largestEvent()} of the service
   * @throws IllegalStateException if the notifier is closed
   */
  public int notifyListeners(int event) throws IceoryxException {
    if (event < 0) {
      throw new IllegalArgumentException("notification of " + name + " event=" + event);
    }
    long notifier = handle.enter();
    try {
      return (int) NativeEvents.notify(notifier, name, event);
    } finally {
      handle.release();
    }
  }

  /** Ends it. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "Notifier[" + name + "]";
  }
}
