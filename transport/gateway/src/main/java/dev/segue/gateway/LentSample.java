package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A sample that waits for a client, or is on its way to it, and counts against the {@link
 * LentBudget} until it is closed.
 *
 * <p>Owner: who was lent it. Lifetime: until {@link #close()}. Threads: any.
 */
final class LentSample implements AutoCloseable {
  private final KeptSample sample;
  private final InetAddress client;
  private final AtomicBoolean closed = new AtomicBoolean();
  private PixelBudget.@Nullable Room room;

  LentSample(KeptSample sample, InetAddress client) {
    this.sample = sample;
    this.client = client;
  }

  KeptSample sample() {
    return sample;
  }

  Metadata metadata() {
    return sample.metadata();
  }

  SegmentedBytes payload() {
    return sample.payload();
  }

  /** Keeps room for what was made of it, as long as it is lent. */
  void hold(PixelBudget.Room taken) {
    synchronized (this) {
      if (room == null && !closed.get()) {
        room = taken;
        return;
      }
    }
    taken.close();
  }

  /** Gives it back. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      sample.giveBack(client);
      PixelBudget.Room held;
      synchronized (this) {
        held = room;
        room = null;
      }
      if (held != null) {
        held.close();
      }
    }
  }
}
