package dev.segue.lanes;

import dev.segue.iceoryx2.IceoryxException;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleFeed;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** The samples of a subscriber of lanes, for whoever doesn't know of them. */
final class LaneFeed implements SampleFeed {
  private final LaneSubscriber subscriber;

  LaneFeed(LaneSubscriber subscriber) {
    this.subscriber = subscriber;
  }

  @Override
  public int take(Consumer<? super ReceivedSample> handler, int limit, Duration timeout)
      throws IOException, InterruptedException {
    try {
      int count = subscriber.poll(handler::accept, limit);
      if (count > 0 || limit <= 0 || timeout.isZero()) {
        return count;
      }
      Optional<LaneSample> next = subscriber.receive(timeout);
      if (next.isEmpty()) {
        return 0;
      }
      try (LaneSample sample = next.get()) {
        handler.accept(sample);
      }
      return 1;
    } catch (IceoryxException | ZenohException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public long waitingCount() {
    return subscriber.waitingCount();
  }

  @Override
  public long missedCount() {
    return subscriber.missedCount();
  }

  @Override
  public boolean isClosed() {
    return subscriber.isClosed() || subscriber.hasSessionEnded();
  }

  @Override
  public void close() {
    subscriber.close();
  }

  @Override
  public String toString() {
    return subscriber.toString();
  }
}
