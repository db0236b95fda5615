package dev.segue.mcap;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The small messages of a chunk that is being filled, and where each begins. */
final class ChunkBuilder {
  /** The place of a message in its chunk. */
  record Mark(long logTimeNanos, long byteOffset) {}

  private static final CopyLedger.Site COPY =
      CopyLedger.site("mcap.chunk", "small messages gather in a chunk, which has one index");

  private final int limit;
  private final Map<Integer, List<Mark>> marks = new TreeMap<>();
  private MemorySegment records;
  private long used;
  private long firstNanos;
  private long lastNanos;

  ChunkBuilder(int limit) {
    this.limit = limit;
    this.records = MemorySegment.ofArray(new byte[Math.max(1, Math.min(limit, 64 << 10))]);
  }

  boolean isEmpty() {
    return used == 0;
  }

  boolean isFull() {
    return used >= limit;
  }

  void add(int channelId, long logTimeNanos, MemorySegment head, SegmentedBytes data) {
    long end = used + head.byteSize() + data.byteSize();
    if (end > records.byteSize()) {
      MemorySegment larger =
          MemorySegment.ofArray(new byte[(int) Math.max(end, 2 * records.byteSize())]);
      MemorySegment.copy(records, 0, larger, 0, used);
      records = larger;
    }
    MemorySegment.copy(head, 0, records, used, head.byteSize());
    Lend.copyTo(COPY, data, 0, records, used + head.byteSize(), data.byteSize());
    mark(channelId, logTimeNanos);
    used = end;
  }

  /** Notes a message that is at the end of what was added. */
  void mark(int channelId, long logTimeNanos) {
    firstNanos = marks.isEmpty() ? logTimeNanos : Math.min(firstNanos, logTimeNanos);
    lastNanos = marks.isEmpty() ? logTimeNanos : Math.max(lastNanos, logTimeNanos);
    marks.computeIfAbsent(channelId, id -> new ArrayList<>()).add(new Mark(logTimeNanos, used));
  }

  MemorySegment records() {
    return records.asSlice(0, used);
  }

  Map<Integer, List<Mark>> marks() {
    return marks;
  }

  long firstNanos() {
    return firstNanos;
  }

  long lastNanos() {
    return lastNanos;
  }

  void clear() {
    used = 0;
    marks.clear();
  }
}
