package dev.segue.bench;

import dev.segue.bench.harness.Endpoints;
import dev.segue.bench.peers.SampleSink;
import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a put that another process receives makes at most 100 B of garbage; read {@code
 * gc.alloc.rate.norm}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class LivePutGarbageBench {
  private static final long LOAN_BYTE_SIZE = 1 << 20;
  private static final long SMALL_BYTE_SIZE = 1024;
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private Arena arena;
  private SegmentedBytes payload;
  private SampleSink sink;
  private Session session;
  private Publisher publisher;
  private ShmPool pool;

  /** Starts the other process and waits until it subscribes. */
  @Setup
  public void open() throws IOException, ZenohException, InterruptedException {
    arena = Arena.ofShared();
    payload =
        SegmentedBytes.fromSegments(
            List.of(arena.allocate(SMALL_BYTE_SIZE, Long.BYTES).asReadOnly()), false);
    String endpoint = Endpoints.free();
    sink = SampleSink.start(endpoint);
    session = Session.open(Config.isolated().connect(endpoint).sharedMemory(true));
    publisher = session.declarePublisher(SampleSink.KEY, PublisherOptions.blocking());
    if (!publisher.awaitMatchingSubscribers(TIMEOUT)) {
      throw new IllegalStateException("nobody subscribes to " + SampleSink.KEY);
    }
    pool = Frame.sharedPool();
  }

  /** Ends it. */
  @TearDown
  public void close() {
    session.close();
    pool.close();
    sink.close();
    arena.close();
  }

  /** Lends a payload that was wrapped before. */
  @Benchmark
  public void put() throws ZenohException {
    publisher.put(payload);
  }

  /** Takes a loan in shared memory for each frame and publishes it. */
  @Benchmark
  public void loanAndPut() throws ZenohException, InterruptedException {
    try (Loan loan = pool.tryLoan(LOAN_BYTE_SIZE, TIMEOUT).orElseThrow()) {
      publisher.put(loan);
    }
  }
}
