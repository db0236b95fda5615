package dev.segue.recording;

import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapChunkIndex;
import dev.segue.mcap.McapSummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The chunks of a recording that have the last messages of topics.
 *
 * @param all in the file's order
 */
record LastChunks(List<Chunk> all) {
  /**
   * One with what belongs to its messages, which stands before it.
   *
   * @param start where to read from
   * @param topics whose last messages it has
   */
  record Chunk(ReadAhead.Start start, long endByteOffset, Set<String> topics) {}

  /**
   * Returns whether all messages are in chunks, and the summary says which channels are in which.
   */
  static boolean isIndexed(McapSummary summary) {
    boolean hasMessages =
        summary.statistics().map(statistics -> statistics.messageCount() > 0).orElse(true);
    return !hasMessages
        || (Extent.namesItsChannels(summary)
            && !summary.chunks().isEmpty()
            && Extent.hasAllInChunks(summary));
  }

  /**
   * Returns whether some messages have their keys in private records alone, so that no index has
   * these.
   */
  static boolean hasSharedChannel(McapSummary summary) {
    return summary.channels().stream()
        .filter(channel -> channel.topic().equals(SampleChannel.SHARED_TOPIC))
        .anyMatch(
            channel ->
                summary
                    .statistics()
                    .map(known -> known.channelMessageCounts().getOrDefault(channel.id(), 0L) > 0)
                    .orElse(true));
  }

  /** Of topics that have channels of their own. */
  static LastChunks of(McapSummary summary, Predicate<String> topics) {
    Map<Integer, String> topicsById = new HashMap<>();
    for (McapChannel channel : summary.channels()) {
      if (!channel.topic().equals(SampleChannel.SHARED_TOPIC) && topics.test(channel.topic())) {
        topicsById.put(channel.id(), channel.topic());
      }
    }
    Map<String, Integer> last = new HashMap<>();
    for (int i = 0; i < summary.chunks().size(); i++) {
      for (int id : summary.chunks().get(i).channelIds()) {
        String topic = topicsById.get(id);
        if (topic != null) {
          last.put(topic, i);
        }
      }
    }
    Map<Integer, Set<String>> byChunk = new TreeMap<>();
    last.forEach(
        (topic, i) -> {
          byChunk.computeIfAbsent(i, any -> new HashSet<>()).add(topic);
        });
    List<Chunk> all = new ArrayList<>();
    byChunk.forEach((i, of) -> all.add(chunk(summary, i, of)));
    return new LastChunks(List.copyOf(all));
  }

  private static Chunk chunk(McapSummary summary, int i, Set<String> topics) {
    McapChunkIndex chunk = summary.chunks().get(i);
    long before = i == 0 ? 0 : summary.chunks().get(i - 1).endByteOffset();
    ReadAhead.Start start = new ReadAhead.Start(summary, before);
    return new Chunk(start, chunk.endByteOffset(), Set.copyOf(topics));
  }
}
