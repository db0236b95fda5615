package dev.segue.bench;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a message that arrived whole is read in place at a cost that its size has no part in; one
 * that arrived in network batches costs one gather of the frame, at memory speed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadBench {
  // A batch of the core's network links, less its header.
  private static final long BATCH_BYTE_SIZE = 65_500;

  private final Arena arena = Arena.ofShared();
  private final OffHeapPool pool = new OffHeapPool(64L << 20);
  private final SegmentedBytes whole;
  private final SegmentedBytes batches;

  /** Makes one message in two layouts. */
  public ReadBench() {
    MemorySegment bytes = message();
    whole = SegmentedBytes.fromSegments(List.of(bytes), false);
    List<MemorySegment> slices = new ArrayList<>();
    for (long at = 0; at < bytes.byteSize(); at += BATCH_BYTE_SIZE) {
      slices.add(bytes.asSlice(at, Math.min(BATCH_BYTE_SIZE, bytes.byteSize() - at)));
    }
    batches = SegmentedBytes.fromSegments(slices, false);
  }

  private MemorySegment message() {
    try (CapturedData pixels = CapturedData.of(pool, Frame.PIXELS_BYTE_SIZE);
        LoanMessage message = LoanMessage.of(pool)) {
      Frames.CameraFrame.Builder frame = message.initRoot(Frames.CameraFrame.factory);
      frame.setSequence(7);
      message.embed(pixels, Frame.PIXELS_BYTE_SIZE, frame::initPixels);
      SegmentedBytes built = message.handOver();
      MemorySegment copy = arena.allocate(built.byteSize(), Long.BYTES);
      built.copyTo(copy);
      return copy.asReadOnly();
    }
  }

  /** Frees the message. */
  @TearDown
  public void close() {
    pool.close();
    arena.close();
  }

  /** Reads fields of a message that lies in one piece. */
  @Benchmark
  public long inPlace() throws CapnProtoException {
    return read(whole);
  }

  /** Reads fields of a message that lies in pieces of a network batch. */
  @Benchmark
  public long gather() throws CapnProtoException {
    return read(batches);
  }

  private long read(SegmentedBytes bytes) throws CapnProtoException {
    try (MessageView view = MessageView.of(bytes, pool)) {
      return view.read(
          Frames.CameraFrame.factory,
          frame -> frame.getSequence() + frame.getPixels().asByteBuffer().remaining());
    }
  }
}
