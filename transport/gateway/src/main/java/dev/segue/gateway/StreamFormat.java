package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import java.util.List;
import java.util.Optional;

/** The framing of a stream's samples on the wire. */
interface StreamFormat {
  /**
   * One sample on the wire; closed as soon as the bytes are lent.
   *
   * @param owners what holds their memory, besides the sample
   */
  record Part(SegmentedBytes bytes, List<? extends AutoCloseable> owners) implements AutoCloseable {
    static Optional<Part> of(OffHeapText.Lent text) {
      return Optional.of(new Part(text.bytes(), text.owners()));
    }

    @Override
    public void close() {
      for (AutoCloseable owner : owners) {
        try {
          owner.close();
        } catch (Exception e) {
          throw new IllegalStateException("closing " + owner, e);
        }
      }
    }
  }

  /** Returns whether {@link #of} takes so long that it belongs on a thread of its own. */
  default boolean isSlow() {
    return false;
  }

  /** The media type of the response. */
  String contentType();

  /** Returns what comes before the first sample. */
  default SegmentedBytes beginning() {
    return SegmentedBytes.empty();
  }

  /**
   * One sample; what of it is the payload itself is lent.
   *
   * @param dropped how many samples this stream did not get so far, as its client was slow
   * @param caughtUp whether no sample that was kept before this one is still to come
   * @return nothing when the format has no place for such a sample
   */
  Optional<Part> of(LentSample lent, long dropped, boolean caughtUp);

  /** Returns what keeps a connection from being idle when no sample comes. */
  default SegmentedBytes heartbeat() {
    return SegmentedBytes.empty();
  }
}
