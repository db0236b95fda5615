package dev.segue.cli.zenoh;

import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleHandler;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Takes what comes under some keys for a while, and holds up nobody who publishes. One thread. */
final class Listening {
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int BACKLOG = 1 << 16;
  private static final int AT_ONCE = 1024;

  private long dropped;
  private double listened;

  /**
   * Gives samples to a handler for so many seconds.
   *
   * @throws InterruptedException if it was interrupted; how long it listened is known nevertheless
   */
  void listen(Session session, KeyExpr keyExpr, double seconds, SampleHandler handler)
      throws ZenohException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    long start = System.nanoTime();
    try (Subscriber subscriber = session.declareSubscriber(keyExpr, options)) {
      try {
        while ((System.nanoTime() - start) / 1e9 < seconds) {
          if (Thread.interrupted()) {
            throw new InterruptedException("listening to " + keyExpr);
          }
          if (subscriber.poll(handler, AT_ONCE) == 0) {
            LockSupport.parkNanos(IDLE_NANOS);
          }
        }
      } finally {
        listened = (System.nanoTime() - start) / 1e9;
        dropped = subscriber.counts().dropped();
      }
    }
  }

  /** For how many seconds it listened. */
  double seconds() {
    return listened;
  }

  /** Returns how many samples were dropped here as they came too fast. */
  long droppedCount() {
    return dropped;
  }
}
