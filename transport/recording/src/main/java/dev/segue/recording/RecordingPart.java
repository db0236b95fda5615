package dev.segue.recording;

import dev.segue.mcap.McapChannel;
import java.util.function.Predicate;

/**
 * A selection of a recording's messages. Values are immutable; a method returns a changed one.
 *
 * @param fromNanos leaves out what was recorded earlier, since the Unix epoch
 * @param toNanos leaves out what was recorded later
 * @param topics the selected topics; the others are not read where that is possible
 */
public record RecordingPart(long fromNanos, long toNanos, Predicate<String> topics) {
  /** Checks the times. */
  public RecordingPart {
    if (fromNanos > toNanos) {
      throw new IllegalArgumentException(
          "part of a recording fromNanos=" + fromNanos + " toNanos=" + toNanos + ": in this order");
    }
  }

  /** All of it. */
  public static RecordingPart all() {
    return new RecordingPart(Long.MIN_VALUE, Long.MAX_VALUE, topic -> true);
  }

  /** From one time to another, both included. */
  public RecordingPart between(long from, long to) {
    return new RecordingPart(from, to, topics);
  }

  /** With other topics. */
  public RecordingPart topics(Predicate<String> value) {
    return new RecordingPart(fromNanos, toNanos, value);
  }

  boolean has(long logTimeNanos) {
    return logTimeNanos >= fromNanos && logTimeNanos <= toNanos;
  }

  /**
   * Returns whether a channel has messages that may be meant: keys of the shared one are in these.
   */
  boolean mayHave(McapChannel channel) {
    return channel.topic().equals(SampleChannel.SHARED_TOPIC) || topics.test(channel.topic());
  }

  /**
   * Returns whether a message is meant that tells its own key, or has no other than that of the
   * shared channel; others were selected by their channel.
   */
  boolean has(McapChannel channel, SampleRecord extra) {
    if (extra.channel().isPresent()) {
      return topics.test(extra.channel().get().key());
    }
    return !channel.topic().equals(SampleChannel.SHARED_TOPIC) || topics.test(channel.topic());
  }
}
