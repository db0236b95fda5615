package dev.segue.bench;

import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.peers.SampleSink;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutResult;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a put that says what happened costs at most 100 ns more than one that doesn't, both to
 * nobody and to another process.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class TryPutBench {
  private static final long BYTE_SIZE = 8;
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** The receiver. */
  @Param({"nobody", "process"})
  public String to;

  private Arena arena;
  private SegmentedBytes payload;
  private SampleSink sink;
  private Session session;
  private Publisher publisher;

  /** Starts the other process, if there is to be one, and waits until it subscribes. */
  @Setup
  public void open() throws IOException, ZenohException, InterruptedException {
    arena = Arena.ofShared();
    payload =
        SegmentedBytes.fromSegments(
            List.of(arena.allocate(BYTE_SIZE, Long.BYTES).asReadOnly()), false);
    if (to.equals("nobody")) {
      session = Session.open(Config.isolated());
      publisher = session.declarePublisher(KeyExpr.of("bench/nobody"));
      return;
    }
    String endpoint = Endpoints.free();
    sink = SampleSink.start(endpoint);
    session = Session.open(Config.isolated().connect(endpoint));
    // It drops what the link has no room for, and so does the put that is tried.
    publisher = session.declarePublisher(SampleSink.KEY, PublisherOptions.defaults());
    if (!publisher.awaitMatchingSubscribers(TIMEOUT)) {
      throw new IllegalStateException("nobody subscribes to " + SampleSink.KEY);
    }
  }

  /** Ends it. */
  @TearDown
  public void close() {
    session.close();
    if (sink != null) {
      sink.close();
    }
    arena.close();
  }

  /** Says nothing. */
  @Benchmark
  public void put() throws ZenohException {
    publisher.put(payload);
  }

  /** Says what happened. */
  @Benchmark
  public PutResult tryPut() throws ZenohException {
    return publisher.tryPut(payload);
  }
}
