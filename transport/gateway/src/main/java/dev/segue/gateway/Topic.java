package dev.segue.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key: its newest value, who listens to it, and its figures.
 *
 * <p>Owner: {@link Topics}. Lifetime: that of the table's entry. Threads: any; the samples come on
 * one.
 */
final class Topic {
  private final String key;
  private final TopicFigures figures = new TopicFigures();
  private volatile List<TopicListener> listeners = List.of();
  private @Nullable Value latest;
  private long sequence;

  Topic(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  TopicFigures figures() {
    return figures;
  }

  List<TopicListener> listeners() {
    return listeners;
  }

  void listeners(List<TopicListener> now) {
    listeners = now;
  }

  synchronized long nextSequence() {
    return ++sequence;
  }

  /** The newest value, acquired for the caller; null when there is none. */
  synchronized @Nullable Value acquireLatest() {
    Value value = latest;
    if (value != null) {
      value.acquire();
    }
    return value;
  }

  /** Replaces the newest value and takes over the new one; gives the old one to the caller. */
  synchronized @Nullable Value replaceLatest(@Nullable Value value) {
    Value before = latest;
    latest = value;
    return before;
  }
}
