package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.zenoh.Encoding;
import java.util.List;
import java.util.Optional;
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
  private volatile View view = View.NONE;
  private @Nullable Value latest;
  private long sequence;

  /**
   * How a person may look at a topic.
   *
   * @param name {@code image} (as it is), {@code camera} (with {@code as=…}), {@code text}, or
   *     {@code bytes}
   * @param camera what its frames are like
   */
  record View(
      @Nullable Encoding encoding,
      long payloadByteSize,
      String name,
      Optional<CameraImage.Shape> camera) {
    private static final View NONE = new View(null, 0, "bytes", Optional.empty());
  }

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

  /** Found out once for each encoding and size of payload. */
  View view(LoanPool memory) {
    View known = view;
    Value value = acquireLatest();
    if (value == null) {
      return known;
    }
    try {
      Metadata metadata = value.metadata();
      if (!metadata.encoding().equals(known.encoding())
          || metadata.payloadByteSize() != known.payloadByteSize()) {
        known = viewOf(value, memory);
        view = known;
      }
      return known;
    } finally {
      value.release();
    }
  }

  private static View viewOf(Value value, LoanPool memory) {
    Metadata metadata = value.metadata();
    String type = MediaTypes.of(metadata.encoding());
    String name = "bytes";
    Optional<CameraImage.Shape> camera = Optional.empty();
    if (type.startsWith("image/")) {
      name = "image";
    } else if (type.startsWith("text/") || type.contains("json")) {
      name = "text";
    } else {
      camera = PictureKind.cameraOf(value, memory);
      name = camera.isPresent() ? "camera" : name;
    }
    return new View(metadata.encoding(), metadata.payloadByteSize(), name, camera);
  }

  /** Replaces the newest value and takes over the new one; gives the old one to the caller. */
  synchronized @Nullable Value replaceLatest(@Nullable Value value) {
    Value before = latest;
    latest = value;
    return before;
  }
}
