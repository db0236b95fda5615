package dev.segue.cli.zenoh;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts what came under each key. Whoever publishes makes up keys of up to 64 KiB: there is room
 * for some of them, and samples of further keys are counted.
 *
 * <p>Owner: the command. Lifetime: that of the command. Threads: one.
 */
final class TopicTable {
  private static final int MOST_KEYS = 100_000;
  private static final long MOST_CHARS = 32 << 20;

  private final Map<String, Topic> topics = new TreeMap<>();
  private long charCount;
  private long leftOut;

  /** Figures of one key. */
  static final class Topic {
    private String encoding = "";
    private long count;
    private long byteSize;

    /** Of the last sample. */
    String encoding() {
      return encoding;
    }

    long count() {
      return count;
    }

    long byteSize() {
      return byteSize;
    }
  }

  /** Takes a sample into account. */
  void add(String key, long byteSize, String encoding) {
    Topic topic = topics.get(key);
    if (topic == null) {
      if (topics.size() == MOST_KEYS || charCount + key.length() > MOST_CHARS) {
        leftOut++;
        return;
      }
      charCount += key.length();
      topic = new Topic();
      topics.put(key, topic);
    }
    topic.count++;
    topic.byteSize += byteSize;
    topic.encoding = encoding;
  }

  /** Returns the figures by key. */
  Map<String, Topic> topics() {
    return topics;
  }

  /** Returns the number of samples whose keys there was no room for. */
  long leftOut() {
    return leftOut;
  }
}
