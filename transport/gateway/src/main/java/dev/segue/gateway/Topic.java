package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.Encoding;
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
  private volatile View view = new View(null, "bytes");
  private @Nullable Value latest;
  private long sequence;

  private record View(@Nullable Encoding encoding, String name) {}

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

  /**
   * How a person may look at it: {@code image} (as it is), {@code camera} (with {@code as=…}),
   * {@code text}, or {@code bytes}. Found out once for each encoding.
   */
  String view(LoanPool memory) {
    View known = view;
    Value value = acquireLatest();
    if (value == null) {
      return known.name();
    }
    try {
      Encoding encoding = value.metadata().encoding();
      if (!encoding.equals(known.encoding())) {
        known = new View(encoding, viewOf(value, memory));
        view = known;
      }
      return known.name();
    } finally {
      value.release();
    }
  }

  private static String viewOf(Value value, LoanPool memory) {
    String type = MediaTypes.of(value.metadata().encoding());
    if (type.startsWith("image/")) {
      return "image";
    }
    if (type.startsWith("text/") || type.contains("json")) {
      return "text";
    }
    return PictureKind.isCamera(value, memory) ? "camera" : "bytes";
  }

  /** Replaces the newest value and takes over the new one; gives the old one to the caller. */
  synchronized @Nullable Value replaceLatest(@Nullable Value value) {
    Value before = latest;
    latest = value;
    return before;
  }
}
