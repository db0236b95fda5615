package dev.segue.lanes;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.SourceInfo;
import dev.segue.zenoh.Timestamp;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One received message, read where its lane put it.
 *
 * <p>Owner: the caller; in a handler the library. Lifetime: until {@link #close()}, in a handler
 * until it returns; then every access is an {@link IllegalStateException}. Threads: the one that
 * received it.
 */
public final class LaneSample implements AutoCloseable {
  private final KeyExpr keyExpr;
  private final Lane lane;
  private final SampleKind kind;
  private final int sequenceNumber;
  private final boolean isNumbered;
  private final AutoCloseable held;
  private final SegmentedBytes payload;
  private final @Nullable SegmentedBytes attachment;
  private final Encoding encoding;
  private final @Nullable Timestamp timestamp;

  private LaneSample(
      KeyExpr keyExpr, Encoding encoding, dev.segue.iceoryx2.Sample sample, Trailer trailer) {
    this.keyExpr = keyExpr;
    this.lane = Lane.ICEORYX2;
    this.kind = trailer.isDelete() ? SampleKind.DELETE : SampleKind.PUT;
    this.sequenceNumber = trailer.sequenceNumber();
    this.isNumbered = true;
    this.held = sample;
    this.payload = sample.payload().slice(0, trailer.payloadByteSize());
    this.attachment =
        trailer.attachmentByteSize() < 0
            ? null
            : sample.payload().slice(trailer.attachmentByteOffset(), trailer.attachmentByteSize());
    this.encoding = encoding;
    this.timestamp = trailer.timestamp();
  }

  private LaneSample(Sample sample) {
    Optional<SourceInfo> source = sample.sourceInfo();
    this.keyExpr = sample.keyExpr();
    this.lane = Lane.ZENOH;
    this.kind = sample.kind();
    this.sequenceNumber = source.map(SourceInfo::sequenceNumber).orElse(0);
    this.isNumbered = source.isPresent();
    this.held = sample;
    this.payload = sample.payload();
    this.attachment = sample.attachment().orElse(null);
    this.encoding = sample.encoding();
    this.timestamp = sample.timestamp().orElse(null);
  }

  /** Of a message of iceoryx2 with a trailer that makes sense; owns the sample. */
  static LaneSample near(KeyExpr keyExpr, dev.segue.iceoryx2.Sample sample, Trailer trailer) {
    String text = trailer.encodingText(Lend.segment(sample.payload(), 0));
    return new LaneSample(keyExpr, encoding(text), sample, trailer);
  }

  /** Of a sample of Zenoh, which it owns. */
  static LaneSample far(Sample sample) {
    return new LaneSample(sample);
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

  /** It is this thread's from here on, so that the end of its views is no handshake with others. */
  void confine() {
    if (held instanceof dev.segue.iceoryx2.Sample near) {
      dev.segue.iceoryx2.Sample _ = near.confine();
    }
  }

  /** The key that it was published under. */
  public KeyExpr keyExpr() {
    return keyExpr;
  }

  /** The lane that it came by. */
  public Lane lane() {
    return lane;
  }

  /** A new value, or that there is none any more. */
  public SampleKind kind() {
    return kind;
  }

  /** The payload in place: of iceoryx2 always one segment. It may be lent on while this is open. */
  public SegmentedBytes payload() {
    return payload;
  }

  /** What the payload is. */
  public Encoding encoding() {
    return encoding;
  }

  /** The bytes beside the payload, in place. */
  public Optional<SegmentedBytes> attachment() {
    return Optional.ofNullable(attachment);
  }

  /** When it was published, if it says so. */
  public Optional<Timestamp> timestamp() {
    return Optional.ofNullable(timestamp);
  }

  /**
   * The number of the message: a {@link LanePublisher} counts its messages from 0 on, unsigned 32
   * bits; empty for other publishers without {@linkplain Sample#sourceInfo() source info}.
   */
  public OptionalInt sequenceNumber() {
    return isNumbered ? OptionalInt.of(sequenceNumber) : OptionalInt.empty();
  }

  /**
   * Gives the memory back, unless it is lent on. Idempotent.
   *
   * @throws WrongThreadException if another thread received it
   */
  @Override
  public void close() {
    switch (held) {
      case Sample far -> far.close();
      case dev.segue.iceoryx2.Sample near -> near.close();
      default -> throw new AssertionError(held);
    }
  }

  @Override
  public String toString() {
    return "LaneSample[" + keyExpr + ", " + lane + ", " + kind + "]";
  }
}
