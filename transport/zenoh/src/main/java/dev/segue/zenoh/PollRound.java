package dev.segue.zenoh;

import org.jspecify.annotations.Nullable;

/**
 * The samples of one drain on their way through a handler.
 *
 * <p>One thread at a time. What follows a sample whose handler threw waits here for the next poll.
 */
final class PollRound {
  private static final int BATCH_LIMIT = 64;

  private final Handle subscriber;
  private final Sample sample;
  private @Nullable Batch batch;
  private int next;
  private int count;

  PollRound(Handle subscriber, KeyCache keys) {
    this.subscriber = subscriber;
    this.sample = Sample.borrowed(keys);
  }

  /** Gives samples to a handler; returns how many, or {@link NativeSubscriber#ENDED}. */
  long poll(long address, SampleHandler handler, int limit, long waitNanos) {
    int delivered = 0;
    boolean more = true;
    while (delivered < limit && more && !subscriber.isClosed()) {
      if (next == count || batch == null) {
        int wanted = Math.min(limit - delivered, BATCH_LIMIT);
        long drained = fill(address, wanted, delivered == 0 ? waitNanos : 0);
        if (drained <= 0) {
          return delivered == 0 ? drained : delivered;
        }
        more = drained == BATCH_LIMIT;
      }
      delivered += deliver(handler, limit - delivered);
    }
    return delivered;
  }

  private long fill(long address, int limit, long waitNanos) {
    Batch into = batch;
    if (into == null) {
      into = Batch.create(BATCH_LIMIT);
      batch = into;
    }
    long drained = into.drain(address, limit, waitNanos);
    next = 0;
    count = (int) Math.max(0, drained);
    return drained;
  }

  private int deliver(SampleHandler handler, int limit) {
    Batch from = batch;
    int delivered = 0;
    try {
      while (from != null && next < count && delivered < limit && !subscriber.isClosed()) {
        sample.moveTo(from, next++);
        delivered++;
        handler.onSample(sample);
      }
    } finally {
      leave();
    }
    return delivered;
  }

  private void leave() {
    boolean hasLeft = false;
    try {
      sample.leave();
      hasLeft = true;
    } finally {
      if (!hasLeft) {
        // Its views are in use: neither may the next samples be written there, nor may it be freed.
        batch = null;
      }
      if (next == count || subscriber.isClosed() || !hasLeft) {
        end();
      }
    }
  }

  /** Gives the memory back, but for what is lent on. */
  void end() {
    next = 0;
    count = 0;
    Batch done = batch;
    if (done == null) {
      return;
    }
    // If what is lent can't be moved out, nothing may be freed.
    batch = null;
    done.moveLentOut();
    if (done.holderCount() == 1 && !subscriber.isClosed()) {
      done.clear();
      batch = done;
    } else {
      done.close();
    }
  }
}
