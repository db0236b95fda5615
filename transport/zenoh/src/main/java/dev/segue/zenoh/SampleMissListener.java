package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Reports which samples an advanced subscriber missed permanently: those that it doesn't recover,
 * or that their publisher doesn't keep any more.
 *
 * <p>Of more than 64 misses that nobody takes, the newest stay; {@link
 * AdvancedSubscriber#missedCount()} counts all.
 *
 * <p>Owner: the caller; its subscriber, or the session, closes it at the latest. Lifetime: until
 * {@link #close()}; then {@link IllegalStateException}. Threads: any.
 */
public final class SampleMissListener extends Listener<Miss> {
  SampleMissListener(Session session, String owner, Set<Listener<?>> siblings, long address) {
    super(session, owner, siblings, new NativeAdvanced.Misses(), address);
  }

  /** The next miss if there was one. */
  public Optional<Miss> tryReceive() {
    return tryTake();
  }

  /**
   * Waits for the next miss.
   *
   * @return empty if there was none within {@code timeout}
   * @throws IllegalStateException if it is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Miss> receive(Duration timeout) throws InterruptedException {
    return take(timeout);
  }

  void dispatchTo(MissHandler handler) {
    dispatch("segue-misses-", handler::onMiss);
  }

  @Override
  public String toString() {
    return "SampleMissListener[" + owner() + "]";
  }
}
