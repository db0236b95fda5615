package dev.segue.bench;

import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.peers.SampleFeed;
import dev.segue.zenoh.Backlog;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleHandler;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a polled sample makes at most 100 B of garbage; read {@code gc.alloc.rate.norm}.
 *
 * <p>Another process sends 1 KiB samples over loopback, so that nothing but the polling allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class PollGarbageBench {
  private static final int SAMPLES = 1024;
  private static final int LIMIT = 64;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final SampleHandler look = this::look;
  private final SampleHandler read = this::read;
  private SampleFeed feed;
  private Session session;
  private Subscriber subscriber;
  private long seen;

  /** Starts the other process. */
  @Setup
  public void open() throws IOException, ZenohException {
    String endpoint = Endpoints.free();
    session = Session.open(Config.isolated().listen(endpoint));
    subscriber =
        session.declareSubscriber(
            SampleFeed.KEY, SubscriberOptions.defaults().backlog(Backlog.hold(4096)));
    feed = SampleFeed.start(endpoint, 1024);
  }

  /** Ends it. */
  @TearDown
  public void close() {
    feed.close();
    session.close();
  }

  private void look(Sample sample) {
    seen += sample.payloadByteSize();
  }

  private void read(Sample sample) {
    seen += sample.payload().byteAt(0);
  }

  /** Polls samples and looks at their size alone. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public long poll() {
    return poll(look);
  }

  /** Polls samples and reads each payload in place. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public long pollAndRead() {
    return poll(read);
  }

  private long poll(SampleHandler handler) {
    long deadline = 0;
    for (int left = SAMPLES; left > 0; ) {
      int count = subscriber.poll(handler, Math.min(left, LIMIT));
      left -= count;
      if (count == 0) {
        deadline = deadline == 0 ? System.nanoTime() + LONGEST_NANOS : deadline;
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("the feed of samples sends nothing");
        }
        Thread.onSpinWait();
      }
    }
    return seen;
  }
}
