package dev.segue.http2;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Remembers the streams that this end has reset lately: what was on its way to one of them is
 * dropped, RFC 9113 section 5.1. To answer each frame of it with a further reset would look like an
 * attack, and end the connection.
 *
 * <p>Owner: the connection. Threads: its loop.
 */
final class ResetStreams {
  private static final int REMEMBERED = 256;
  private static final int FIRST_SIZE = 8;

  /** Each costs us far more than its sender; those that can't know yet send few. */
  private static final int MOST_DROPPED = 20_000;

  private static final long DROPPED_NANOS = TimeUnit.SECONDS.toNanos(10);

  private int[] ids = {};
  private int count;
  private int dropped;
  private long droppedSince = System.nanoTime();

  void add(int streamId) {
    if (count == ids.length && count < REMEMBERED) {
      ids = Arrays.copyOf(ids, Math.max(FIRST_SIZE, 2 * count));
    }
    ids[count++ % ids.length] = streamId;
  }

  /** Counts a frame that is dropped; false if there were too many in 10 s. */
  boolean drop() {
    long now = System.nanoTime();
    if (now - droppedSince > DROPPED_NANOS) {
      droppedSince = now;
      dropped = 0;
    }
    return ++dropped <= MOST_DROPPED;
  }

  boolean contains(int streamId) {
    for (int i = 0; i < Math.min(count, ids.length); i++) {
      if (ids[i] == streamId) {
        return true;
      }
    }
    return false;
  }
}
