package dev.segue.zenoh;

import dev.segue.bytes.spi.Nanos;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for nodes of the network by multicast, without a session.
 *
 * <p>A node that is found says hello again and again. Of more than 1,024 hellos that nobody takes,
 * the newest stay.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}; then {@link IllegalStateException}.
 * Threads: any.
 */
public final class Scout implements AutoCloseable {
  private final Handle handle;
  private final Inbox<Hello> inbox;

  private Scout(long address) {
    this.handle = new Handle("the scout", address, () -> NativeScout.free(address));
    this.inbox =
        new Inbox<>(
            handle,
            new Inbox.Queue<Hello>() {
              @Override
              public Inbox.Taken<Hello> take(long scout, long waitNanos) {
                return NativeScout.take(scout, waitNanos);
              }

              @Override
              public boolean arm(long scout, long bell) {
                return NativeScout.arm(scout, bell);
              }
            });
  }

  /**
   * Starts scouting.
   *
   * @param config the interfaces, address, and time to live of the multicast
   * @param what the kinds of nodes to find
   * @throws IllegalArgumentException if {@code what} is empty
   * @throws ZenohException if the core can't
   */
  public static Scout start(Config config, Set<Mode> what) throws ZenohException {
    int sum = 0;
    for (Mode mode : what) {
      sum |=
          switch (mode) {
            case ROUTER -> 1;
            case PEER -> 2;
            case CLIENT -> 4;
          };
    }
    int modes = sum;
    return Handle.owned(
        Scout::new, NativeScout::end, config.with(address -> NativeScout.start(address, modes)));
  }

  /** The next hello if one waits. */
  public Optional<Hello> tryReceive() {
    return open(inbox.tryReceive());
  }

  /**
   * Waits for the next hello.
   *
   * @return empty if none came within {@code timeout}
   * @throws IllegalStateException if it is closed, before or during the call
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public Optional<Hello> receive(Duration timeout) throws InterruptedException {
    return open(inbox.receive(timeout));
  }

  private Optional<Hello> open(Optional<Hello> hello) {
    if (hello.isEmpty() && inbox.hasEnded() && handle.isClosed()) {
      throw new IllegalStateException("receive of " + this + ": it is closed");
    }
    return hello;
  }

  /** Returns whether it is closed. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Stops, wakes waiting calls, and waits until they have returned, at most 10 s. An interrupt ends
   * the wait, and the thread stays interrupted. Idempotent.
   */
  @Override
  public void close() {
    inbox.beginClose(NativeScout::close);
    Closing.await(inbox::awaitClosed, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * Closes like {@link #close()}, with another time limit.
   *
   * @return whether no call of it is under way any more
   */
  public boolean close(Duration timeout) throws InterruptedException {
    inbox.beginClose(NativeScout::close);
    return inbox.awaitClosed(Nanos.of(timeout));
  }

  @Override
  public String toString() {
    return "Scout";
  }
}
