package dev.segue.bench;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
 * Claim: what it takes to lend does not grow with the size: 1 KiB to 1 GiB within 1.2×.
 *
 * <p>The payload is a mapped file with a hole for content, so that 1 GiB needs no memory.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class LendSizeBench {
  /** The size of the payload. */
  @Param({"1024", "16384", "262144", "4194304", "67108864", "1073741824"})
  public long byteSize;

  private Arena arena;
  private List<MemorySegment> segments;
  private Session session;
  private Publisher publisher;

  /** Maps the payload and opens the session. */
  @Setup
  public void open() throws IOException {
    arena = Arena.ofShared();
    Path file = Files.createTempFile("segue-bench", ".hole");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      channel.map(FileChannel.MapMode.READ_WRITE, 0, byteSize, arena);
      segments =
          List.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, byteSize, arena).asReadOnly());
    } finally {
      Files.delete(file);
    }
    session = Frame.lonelySession();
    publisher = Frame.publisher(session);
  }

  /** Closes them. */
  @TearDown
  public void close() {
    session.close();
    arena.close();
  }

  /** Wraps the segment and lends it. */
  @Benchmark
  public void borrow() throws ZenohException {
    publisher.put(SegmentedBytes.fromSegments(segments, false));
  }

  /** Copies the segment and lends the copy. */
  @Benchmark
  public void copy() throws ZenohException {
    publisher.put(SegmentedBytes.fromSegments(segments, true));
  }
}
