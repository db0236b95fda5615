package dev.segue.recording;

import dev.segue.zenoh.Backlog;

/**
 * How a topic is recorded.
 *
 * @param backlog what to do with samples while the store is slow
 * @param messageLimit how many messages are recorded at most
 */
public record RecorderOptions(Backlog backlog, long messageLimit) {
  private static final int BACKLOG = 256;

  /** Checks the limit. */
  public RecorderOptions {
    if (messageLimit <= 0) {
      throw new IllegalArgumentException(
          "recording of messageLimit=" + messageLimit + ": positive");
    }
  }

  /** Loses nothing: pushes back when 256 samples wait. No limit. */
  public static RecorderOptions defaults() {
    return new RecorderOptions(Backlog.hold(BACKLOG), Long.MAX_VALUE);
  }

  /** With another backlog. */
  public RecorderOptions backlog(Backlog value) {
    return new RecorderOptions(value, messageLimit);
  }

  /** With another limit. */
  public RecorderOptions messageLimit(long value) {
    return new RecorderOptions(backlog, value);
  }
}
