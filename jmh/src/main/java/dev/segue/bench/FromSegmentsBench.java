package dev.segue.bench;

import dev.segue.bytes.SegmentedBytes;
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

/** Claim: {@code fromSegments} of a frame with {@code copy = false} is a check and a wrapper. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FromSegmentsBench {
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> segments = Frame.segments(arena);

  /** Frees the frame. */
  @TearDown
  public void close() {
    arena.close();
  }

  /** Wraps the segments. */
  @Benchmark
  public SegmentedBytes borrow() {
    return SegmentedBytes.fromSegments(segments, false);
  }
}
