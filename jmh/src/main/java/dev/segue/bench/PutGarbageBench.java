package dev.segue.bench;

import dev.segue.bytes.Loan;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Claim: a lent put makes at most 100 B of garbage; read {@code gc.alloc.rate.norm}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PutGarbageBench {
  private static final long LOAN_BYTE_SIZE = 1 << 20;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> segments = Frame.segments(arena);
  private final SegmentedBytes payload = SegmentedBytes.fromSegments(segments, false);
  private final Session session = Frame.lonelySession();
  private final Publisher publisher = Frame.publisher(session);

  private final ShmPool pool = Frame.sharedPool();

  /** Closes it. */
  @TearDown
  public void close() {
    pool.close();
    session.close();
    arena.close();
  }

  /** Lends a payload that was wrapped before. */
  @Benchmark
  public void put() throws ZenohException {
    publisher.put(payload);
  }

  /** Wraps the payload each time, as a camera's publisher does. */
  @Benchmark
  public void wrapAndPut() throws ZenohException {
    publisher.put(SegmentedBytes.fromSegments(segments, false));
  }

  /** Takes a loan in shared memory for each frame and publishes it, as the README does. */
  @Benchmark
  public void loanAndPut() throws ZenohException {
    try (Loan loan = pool.tryLoan(LOAN_BYTE_SIZE).orElseThrow()) {
      publisher.put(loan);
    }
  }
}
