package dev.segue.bench;

import dev.segue.bench.schema.CapnpcFrames;
import dev.segue.capnproto.schema.Frames;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.capnproto.MessageBuilder;
import org.capnproto.MessageReader;
import org.capnproto.ReaderOptions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Claim: the classes that our compiler generates build and read a message as fast as those of
 * {@code capnpc-java}. The message is a point cloud of a lidar that describes 24 fields.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class GeneratedCodeBench {
  private static final int FIELD_COUNT = 24;
  private static final int WORD_COUNT = 256;
  private static final ReaderOptions UNLIMITED = new ReaderOptions(Long.MAX_VALUE, 64);

  private final ByteBuffer[] segments = ours(7).getSegmentsForOutput();
  private final MessageReader message = new MessageReader(segments, UNLIMITED);
  private long sequence;

  /** Builds it by the class of our compiler. */
  @Benchmark
  public MessageBuilder buildOurs() {
    return ours(sequence++);
  }

  private static MessageBuilder ours(long sequence) {
    MessageBuilder built = new MessageBuilder(WORD_COUNT);
    Frames.PointCloud.Builder cloud = built.initRoot(Frames.PointCloud.factory);
    cloud.setCaptureTimeNanos(1_780_000_000_000_000_000L);
    cloud.setSequence(sequence);
    cloud.setPointCount(2);
    cloud.setPointByteSize(96);
    var fields = cloud.initFields(FIELD_COUNT);
    for (int i = 0; i < FIELD_COUNT; i++) {
      Frames.PointCloud.Field.Builder field = fields.get(i);
      field.setByteOffset(4 * i);
      field.setElement(Frames.ElementType.FLOAT32);
    }
    cloud.initPoints(192);
    return built;
  }

  /** Builds it by the class of {@code capnpc-java}. */
  @Benchmark
  public MessageBuilder buildCapnpcJava() {
    return capnpcJava(sequence++);
  }

  private static MessageBuilder capnpcJava(long sequence) {
    MessageBuilder built = new MessageBuilder(WORD_COUNT);
    CapnpcFrames.PointCloud.Builder cloud = built.initRoot(CapnpcFrames.PointCloud.factory);
    cloud.setCaptureTimeNanos(1_780_000_000_000_000_000L);
    cloud.setSequence(sequence);
    cloud.setPointCount(2);
    cloud.setPointByteSize(96);
    var fields = cloud.initFields(FIELD_COUNT);
    for (int i = 0; i < FIELD_COUNT; i++) {
      CapnpcFrames.PointCloud.Field.Builder field = fields.get(i);
      field.setByteOffset(4 * i);
      field.setElement(CapnpcFrames.ElementType.FLOAT32);
    }
    cloud.initPoints(192);
    return built;
  }

  /** Reads all of it by the class of our compiler. */
  @Benchmark
  public long readOurs() {
    Frames.PointCloud.Reader cloud = message.getRoot(Frames.PointCloud.factory);
    long sum =
        cloud.getCaptureTimeNanos()
            + cloud.getSequence()
            + cloud.getPointCount()
            + cloud.getPointByteSize()
            + cloud.getPoints().size();
    var fields = cloud.getFields();
    for (int i = 0; i < fields.size(); i++) {
      Frames.PointCloud.Field.Reader field = fields.get(i);
      sum += field.getByteOffset() + (field.getElement() == Frames.ElementType.FLOAT32 ? 1 : 0);
    }
    return sum;
  }

  /** Reads all of it by the class of {@code capnpc-java}. */
  @Benchmark
  public long readCapnpcJava() {
    CapnpcFrames.PointCloud.Reader cloud = message.getRoot(CapnpcFrames.PointCloud.factory);
    long sum =
        cloud.getCaptureTimeNanos()
            + cloud.getSequence()
            + cloud.getPointCount()
            + cloud.getPointByteSize()
            + cloud.getPoints().size();
    var fields = cloud.getFields();
    for (int i = 0; i < fields.size(); i++) {
      CapnpcFrames.PointCloud.Field.Reader field = fields.get(i);
      sum +=
          field.getByteOffset() + (field.getElement() == CapnpcFrames.ElementType.FLOAT32 ? 1 : 0);
    }
    return sum;
  }
}
