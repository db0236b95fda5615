package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What goes with one sample.
 *
 * @param encoding what the payload is, or null for the publisher's
 * @param attachment bytes beside the payload, lent like it, or null for none
 * @param timestamp when it was, or null for what the session is configured to do
 * @param sequenceNumber the number in the sample's {@link SourceInfo}; empty for no source info
 */
public record PutOptions(
    @Nullable Encoding encoding,
    @Nullable SegmentedBytes attachment,
    @Nullable Timestamp timestamp,
    OptionalInt sequenceNumber) {
  private static final PutOptions NONE = new PutOptions(null, null, null, OptionalInt.empty());

  /** Nothing but the payload. */
  public static PutOptions none() {
    return NONE;
  }

  /** With an encoding of its own. */
  public PutOptions encoding(Encoding value) {
    return new PutOptions(value, attachment, timestamp, sequenceNumber);
  }

  /** With an attachment. */
  public PutOptions attachment(SegmentedBytes value) {
    return new PutOptions(encoding, value, timestamp, sequenceNumber);
  }

  /** With a timestamp. */
  public PutOptions timestamp(Timestamp value) {
    return new PutOptions(encoding, attachment, value, sequenceNumber);
  }

  /** With source info that carries this number. */
  public PutOptions sequenceNumber(int value) {
    return new PutOptions(encoding, attachment, timestamp, OptionalInt.of(value));
  }
}
