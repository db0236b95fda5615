package dev.segue.gateway;

import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleFeed;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Takes samples of lanes on a thread of its own.
 *
 * <p>Owner: {@link Topics}. Lifetime: until {@link #close()}. Threads: any.
 */
final class LaneReception implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.segue.gateway");
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final Duration LONGEST_END = Duration.ofSeconds(6);
  private static final int AT_ONCE = 64;

  /** Of so many faults in a row one is in the log. */
  private static final int FAULTS_PER_LINE = 60;

  private final SampleFeed feed;
  private final Consumer<ReceivedSample> handler;
  private final Thread thread;

  private LaneReception(SampleFeed feed, Consumer<ReceivedSample> handler) {
    this.feed = feed;
    this.handler = handler;
    this.thread = Thread.ofPlatform().daemon().name("segue-gateway-lanes").unstarted(this::run);
  }

  /** Begins; it owns the feed. */
  static LaneReception start(SampleFeed feed, Consumer<ReceivedSample> handler) {
    LaneReception reception = new LaneReception(feed, handler);
    boolean started = false;
    try {
      reception.thread.start();
      started = true;
      return reception;
    } finally {
      if (!started) {
        feed.close();
      }
    }
  }

  private void run() {
    int faults = 0;
    while (!feed.isClosed()) {
      try {
        feed.take(handler, AT_ONCE, SLICE);
        faults = 0;
      } catch (InterruptedException _) {
        return;
      } catch (Throwable e) { // Of an error as well: the gateway would show old samples for ever.
        if (feed.isClosed() || !pause(e, faults++ % FAULTS_PER_LINE == 0)) {
          return;
        }
      }
    }
  }

  /** A fault, such as of shared memory that is full, may pass, and must not fill the log. */
  private boolean pause(Throwable why, boolean isSaid) {
    if (isSaid) {
      LOG.log(System.Logger.Level.WARNING, "samples of " + feed, why);
    }
    try {
      Thread.sleep(Duration.ofSeconds(1));
      return true;
    } catch (InterruptedException _) {
      return false;
    }
  }

  /** Samples that this process was too slow for. */
  long missedCount() {
    return feed.isClosed() ? 0 : feed.missedCount();
  }

  @Override
  public void close() {
    feed.close();
    if (Thread.currentThread().equals(thread)) {
      return;
    }
    try {
      thread.join(LONGEST_END);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
