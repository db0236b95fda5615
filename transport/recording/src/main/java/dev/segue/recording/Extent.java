package dev.segue.recording;

import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapSummary;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From where to where a recording has to be read for a part of it. */
final class Extent {
  private Extent() {}

  /** Where the first chunk is that has anything of the part; null for the beginning. */
  static ReadAhead.@Nullable Start start(Optional<McapSummary> summary, RecordingPart part) {
    if (part.fromNanos() == Long.MIN_VALUE
        || summary.isEmpty()
        || !namesItsChannels(summary.get())) {
      return null;
    }
    long before = 0;
    for (McapChunkIndex chunk : summary.get().chunks()) {
      if (chunk.messageEndTimeNanos() >= part.fromNanos()) {
        break;
      }
      before = chunk.endByteOffset();
    }
    return before == 0 ? null : new ReadAhead.Start(summary.get(), before);
  }

  /**
   * Whether a summary repeats all channels that have messages. It need not: then they are where
   * they were first used, which may be before the place to begin at.
   */
  static boolean namesItsChannels(McapSummary summary) {
    Set<Integer> used = new HashSet<>();
    summary
        .statistics()
        .ifPresent(statistics -> used.addAll(statistics.channelMessageCounts().keySet()));
    for (McapChunkIndex chunk : summary.chunks()) {
      boolean _ = used.addAll(chunk.messageIndexByteOffsets().keySet());
    }
    for (McapChannel channel : summary.channels()) {
      boolean _ = used.remove(channel.id());
    }
    return used.isEmpty() && !summary.channels().isEmpty();
  }

  /**
   * Nothing of the part comes after a message that is later than this. Chunks need not be in the
   * order of their times, as a clock may have been set back: only what lies behind the last chunk
   * with something of the part is later than all before it.
   */
  static long lastNanos(Optional<McapSummary> summary, RecordingPart part) {
    if (part.toNanos() == Long.MAX_VALUE || summary.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long last = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    for (McapChunkIndex chunk : summary.get().chunks()) {
      latest = Math.max(latest, chunk.messageEndTimeNanos());
      if (chunk.messageStartTimeNanos() <= part.toNanos()) {
        last = latest;
      }
    }
    return last;
  }
}
