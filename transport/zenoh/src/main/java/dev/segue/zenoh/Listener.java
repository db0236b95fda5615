package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A listener for the events of a session, publisher, subscriber, or querier, which ends with it.
 */
abstract sealed class Listener<T> extends Declared implements AutoCloseable
    permits ConnectivityListener, MatchingListener, SampleMissListener {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  private final Session session;
  private final String owner;
  private final Set<Listener<?>> siblings;
  private final Calls<T> calls;
  private final Handle handle;
  private final Inbox<T> inbox;

  /** The downcalls on it. */
  interface Calls<T> extends Inbox.Queue<T> {
    /** Ends it; what fails then failed as its owner is gone, and so is this. */
    void close(long address);

    void free(long address);

    /** {@link #close} and {@link #free}. */
    default void end(long address) {
      close(address);
      free(address);
    }
  }

  /** Adds itself to those of its owner, until it is closed. */
  Listener(Session session, String owner, Set<Listener<?>> siblings, Calls<T> calls, long address) {
    this.session = session;
    this.owner = owner;
    this.siblings = siblings;
    this.calls = calls;
    this.handle = new Handle("the listener of " + owner, address, () -> calls.free(address));
    this.inbox = new Inbox<>(handle, calls);
    boolean isAdded = false;
    try {
      siblings.add(this);
      isAdded = true;
    } finally {
      if (!isAdded) {
        siblings.remove(this); // Its maker frees the native one; a full heap may end this half-way.
      }
    }
  }

  Optional<T> tryTake() {
    return open(inbox.tryReceive());
  }

  Optional<T> take(Duration timeout) throws InterruptedException {
    return open(inbox.receive(timeout));
  }

  private Optional<T> open(Optional<T> event) {
    if (event.isEmpty() && inbox.hasEnded()) {
      throw new IllegalStateException("receive of " + this + ": it is closed");
    }
    return event;
  }

  /** Gives what comes to a handler on a virtual thread. */
  void dispatch(String threadName, Consumer<T> handler) {
    inbox.dispatchTo(
        Thread.ofVirtual().name(threadName + owner),
        handler,
        error -> LOG.log(System.Logger.Level.ERROR, "the handler of " + this + " threw", error),
        () -> session.forget(this));
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /** Ends it, wakes who waits and waits for its handler, 10 s at most. Idempotent. */
  @Override
  public void close() {
    beginClose();
    Closing.await(this, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no handler runs any more; within a handler of its own, false at once
   */
  public boolean close(Duration timeout) throws InterruptedException {
    beginClose();
    return awaitClosed(Nanos.of(timeout));
  }

  /** Closes it as its owner is gone; a session that is closing awaits its handler. */
  void endWithOwner() {
    beginClose();
    if (!inbox.isDispatched()) {
      session.forget(this);
    }
  }

  @Override
  void beginClose() {
    siblings.remove(this);
    inbox.beginClose(calls::close);
  }

  @Override
  boolean awaitClosed(long nanos) throws InterruptedException {
    boolean ended = inbox.awaitClosed(nanos);
    session.forget(this);
    return ended;
  }

  @Override
  boolean isRunHere() {
    return inbox.isRunHere();
  }

  String owner() {
    return owner;
  }
}
