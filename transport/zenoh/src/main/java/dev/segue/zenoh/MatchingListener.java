package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Tells when somebody begins to match a publisher or a querier, and when the last one ends.
 *
 * <p>The first change comes at once if somebody matches already. Of more than 64 changes that
 * nobody takes, the newest stay.
 *
 * <p>Owner: the caller; its publisher or querier, or the session, closes it at the latest.
 * Lifetime: until {@link #close()}; then {@link IllegalStateException}. Threads: any.
 */
public final class MatchingListener extends Listener<Boolean> {
  MatchingListener(Session session, String owner, Set<Listener<?>> siblings, long address) {
    super(session, owner, siblings, new NativeListener(), address);
  }

  /** The next change if there was one: whether somebody matches. */
  public Optional<Boolean> tryReceive() {
    return tryTake();
  }

  /**
   * Waits for the next change and returns whether anybody matches.
   *
   * @return empty if there was none within {@code timeout}
   * @throws IllegalStateException if it is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Boolean> receive(Duration timeout) throws InterruptedException {
    return take(timeout);
  }

  void dispatchTo(MatchingHandler handler) {
    dispatch("segue-matching-", handler::onChange);
  }

  @Override
  public String toString() {
    return "MatchingListener[" + owner() + "]";
  }
}
