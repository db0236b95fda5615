package dev.segue.bench;

import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The payload that most claims are about: a Cap'n Proto message with one camera frame. */
public final class Frame {
  /**
   * The size of what comes before the frame in a message: segment table, root pointer, far pointer.
   */
  static final long HEAD_BYTE_SIZE = 40;

  /** 1920 × 1536 pixels of 4 bytes: 11.25 MiB. */
  public static final long PIXELS_BYTE_SIZE = 1920L * 1536 * 4;

  static final KeyExpr KEY = KeyExpr.of("segue/bench/frame");

  private Frame() {}

  /** The two read-only segments of a message with a frame. */
  static List<MemorySegment> segments(Arena arena) {
    return List.of(
        arena.allocate(HEAD_BYTE_SIZE, Long.BYTES).asReadOnly(),
        arena.allocate(PIXELS_BYTE_SIZE, Long.BYTES).asReadOnly());
  }

  /** A session that nobody finds. */
  static Session lonelySession() {
    try {
      return Session.open(Config.isolated());
    } catch (ZenohException e) {
      throw new IllegalStateException("a session to measure with", e);
    }
  }

  /** A publisher in it that nobody subscribes to. */
  static Publisher publisher(Session session) {
    try {
      return session.declarePublisher(KEY, PublisherOptions.blocking());
    } catch (ZenohException e) {
      throw new IllegalStateException("a publisher to measure with", e);
    }
  }

  /** A pool of shared memory. */
  static ShmPool sharedPool() {
    try {
      return ShmPool.create(64L << 20);
    } catch (ZenohException e) {
      throw new IllegalStateException("a pool to measure with", e);
    }
  }
}
