package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Options of one sample.
 *
 * @param encoding what the payload is, or null for the publisher's
 * @param attachment bytes beside the payload, lent like it, or null for none
 * @param timestamp when it was, or null for what the session is configured to do
 * @param sequenceNumber the number in the sample's {@link SourceInfo}; empty for no source info
 * @param timestampStack whether the sample gathers timestamps at each node on its way, {@link
 *     Sample#timestampStack()}
 */
public record PutOptions(
    @Nullable Encoding encoding,
    @Nullable SegmentedBytes attachment,
    @Nullable Timestamp timestamp,
    OptionalInt sequenceNumber,
    boolean timestampStack) {
  private static final PutOptions NONE =
      new PutOptions(null, null, null, OptionalInt.empty(), false);

  /** Without a timestamp stack. */
  public PutOptions(
      @Nullable Encoding encoding,
      @Nullable SegmentedBytes attachment,
      @Nullable Timestamp timestamp,
      OptionalInt sequenceNumber) {
    this(encoding, attachment, timestamp, sequenceNumber, false);
  }

  /** Nothing but the payload. */
  public static PutOptions none() {
    return NONE;
  }

  /** With an encoding of its own. */
  public PutOptions encoding(Encoding value) {
    return new PutOptions(value, attachment, timestamp, sequenceNumber, timestampStack);
  }

  /** With an attachment. */
  public PutOptions attachment(SegmentedBytes value) {
    return new PutOptions(encoding, value, timestamp, sequenceNumber, timestampStack);
  }

  /** With a timestamp. */
  public PutOptions timestamp(Timestamp value) {
    return new PutOptions(encoding, attachment, value, sequenceNumber, timestampStack);
  }

  /** With source info that carries this number. */
  public PutOptions sequenceNumber(int value) {
    return new PutOptions(encoding, attachment, timestamp, OptionalInt.of(value), timestampStack);
  }

  /**
   * With timestamps that it gathers at each node on its way: some 30 B each, and a clock that is
   * read there. Advanced publishers and replies have none.
   */
  public PutOptions timestampStack(boolean value) {
    return new PutOptions(encoding, attachment, timestamp, sequenceNumber, value);
  }
}
