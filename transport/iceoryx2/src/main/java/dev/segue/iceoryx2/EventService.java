package dev.segue.iceoryx2;

/**
 * An event service: numbers that wake the threads waiting for them, in any process, and carry no
 * data.
 *
 * <p>Owner: the caller; its node closes it at the latest. Lifetime: until {@link #close()}; its
 * ports go on. Threads: any.
 */
public final class EventService implements Child {
  private final Children siblings;
  private final String name;
  private final Handle handle;

  EventService(Children siblings, String name, long address) {
    this.siblings = siblings;
    this.name = name;
    this.handle = new Handle("the event service " + name, address, NativeEvents::free);
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /**
   * A notifier.
   *
   * @throws IceoryxException if there are as many as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Notifier newNotifier() throws IceoryxException {
    long service = handle.enter();
    try {
      long notifier = NativeEvents.newNotifier(service, name);
      return siblings.add(new Notifier(siblings, name, notifier), handle);
    } finally {
      handle.release();
    }
  }

  /**
   * A listener, which hears what is notified from here on.
   *
   * @throws IceoryxException if there are as many as the service allows
   * @throws IllegalStateException if the service is closed
   */
  public Listener newListener() throws IceoryxException {
    long service = handle.enter();
    try {
      int largest = Math.toIntExact(NativeEvents.largestEvent(service));
      long listener = NativeEvents.newListener(service, name);
      return siblings.add(new Listener(siblings, name, largest, listener), handle);
    } finally {
      handle.release();
    }
  }

  /** Lets go of the service; it ends when the last process has. Idempotent. */
  @Override
  public void close() {
    handle.close(_ -> {});
    siblings.forget(this);
  }

  @Override
  public String toString() {
    return "EventService[" + name + "]";
  }
}
