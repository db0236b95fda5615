package dev.segue.lanes;

import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Session;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All messages that one session puts to one key by {@link LanePublisher}s, one of them at a time.
 *
 * <p>A sample of Zenoh says of which session it is and has a number. So the numbers of a publisher
 * go on where those of the one before it on the same key ended: session, key and number name a
 * message.
 */
final class Stream {
  private static final WeakHashMap<Session, Streams> STREAMS = new WeakHashMap<>();

  private boolean open;

  /** The number of the next message; of the publisher that has it, under its lock. */
  int next;

  /** Those of a session. */
  private static final class Streams {
    /** Begins anywhere: a process that is restarted with the same session id has other services. */
    final AtomicInteger publishers =
        new AtomicInteger(ThreadLocalRandom.current().nextInt(1 << 30));

    final Map<KeyExpr, Stream> byKey = new HashMap<>();
  }

  /**
   * That of a key, for one publisher until {@link #end}.
   *
   * @throws IllegalStateException if another publisher has it
   */
  static Stream begin(Session session, KeyExpr key) {
    synchronized (STREAMS) {
      Stream stream = streams(session).byKey.computeIfAbsent(key, _ -> new Stream());
      if (stream.open) {
        throw new IllegalStateException(
            "lane publisher of "
                + key
                + ": the session has one already; close it first, or open another session");
      }
      stream.open = true;
      return stream;
    }
  }

  void end() {
    synchronized (STREAMS) {
      open = false;
    }
  }

  /** A number that no other publisher of the session has. */
  static int nextPublisher(Session session) {
    synchronized (STREAMS) {
      return streams(session).publishers.incrementAndGet();
    }
  }

  private static Streams streams(Session session) {
    return STREAMS.computeIfAbsent(session, _ -> new Streams());
  }
}
