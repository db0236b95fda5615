package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Tells what changes in what a session is connected to.
 *
 * <p>What is there comes first: an event for each node, each link, and each endpoint that the
 * session is told to connect to. What changes while it is declared may come twice. Of more than
 * 1,024 events that nobody takes, the newest stay.
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
   * The next event, waiting for it.
   *
   * @return empty if there was none for as long as {@code timeout}
   * @throws IllegalStateException if it is closed, before or meanwhile
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
