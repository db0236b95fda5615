package dev.segue.cli.demo;

import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of a lane.
 *
 * @param frames how many frames were received
 * @param framesLost how many more were published
 * @param spanNanos from the first frame's capture to the last one's reception
 * @param frameByteSize bytes of pixels in a frame
 * @param latencyNanos from capture to received
 * @param putP50Nanos time inside the put
 * @param publisherCopies bytes copied by the publisher's process, by place
 * @param subscriberCopies bytes copied by the subscriber's process, by place
 */
record LaneResult(
    Lane lane,
    long frames,
    long framesLost,
    long spanNanos,
    long frameByteSize,
    Quantiles latencyNanos,
    long putP50Nanos,
    Map<String, Long> publisherCopies,
    Map<String, Long> subscriberCopies) {
  private static final String COPIED = "copied.";

  static LaneResult of(Lane lane, long frameByteSize, Message received, Message published) {
    return new LaneResult(
        lane,
        received.number("frames"),
        received.number("lost"),
        received.number("spanNanos"),
        frameByteSize,
        new Quantiles(
            received.number("p50Nanos"), received.number("p90Nanos"), received.number("p99Nanos")),
        published.number("putP50Nanos"),
        copies(published),
        copies(received));
  }

  private static Map<String, Long> copies(Message event) {
    Map<String, Long> copies = new TreeMap<>();
    for (String key : event.fields().keySet()) {
      if (key.startsWith(COPIED)) {
        copies.put(key.substring(COPIED.length()), event.number(key));
      }
    }
    return copies;
  }

  double framesPerSecond() {
    return spanNanos <= 0 ? 0 : frames * 1e9 / spanNanos;
  }

  double megabytesPerSecond() {
    return framesPerSecond() * frameByteSize / 1e6;
  }

  long publisherCopiedPerFrame() {
    return perFrame(total(publisherCopies), frames + framesLost);
  }

  long subscriberCopiedPerFrame() {
    return perFrame(total(subscriberCopies), frames);
  }

  private static long total(Map<String, Long> copies) {
    return copies.values().stream().mapToLong(Long::longValue).sum();
  }

  static long perFrame(long byteCount, long frames) {
    return frames == 0 ? 0 : Math.round((double) byteCount / frames);
  }
}
