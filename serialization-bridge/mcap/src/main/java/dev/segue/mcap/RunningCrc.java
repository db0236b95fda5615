package dev.segue.mcap;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.CrcRuns;
import dev.segue.bytes.spi.Lend;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** The CRC-32 of bytes, some of which have been summed up already. Threads: one at a time. */
final class RunningCrc {
  private long before;
  private final CRC32 since = new CRC32();
  private long sinceByteSize;

  void update(ByteBuffer bytes) {
    sinceByteSize += bytes.remaining();
    since.update(bytes);
  }

  void update(SegmentedBytes bytes) {
    sinceByteSize += bytes.byteSize();
    Lend.update(since, bytes);
  }

  /** Goes on behind so many bytes, whose own checksum is known. */
  void add(long crc, long byteSize) {
    before = combined(value(), crc, byteSize);
    since.reset();
    sinceByteSize = 0;
  }

  long value() {
    return combined(before, since.getValue(), sinceByteSize);
  }

  void reset() {
    before = 0;
    since.reset();
    sinceByteSize = 0;
  }

  private static long combined(long first, long second, long secondByteSize) {
    return CrcRuns.combined(Integer.SIZE, CrcRuns.CRC32, first, second, secondByteSize);
  }
}
