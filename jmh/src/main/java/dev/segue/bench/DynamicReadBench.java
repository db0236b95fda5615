package dev.segue.bench;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.dynamic.FieldPath;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a message of 1 KiB with some hundred values is read by its schema and shown as JSON in at
 * most 5 µs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DynamicReadBench {
  /** A point cloud of a lidar that describes 24 fields and has a few points. */
  private static final int FIELD_COUNT = 24;

  private final OffHeapPool pool = new OffHeapPool(1 << 20);
  private final MessageType type = MessageSchemas.ofGenerated(Frames.PointCloud.class);
  private final FieldPath path = type.path("fields[7].byteOffset");
  private final SegmentedBytes message = SegmentedBytes.copyOf(type.fromJson(json()));
  private final MessageFormat json = MessageFormat.json();
  private final MessageFormat text = MessageFormat.text();

  private static String json() {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < FIELD_COUNT; i++) {
      fields.append(i == 0 ? "" : ",");
      fields.append("{\"name\":\"field").append(i).append("\",\"byteOffset\":").append(4 * i);
      fields.append(",\"element\":\"float32\"}");
    }
    return "{\"captureTimeNanos\":\"1780000000000000000\",\"sequence\":\"7\",\"frameId\":\"lidar\","
        + "\"pointCount\":2,\"pointByteSize\":96,\"fields\":["
        + fields
        + "],\"points\":\""
        + "AAAA".repeat(64)
        + "\"}";
  }

  /** Ends the pool. */
  @TearDown
  public void close() {
    pool.close();
  }

  /** The whole message as JSON. */
  @Benchmark
  public String toJson() throws CapnProtoException {
    try (MessageView view = MessageView.of(message, pool)) {
      return type.toText(view, json);
    }
  }

  /** The whole message as text for people. */
  @Benchmark
  public String toText() throws CapnProtoException {
    try (MessageView view = MessageView.of(message, pool)) {
      return type.toText(view, text);
    }
  }

  /** One field by its path. */
  @Benchmark
  public @Nullable Number field() throws CapnProtoException {
    try (MessageView view = MessageView.of(message, pool)) {
      return path.number(view);
    }
  }
}
