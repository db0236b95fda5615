package dev.segue.cli.demo;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Sample;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A frame that came, by whatever lane.
 *
 * @param message its Cap'n Proto message
 * @param checksum of its pixels
 * @param isMeasured whether it is none to warm up
 * @param end gives its memory back
 */
record Arrival(SegmentedBytes message, int checksum, boolean isMeasured, Runnable end)
    implements AutoCloseable {
  /** A frame of Zenoh, with its sample. */
  static Arrival of(Sample sample) {
    MemorySegment beside = sample.attachment().orElseThrow().segment(0);
    return of(sample.payload(), beside, sample::close);
  }

  /** A frame of iceoryx2, with its sample. */
  static Arrival of(dev.segue.iceoryx2.Sample sample) {
    SegmentedBytes whole = sample.payload();
    long end = whole.byteSize() - LaneConfig.ATTACHMENT_BYTE_SIZE;
    return of(whole.slice(0, end), whole.segment(0).asSlice(end), sample::close);
  }

  private static Arrival of(SegmentedBytes message, MemorySegment beside, Runnable end) {
    return new Arrival(
        message,
        beside.get(ValueLayout.JAVA_INT_UNALIGNED, 0),
        beside.get(ValueLayout.JAVA_INT_UNALIGNED, Integer.BYTES) == 1,
        end);
  }

  @Override
  public void close() {
    end.run();
  }
}
