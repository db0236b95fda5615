package dev.segue.http2;

import java.util.Arrays;

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

  private int[] ids = {};
  private int count;

  void add(int streamId) {
    if (count == ids.length && count < REMEMBERED) {
      ids = Arrays.copyOf(ids, Math.max(FIRST_SIZE, 2 * count));
    }
    ids[count++ % ids.length] = streamId;
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
