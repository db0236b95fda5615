package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code /topics}: all topics and their figures, once or each second as Server-Sent Events. */
final class Listing {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Topics topics;
  private final StreamSlots slots;
  private final Timers timers;
  private final LoanPool memory;
  private String text = "";
  private long madeNanos;

  Listing(Topics topics, StreamSlots slots, Timers timers, LoanPool memory) {
    this.topics = topics;
    this.slots = slots;
    this.timers = timers;
    this.memory = memory;
  }

  void handle(Call call) throws HttpException {
    if (!call.target().has("stream")) {
      call.respondJson(200, json());
      return;
    }
    call.route("topics-stream");
    Headers headers =
        Headers.of("content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store");
    if (call.isHead()) {
      var _ = call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    slots.take(call);
    BodyWriter writer = call.respond(200, headers);
    write(call, writer);
    Timers.Task task = timers.every(PERIOD, () -> write(call, writer));
    var _ = call.exchange().closed().whenComplete((_, _) -> task.cancel());
  }

  private void write(Call call, BodyWriter writer) {
    // A client that has not taken the last one gets no further one.
    if (writer.queuedByteSize() == 0) {
      SegmentedBytes event = SegmentedBytes.copyOfUtf8("event: topics\ndata: " + json() + "\n\n");
      call.sent(event.byteSize());
      var _ = writer.write(event);
    }
  }

  /** The same text for all who ask within half a period. */
  private synchronized String json() {
    long now = System.nanoTime();
    if (text.isEmpty() || now - madeNanos > PERIOD.toNanos() / 2) {
      text = make();
      madeNanos = now;
    }
    return text;
  }

  private String make() {
    Json json =
        new Json()
            .beginObject()
            .field("time", Instant.now().toString())
            .field("forgotten", topics.forgottenCount())
            .name("topics")
            .beginArray();
    topics.all().forEach(topic -> write(json, topic));
    return json.endArray().endObject().toString();
  }

  private void write(Json json, Topic topic) {
    TopicFigures.Snapshot figures = topic.figures().snapshot();
    Metadata last = figures.last();
    if (last == null) {
      return;
    }
    Topic.View view = topic.view(memory);
    json.beginObject()
        .field("key", topic.key())
        .field("encoding", last.encoding().text())
        .field("mediaType", MediaTypes.of(last.encoding()))
        .field("view", view.name())
        .field("lastByteSize", last.payloadByteSize())
        .field("lastSeen", last.received().toString())
        .field("count", figures.sampleCount())
        .field("bytes", figures.byteCount())
        .field("perSecond", figures.samplesPerSecond())
        .field("bytesPerSecond", figures.bytesPerSecond())
        .field("dropped", figures.droppedCount());
    view.camera().ifPresent(shape -> write(json, shape));
    write(json, figures.latencies());
    json.endObject();
  }

  private static void write(Json json, CameraImage.Shape shape) {
    json.name("camera")
        .beginObject()
        .field("format", shape.format().name().toLowerCase(Locale.ROOT))
        .field("width", shape.width())
        .field("height", shape.height())
        .endObject();
  }

  private static void write(Json json, Latencies.@Nullable Snapshot latencies) {
    if (latencies == null) {
      return;
    }
    json.name("latencyMicros")
        .beginObject()
        .field("count", latencies.count())
        .field("p50", latencies.p50Micros())
        .field("p90", latencies.p90Micros())
        .field("p99", latencies.p99Micros())
        .field("max", latencies.maxMicros());
    json.name("buckets").beginArray();
    for (Latencies.Bucket bucket : latencies.buckets()) {
      json.beginArray().value(bucket.upperMicros()).value(bucket.count()).endArray();
    }
    json.endArray();
    json.endObject();
  }
}
