package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Receives the changes in what a session is connected to.
 *
 * <p>The current state comes first: an event for each node, each link, and each endpoint of {@link
 * Config#connect}. A change during the declaration may be reported twice. If more than 1,024 events
 * wait, the newest are kept.
 *
 * <p>Owner: the caller; the session closes it at the latest. Lifetime: until {@link #close()}; then
 * {@link IllegalStateException}. Threads: any.
 */
public final class ConnectivityListener extends Listener<ConnectivityEvent> {
  ConnectivityListener(Session session, String owner, Set<Listener<?>> siblings, long address) {
    super(session, owner, siblings, new NativeConnectivity(), address);
  }

  /** The next event if there was one. */
  public Optional<ConnectivityEvent> tryReceive() {
    return tryTake();
  }

  /**
   * Waits for the next event.
   *
   * @return empty if there was none within {@code timeout}
   * @throws IllegalStateException if it is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<ConnectivityEvent> receive(Duration timeout) throws InterruptedException {
    return take(timeout);
  }

  void dispatchTo(ConnectivityHandler handler) {
    dispatch("segue-connectivity-", handler::onEvent);
  }

  @Override
  public String toString() {
    return "ConnectivityListener[" + owner() + "]";
  }
}
