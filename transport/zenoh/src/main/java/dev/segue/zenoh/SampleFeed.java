package dev.segue.zenoh;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A source of samples of a key expression, whatever the lane: {@link #of a subscriber's}, or those
 * of several lanes.
 *
 * <p>Owner: the caller. Lifetime: until {@link #close()}. Threads: one at a time.
 */
public interface SampleFeed extends AutoCloseable {
  /** Opens a source; several may be. */
  @FunctionalInterface
  interface Opening {
    /** Subscribes to a key expression. */
    SampleFeed open(KeyExpr keyExpr, SubscriberOptions options) throws ZenohException;
  }

  /**
   * Passes the waiting samples to a handler, on this thread; each ends when the handler returns. If
   * none waits, it waits for one.
   *
   * @param limit the maximum number of samples
   * @param timeout how long to wait for the first one; {@link Duration#ZERO} doesn't wait
   * @return the number of samples
   * @throws IllegalStateException if it is closed, before or during the call
   * @throws IOException if a lane failed
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  int take(Consumer<? super ReceivedSample> handler, int limit, Duration timeout)
      throws IOException, InterruptedException;

  /** Returns how many samples may wait to be taken, at most. */
  long waitingCount();

  /** Returns how many samples it missed because it was too slow. */
  long missedCount();

  /** Returns whether it, or what it reads from, is closed. */
  boolean isClosed();

  @Override
  void close();

  /** Those of a subscriber, which it owns. */
  static SampleFeed of(Subscriber subscriber) {
    return new SampleFeed() {
      @Override
      public int take(Consumer<? super ReceivedSample> handler, int limit, Duration timeout)
          throws InterruptedException {
        int count = subscriber.poll(handler::accept, limit);
        if (count > 0 || limit <= 0 || timeout.isZero()) {
          return count;
        }
        Optional<Sample> next = subscriber.receive(timeout);
        if (next.isEmpty()) {
          return 0;
        }
        try (Sample sample = next.get()) {
          handler.accept(sample);
        }
        return 1;
      }

      @Override
      public long waitingCount() {
        return subscriber.counts().waiting();
      }

      @Override
      public long missedCount() {
        return subscriber.counts().dropped();
      }

      @Override
      public boolean isClosed() {
        return subscriber.isClosed();
      }

      @Override
      public void close() {
        subscriber.close();
      }

      @Override
      public String toString() {
        return subscriber.toString();
      }
    };
  }
}
