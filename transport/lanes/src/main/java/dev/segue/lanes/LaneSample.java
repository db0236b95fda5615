package dev.segue.lanes;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.Reliability;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.SourceInfo;
import dev.segue.zenoh.Timestamp;
import dev.segue.zenoh.ZenohId;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One received message, read where its lane put it.
 *
 * <p>Owner: the caller; in a handler the library. Lifetime: until {@link #close()}, in a handler
 * until it returns; then every access to its payload is an {@link IllegalStateException}. Threads:
 * the one that received it.
 */
public final class LaneSample implements ReceivedSample, AutoCloseable {
  /** Exactly one of both is there. */
  private final @Nullable Near near;

  private final @Nullable Sample far;

  /** A sample that iceoryx2 brought. */
  private record Near(
      KeyExpr keyExpr,
      ZenohId session,
      dev.segue.iceoryx2.Sample sample,
      Trailer trailer,
      Encoding encoding,
      SegmentedBytes payload) {}

  private LaneSample(@Nullable Near near, @Nullable Sample far) {
    this.near = near;
    this.far = far;
  }

  /** Of a message of iceoryx2 with a trailer that makes sense; owns the sample. */
  static LaneSample near(
      KeyExpr keyExpr, ZenohId session, dev.segue.iceoryx2.Sample sample, Trailer trailer) {
    String text = trailer.encodingText(Lend.segment(sample.payload(), 0));
    SegmentedBytes payload = sample.payload().slice(0, trailer.payloadByteSize());
    return new LaneSample(
        new Near(keyExpr, session, sample, trailer, encoding(text), payload), null);
  }

  /** Of a sample of Zenoh, which it owns; in a handler of Zenoh the sample is the library's. */
  static LaneSample far(Sample sample) {
    return new LaneSample(null, sample);
  }

  private static Encoding encoding(String text) {
    if (text.isEmpty()) {
      return Encoding.ZENOH_BYTES;
    }
    try {
      return new Encoding(text);
    } catch (IllegalArgumentException _) {
      return Encoding.ZENOH_BYTES; // a publisher that isn't ours, and an encoding that can't be
    }
  }

  /**
   * It is this thread's from here on, so that the end of its views is not a handshake with others.
   */
  void confine() {
    if (near != null) {
      near.sample.confine();
    }
  }

  private Sample zenoh() {
    Sample sample = far;
    if (sample == null) {
      throw new AssertionError(this);
    }
    return sample;
  }

  @Override
  public KeyExpr keyExpr() {
    return near == null ? zenoh().keyExpr() : near.keyExpr;
  }

  /** The lane that it came by. */
  public Lane lane() {
    return near == null ? Lane.ZENOH : Lane.ICEORYX2;
  }

  @Override
  public SampleKind kind() {
    if (near == null) {
      return zenoh().kind();
    }
    return near.trailer.isDelete() ? SampleKind.DELETE : SampleKind.PUT;
  }

  /** The payload in place: of iceoryx2 always one segment. It may be lent on while this is open. */
  @Override
  public SegmentedBytes payload() {
    return near == null ? zenoh().payload() : near.payload;
  }

  @Override
  public long payloadByteSize() {
    return near == null ? zenoh().payloadByteSize() : near.trailer.payloadByteSize();
  }

  @Override
  public Encoding encoding() {
    return near == null ? zenoh().encoding() : near.encoding;
  }

  @Override
  public Optional<SegmentedBytes> attachment() {
    if (near == null) {
      return zenoh().attachment();
    }
    Trailer trailer = near.trailer;
    return trailer.attachmentByteSize() < 0
        ? Optional.empty()
        : Optional.of(
            near.sample
                .payload()
                .slice(trailer.attachmentByteOffset(), trailer.attachmentByteSize()));
  }

  @Override
  public Optional<Timestamp> timestamp() {
    return near == null ? zenoh().timestamp() : Optional.ofNullable(near.trailer.timestamp());
  }

  @Override
  public Priority priority() {
    return near == null ? zenoh().priority() : near.trailer.qos().priority();
  }

  @Override
  public CongestionControl congestionControl() {
    return near == null ? zenoh().congestionControl() : near.trailer.qos().congestionControl();
  }

  @Override
  public boolean isExpress() {
    return near == null ? zenoh().isExpress() : near.trailer.qos().express();
  }

  @Override
  public Reliability reliability() {
    return near == null ? zenoh().reliability() : near.trailer.qos().reliability();
  }

  /** Of iceoryx2 without the number of an entity, which is 0. */
  @Override
  public Optional<SourceInfo> sourceInfo() {
    return near == null
        ? zenoh().sourceInfo()
        : Optional.of(new SourceInfo(near.session, 0, near.trailer.sequenceNumber()));
  }

  @Override
  public boolean isSharedMemory() {
    return near != null || zenoh().isSharedMemory();
  }

  @Override
  public Optional<Sample> asZenohSample() {
    return Optional.ofNullable(far);
  }

  /**
   * The number of the message: a {@link LanePublisher} counts its messages from 0 on, unsigned 32
   * bits; empty for other publishers without {@linkplain Sample#sourceInfo() source info}.
   */
  public OptionalInt sequenceNumber() {
    Optional<SourceInfo> source = sourceInfo();
    return source.isPresent() ? OptionalInt.of(source.get().sequenceNumber()) : OptionalInt.empty();
  }

  /**
   * Gives the memory back, unless it is lent on. Idempotent.
   *
   * @throws WrongThreadException if another thread received it, which has not ended
   */
  @Override
  public void close() {
    if (near == null) {
      zenoh().close();
    } else {
      near.sample.close();
    }
  }

  @Override
  public String toString() {
    return near == null ? "LaneSample[" + far + "]" : "LaneSample[" + near.keyExpr + ", near]";
  }
}
