package dev.segue.objectstore;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;

/** What all uploads need of their bytes. */
final class Uploads {
  /** Never started: only to ask whether other threads may access memory. */
  private static final Thread OTHER = Thread.ofPlatform().unstarted(() -> {});

  private Uploads() {}

  /**
   * Checks that threads of the HTTP client may read the bytes.
   *
   * @throws IllegalArgumentException if a segment is confined to one thread
   */
  static void checkShared(String what, SegmentedBytes bytes) {
    for (int i = 0; i < bytes.segmentCount(); i++) {
      MemorySegment segment = Lend.segment(bytes, i);
      if (!segment.isAccessibleBy(OTHER)) {
        throw new IllegalArgumentException(
            what
                + ": segment index="
                + i
                + " byteSize="
                + segment.byteSize()
                + " is confined to one thread, and other threads send it; take it from a LoanPool,"
                + " a LendingArena or Arena.ofShared()");
      }
    }
  }
}
