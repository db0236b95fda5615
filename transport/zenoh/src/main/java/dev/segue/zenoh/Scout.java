package dev.segue.zenoh;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

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
   * Starts to look.
   *
   * @param config which interfaces, address and time to live the multicast has
   * @param what what to look for
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
    return new Scout(config.with(address -> NativeScout.start(address, modes)));
  }

  /** The next hello if one waits. */
  public Optional<Hello> tryReceive() {
    return open(inbox.tryReceive());
  }

  /**
   * The next hello, waiting for it.
   *
   * @return empty if none came for as long as {@code timeout}
   * @throws IllegalStateException if it is closed, before or meanwhile
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
   * Stops, wakes who waits, and waits until they have left, for 10 s at most. An interrupt ends the
   * wait, and stays. Idempotent.
   */
  @Override
  public void close() {
    inbox.beginClose(NativeScout::close);
    Closing.await(inbox::awaitClosed, System.nanoTime() + Closing.PATIENCE_NANOS);
  }

  /**
   * {@link #close()}, waiting for another time.
   *
   * @return whether no call of it is under way any more
   */
  public boolean close(Duration timeout) throws InterruptedException {
    inbox.beginClose(NativeScout::close);
    return inbox.awaitClosed(TimeUnit.NANOSECONDS.convert(timeout));
  }

  @Override
  public String toString() {
    return "Scout";
  }
}
