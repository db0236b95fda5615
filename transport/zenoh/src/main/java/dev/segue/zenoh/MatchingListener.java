package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Tells when somebody begins to match a publisher or a querier, and when the last one ends.
 *
 * <p>The first change comes at once if somebody matches already. Of more than 64 changes that
 * nobody takes, the newest stay.
 *
 * <p>Owner: the caller; its publisher or querier, or the session, closes it at the latest.
 * Lifetime: until {@link #close()}; then {@link IllegalStateException}. Threads: any.
 */
public final class MatchingListener extends Declared implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.segue.zenoh");

  private final Session session;
  private final String owner;
  private final Set<MatchingListener> siblings;
  private final Handle handle;
  private final Inbox<Boolean> inbox;

  /** Adds itself to those of its owner, until it is closed. */
  MatchingListener(Session session, String owner, Set<MatchingListener> siblings, long address) {
    this.session = session;
    this.owner = owner;
    this.siblings = siblings;
    this.handle =
        new Handle("the listener of " + owner, address, () -> NativeListener.free(address));
    this.inbox =
        new Inbox<>(
            handle,
            new Inbox.Queue<Boolean>() {
              @Override
              public Inbox.Taken<Boolean> take(long listener, long waitNanos) {
                return NativeListener.take(listener, waitNanos);
              }

              @Override
              public boolean arm(long listener, long bell) {
                return NativeListener.arm(listener, bell);
              }
            });
    siblings.add(this);
  }

  /** The next change if there was one: whether somebody matches. */
  public Optional<Boolean> tryReceive() {
    return open(inbox.tryReceive());
  }

  /**
   * The next change, waiting for it: whether somebody matches.
   *
   * @return empty if there was none for as long as {@code timeout}
   * @throws IllegalStateException if it is closed, before or meanwhile
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Boolean> receive(Duration timeout) throws InterruptedException {
    return open(inbox.receive(timeout));
  }

  private Optional<Boolean> open(Optional<Boolean> change) {
    if (change.isEmpty() && inbox.hasEnded()) {
      throw new IllegalStateException("receive of " + this + ": it is closed");
    }
    return change;
  }

  void dispatchTo(MatchingHandler handler) {
    inbox.dispatchTo(
        Thread.ofVirtual().name("segue-matching-" + owner),
        handler::onChange,
        error -> LOG.log(System.Logger.Level.ERROR, "the handler of " + this + " threw", error),
        () -> session.forget(this));
  }

  /** Whether it is closed. */
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
   * {@link #close()}, waiting for another time.
   *
   * @return whether no handler runs any more; within a handler of its own, false at once
   */
  public boolean close(Duration timeout) throws InterruptedException {
    beginClose();
    return awaitClosed(TimeUnit.NANOSECONDS.convert(timeout));
  }

  /**
   * Closes it as its publisher or querier is gone; a session that is closing awaits its handler.
   */
  void endWithOwner() {
    beginClose();
    if (!inbox.isDispatched()) {
      session.forget(this);
    }
  }

  @Override
  void beginClose() {
    siblings.remove(this);
    inbox.beginClose(NativeListener::close);
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

  @Override
  public String toString() {
    return "MatchingListener[" + owner + "]";
  }
}
