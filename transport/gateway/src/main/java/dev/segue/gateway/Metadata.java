package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Timestamp;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a sample.
 *
 * @param sequence counts up by one with each sample of the key that this gateway received
 * @param published when it was published, if it says so
 * @param received when it was received here, by this machine's clock
 * @param attachment what was sent beside the payload, in base64; null where there is none, or more
 *     than 4 KiB of it
 */
record Metadata(
    String key,
    SampleKind kind,
    Encoding encoding,
    long payloadByteSize,
    long sequence,
    @Nullable Timestamp published,
    Instant received,
    Priority priority,
    boolean sharedMemory,
    @Nullable String attachment) {
  private static final long LARGEST_ATTACHMENT = 4096;
  private static final CopyLedger.Site ATTACHMENTS =
      CopyLedger.site("gateway.attachments", "they are shown as text, and outlive the sample");

  /** In base64; null where there is none, or a larger one. */
  private static @Nullable String attachmentOf(ReceivedSample sample) {
    SegmentedBytes bytes = sample.attachment().orElse(SegmentedBytes.empty());
    if (bytes.isEmpty() || bytes.byteSize() > LARGEST_ATTACHMENT) {
      return null;
    }
    byte[] copy = new byte[(int) bytes.byteSize()];
    Lend.copyTo(ATTACHMENTS, bytes, 0, MemorySegment.ofArray(copy), 0, copy.length);
    return Base64.getEncoder().encodeToString(copy);
  }

  static Metadata of(ReceivedSample sample, String key, long sequence, Instant received) {
    return new Metadata(
        key,
        sample.kind(),
        sample.encoding(),
        sample.payloadByteSize(),
        sequence,
        sample.timestamp().orElse(null),
        received,
        sample.priority(),
        sample.isSharedMemory(),
        attachmentOf(sample));
  }

  /** {@link Json#byteSizeOf} the texts that are kept with its topic beside the key. */
  long textByteSize() {
    return Json.byteSizeOf(encoding.text()) + (attachment == null ? 0 : attachment.length());
  }

  /**
   * From publishing to reception, in nanoseconds, or -1 if it doesn't say when it was published.
   * Two machines' clocks are as far apart as they are; what would be negative is 0.
   */
  long latencyNanos() {
    if (published == null) {
      return -1;
    }
    Duration latency = Duration.between(published.toInstant(), received);
    return latency.isNegative() ? 0 : latency.toNanos();
  }
}
