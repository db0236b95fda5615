package dev.segue.zenoh;

import dev.segue.bytes.SegmentedBytes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Every field of a sample, read while it was valid. */
record Received(
    KeyExpr keyExpr,
    SegmentedBytes payload,
    long payloadByteSize,
    SampleKind kind,
    Encoding encoding,
    Optional<Timestamp> timestamp,
    @Nullable SegmentedBytes attachment,
    Priority priority,
    CongestionControl congestionControl,
    boolean isExpress,
    Reliability reliability,
    Optional<SourceInfo> sourceInfo,
    boolean isSharedMemory) {
  static Received of(Sample sample) {
    return new Received(
        sample.keyExpr(),
        copyOf(sample.payload()),
        sample.payloadByteSize(),
        sample.kind(),
        sample.encoding(),
        sample.timestamp(),
        sample.attachment().map(Received::copyOf).orElse(null),
        sample.priority(),
        sample.congestionControl(),
        sample.isExpress(),
        sample.reliability(),
        sample.sourceInfo(),
        sample.isSharedMemory());
  }

  private static SegmentedBytes copyOf(SegmentedBytes bytes) {
    return SegmentedBytes.fromSegments(bytes.segments(), true);
  }
}
