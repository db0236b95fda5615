package dev.segue.gateway;

import dev.segue.zenoh.Timestamp;
import java.util.Locale;

/** The metadata of a sample as JSON. */
final class SampleJson {
  private SampleJson() {}

  /** Opens an object and writes all fields; the caller may add more and closes it. */
  static Json begin(KeptSample sample, long dropped) {
    return Json.continued(sample.json()).field("dropped", dropped);
  }

  /** Returns what is the same for all streams: an object that is not closed. */
  static String open(Metadata metadata) {
    Json json =
        new Json()
            .beginObject()
            .field("key", metadata.key())
            .field("kind", metadata.kind().name().toLowerCase(Locale.ROOT))
            .field("encoding", metadata.encoding().text())
            .field("byteSize", metadata.payloadByteSize())
            .field("sequence", metadata.sequence())
            .field("received", metadata.received().toString());
    Timestamp published = metadata.published();
    if (published != null) {
      json.field("timestamp", published.toInstant().toString())
          .field("timestampId", published.id().toString())
          .field("latencyMicros", metadata.latencyNanos() / 1000.0);
    }
    if (metadata.attachment() != null) {
      json.field("attachment", metadata.attachment());
    }
    return json.field("sharedMemory", metadata.sharedMemory()).toString();
  }
}
