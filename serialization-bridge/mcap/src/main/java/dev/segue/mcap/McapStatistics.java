package dev.segue.mcap;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The statistics of a file.
 *
 * @param messageStartTimeNanos the earliest log time, since the Unix epoch; 0 without messages
 * @param messageEndTimeNanos the latest log time
 * @param channelMessageCounts messages by channel id
 */
public record McapStatistics(
    long messageCount,
    int schemaCount,
    int channelCount,
    int attachmentCount,
    int metadataCount,
    int chunkCount,
    long messageStartTimeNanos,
    long messageEndTimeNanos,
    Map<Integer, Long> channelMessageCounts) {
  /** Of counts that are copied, so that they stay as they are. */
  public McapStatistics {
    channelMessageCounts = Collections.unmodifiableMap(new TreeMap<>(channelMessageCounts));
  }
}
