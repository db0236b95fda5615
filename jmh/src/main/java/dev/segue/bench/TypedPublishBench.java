package dev.segue.bench;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicPublisher;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a typed publish takes at most 200 ns, and makes at most 20 B of garbage, more than the
 * same steps written out: a message in a loan, its fields, its put while nobody subscribes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TypedPublishBench {
  private final OffHeapPool pool = new OffHeapPool(1 << 20);
  private final Session session = Frame.lonelySession();
  private final Publisher publisher = Frame.publisher(session);
  private final TopicPublisher<Frames.CameraFrame.Builder> frames = typed();
  private long sequence;

  private TopicPublisher<Frames.CameraFrame.Builder> typed() {
    try {
      return TopicPublisher.of(session, Frame.KEY, TopicType.of(Frames.CameraFrame.factory), pool);
    } catch (ZenohException e) {
      throw new IllegalStateException("a publisher to measure with", e);
    }
  }

  /** Closes it. */
  @TearDown
  public void close() {
    session.close();
    pool.close();
  }

  private void fill(Frames.CameraFrame.Builder frame) {
    frame.setSequence(sequence++);
    frame.setWidthPixels(1920);
    frame.setHeightPixels(1536);
  }

  /** Each step by hand. */
  @Benchmark
  public void untyped() throws ZenohException {
    try (LoanMessage message = LoanMessage.of(pool)) {
      fill(message.initRoot(Frames.CameraFrame.factory));
      publisher.put(message.handOver());
    }
  }

  /** In one line. */
  @Benchmark
  public void typedTopic() throws ZenohException {
    frames.publish(this::fill);
  }
}
