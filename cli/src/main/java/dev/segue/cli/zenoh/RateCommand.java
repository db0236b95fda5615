package dev.segue.cli.zenoh;

import dev.segue.cli.CommandFailedException;
import dev.segue.cli.terminal.BrokenPipeException;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleFeed;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Measures a topic and prints each second what it saw. */
abstract class RateCommand extends NetworkCommand {
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration SLICE = Duration.ofMillis(50);
  private static final int AT_ONCE = 1024;

  /** Samples that may wait while this process doesn't run. */
  private static final int BACKLOG = 1 << 18;

  @Parameters(paramLabel = "KEYEXPR", description = "Keys to measure: robot/camera.")
  private String keyExpr = "";

  @Mixin private LaneOption lane = new LaneOption();
  @Mixin private Limit limit = new Limit();

  private long total;
  private long reported;
  private boolean isReported;

  /** Takes a sample into account. */
  abstract void measure(ReceivedSample sample, long nanoTime);

  /** Returns the figures of a period of so many seconds, and begins another one. */
  abstract String line(double seconds, JsonObject json);

  /** The field of messages that it measures by; null if it measures by none. */
  @Nullable StampOption stamp() {
    return null;
  }

  @Override
  final void check() throws CommandFailedException {
    limit.check();
    KeyExpr.of(keyExpr);
    StampOption stamp = stamp();
    if (stamp != null) {
      stamp.check();
    }
  }

  @Override
  final void run(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    StampOption stamp = stamp();
    if (stamp == null) {
      measure(session);
      return;
    }
    stamp.begin(session, text -> say(spec.qualifiedName() + ": " + text));
    try {
      measure(session);
    } finally {
      stamp.end();
    }
  }

  private void measure(Session session)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    SubscriberOptions options = SubscriberOptions.defaults().backlog(Backlog.last(BACKLOG));
    try (LaneOption.Opened lanes =
            lane.open(session, text -> say(spec.qualifiedName() + ": " + text));
        SampleFeed feed = lanes.subscribe(KeyExpr.of(keyExpr), options).asFeed()) {
      limit.start();
      long start = System.nanoTime();
      try {
        while (total < limit.count() && !limit.isOver()) {
          takeSome(feed);
          long now = System.nanoTime();
          if (now - start >= PERIOD_NANOS) {
            report(feed, (now - start) / 1e9);
            start = now;
          }
        }
      } finally {
        // The rest of a period in which nothing came is not a measurement.
        if (total > reported || !isReported) {
          report(feed, (System.nanoTime() - start) / 1e9);
        }
      }
    }
  }

  /** Waits for the next sample where it can be woken at once, then takes what else is there. */
  private void takeSome(SampleFeed feed) throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("measuring " + keyExpr);
    }
    feed.take(this::take, (int) Math.min(AT_ONCE, limit.count() - total), SLICE);
  }

  private void take(ReceivedSample sample) {
    measure(sample, System.nanoTime());
    total++;
  }

  private void report(SampleFeed feed, double seconds) throws BrokenPipeException {
    reported = total;
    isReported = true;
    long dropped = feed.missedCount();
    JsonObject json = new JsonObject().with("key", keyExpr);
    String line = line(seconds, json);
    json.with("total", total).with("dropped", dropped);
    line(line + (dropped == 0 ? "" : "  dropped here " + dropped), json);
  }
}
