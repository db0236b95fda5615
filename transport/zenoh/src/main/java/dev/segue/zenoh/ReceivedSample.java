package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.util.Optional;

/**
 * The attributes of a received sample, whichever lane brought it: {@link Sample}, or one that was
 * read from shared memory beside Zenoh.
 *
 * <p>Owner, lifetime, threads: those of the sample.
 */
public interface ReceivedSample {
  /** The key that it was published under. */
  KeyExpr keyExpr();

  /** Whether it is a new value or a deletion. */
  SampleKind kind();

  /** The payload in place. */
  SegmentedBytes payload();

  /** Returns the payload's size in bytes. */
  long payloadByteSize();

  /** Returns the encoding of the payload. */
  Encoding encoding();

  /** Returns when it was published, if it says so. */
  Optional<Timestamp> timestamp();

  /** The bytes beside the payload, in place. */
  Optional<SegmentedBytes> attachment();

  /** Its order among messages. */
  Priority priority();

  /** Returns what its publisher does when the network can't keep up. */
  CongestionControl congestionControl();

  /** Returns whether it was sent without being batched. */
  boolean isExpress();

  /** Which kind of link its publisher asked for. */
  Reliability reliability();

  /** Returns the publisher's id and the sample's number, if the sample carries them. */
  Optional<SourceInfo> sourceInfo();

  /** Returns whether its payload, or a part of it, is in shared memory. */
  boolean isSharedMemory();

  /**
   * The same sample as Zenoh brought it, which {@link Sample#retain()} keeps without a copy; empty
   * if another lane did.
   */
  Optional<Sample> asZenohSample();
}
