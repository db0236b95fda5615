package dev.segue.bench;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Claim: what it takes to lend grows linearly with the number of segments. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class LendSegmentCountBench {
  private static final long SEGMENT_BYTE_SIZE = 4096;

  /** In how many segments the payload lies. */
  @Param({"1", "2", "4", "16", "64", "256", "1024"})
  public int segmentCount;

  private Arena arena;
  private List<MemorySegment> segments;
  private Session session;
  private Publisher publisher;

  /** Allocates the payload and opens the session. */
  @Setup
  public void open() {
    arena = Arena.ofShared();
    segments =
        IntStream.range(0, segmentCount)
            .mapToObj(i -> arena.allocate(SEGMENT_BYTE_SIZE).asReadOnly())
            .toList();
    session = Frame.lonelySession();
    publisher = Frame.publisher(session);
  }

  /** Closes them. */
  @TearDown
  public void close() {
    session.close();
    arena.close();
  }

  /** Wraps the segments and lends them. */
  @Benchmark
  public void borrow() throws ZenohException {
    publisher.put(SegmentedBytes.fromSegments(segments, false));
  }
}
