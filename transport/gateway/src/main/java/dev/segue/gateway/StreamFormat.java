package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import java.util.Optional;

/** How the samples of a stream are told apart on the wire. */
interface StreamFormat {
  /** The media type of the response. */
  String contentType();

  /** What comes before the first sample. */
  default SegmentedBytes beginning() {
    return SegmentedBytes.empty();
  }

  /**
   * One sample; what of it is the payload itself is lent.
   *
   * @param dropped how many samples this stream did not get so far, as its client was slow
   * @return nothing when the format has no place for such a sample
   */
  Optional<SegmentedBytes> of(Value value, long dropped);

  /** What keeps a connection from being idle when no sample comes. */
  default SegmentedBytes heartbeat() {
    return SegmentedBytes.empty();
  }
}
