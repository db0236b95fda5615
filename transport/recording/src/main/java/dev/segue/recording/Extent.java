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
  /** Of the record that has a channel's messages in a chunk: opcode, length, channel, length. */
  private static final long INDEX_HEAD_BYTE_SIZE = 1 + 8 + 2 + 4;

  /** A message's time and place. */
  private static final long INDEX_ENTRY_BYTE_SIZE = 8 + 8;

  private Extent() {}

  /**
   * Returns where the first chunk is that has anything of the part, as far as the summary says it;
   * null without one.
   */
  static ReadAhead.@Nullable Start start(Optional<McapSummary> summary, RecordingPart part) {
    if (summary.isEmpty()) {
      return null;
    }
    if (part.fromNanos() == Long.MIN_VALUE
        || !hasAllInChunks(summary.get())
        || !namesItsChannels(summary.get())) {
      return new ReadAhead.Start(summary.get(), 0);
    }
    long before = 0;
    for (McapChunkIndex chunk : summary.get().chunks()) {
      if (chunk.messageEndTimeNanos() >= part.fromNanos()) {
        break;
      }
      before = chunk.endByteOffset();
    }
    return new ReadAhead.Start(summary.get(), before);
  }

  /**
   * Returns whether all messages are in chunks, as there are no more than these have in their
   * indexes. A file may have others as well, and nothing tells where these are.
   */
  static boolean hasAllInChunks(McapSummary summary) {
    long count = 0;
    for (McapChunkIndex chunk : summary.chunks()) {
      long heads = INDEX_HEAD_BYTE_SIZE * chunk.messageIndexByteOffsets().size();
      count += (chunk.messageIndexByteSize() - heads) / INDEX_ENTRY_BYTE_SIZE;
    }
    return summary.statistics().isPresent() && summary.statistics().get().messageCount() == count;
  }

  /**
   * Returns whether a summary repeats all channels that have messages. It need not: then they are
   * where they were first used, which may be before the place to begin at.
   */
  static boolean namesItsChannels(McapSummary summary) {
    Set<Integer> used = new HashSet<>();
    summary
        .statistics()
        .ifPresent(statistics -> used.addAll(statistics.channelMessageCounts().keySet()));
    for (McapChunkIndex chunk : summary.chunks()) {
      used.addAll(chunk.messageIndexByteOffsets().keySet());
    }
    for (McapChannel channel : summary.channels()) {
      used.remove(channel.id());
    }
    return used.isEmpty() && !summary.channels().isEmpty();
  }

  /**
   * Nothing of the part comes after a message that is later than this. Chunks need not be in the
   * order of their times, as a clock may have been set back: only what lies behind the last chunk
   * with something of the part is later than all before it.
   */
  static long lastNanos(Optional<McapSummary> summary, RecordingPart part) {
    if (part.toNanos() == Long.MAX_VALUE || summary.isEmpty() || !hasAllInChunks(summary.get())) {
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
