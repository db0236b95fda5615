package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.zenoh.KeyExpr;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** {@code /topics}: all topics and their figures, once or each second as Server-Sent Events. */
final class Listing implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final Topics topics;
  private final List<KeyExpr> writable;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final LoanPool memory;
  private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private String text = "";
  private long madeNanos;

  Listing(
      Topics topics,
      List<KeyExpr> writable,
      ClientSlots slots,
      Timers timers,
      Executor blocking,
      LoanPool memory) {
    this.topics = topics;
    this.writable = writable;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.memory = memory;
  }

  void handle(Call call) throws HttpException {
    if (!call.target().has("stream")) {
      run(call, () -> call.respondJson(200, json(call.grant())));
      return;
    }
    call.route("topics-stream");
    Headers headers =
        Headers.of("content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store");
    if (call.isHead()) {
      var _ = call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    call.holds(slots.take(call.client(), 1));
    BodyWriter writer = call.respond(200, headers);
    Viewer viewer = new Viewer(call, writer);
    viewers.add(viewer);
    run(call, viewer::write);
    Timers.Task task = timers.every(PERIOD, () -> run(call, viewer::write));
    var _ =
        call.exchange()
            .closed()
            .whenComplete(
                (_, _) -> {
                  task.cancel();
                  boolean _ = viewers.remove(viewer);
                });
    if (closed) {
      viewer.end();
    }
  }

  /** To look at all topics takes a while. */
  private void run(Call call, Runnable work) {
    blocking.execute(
        () -> {
          try {
            work.run();
          } catch (Throwable e) {
            call.fail("list of topics", e);
          }
        });
  }

  private final class Viewer {
    private final Call call;
    private final BodyWriter writer;
    private final ReadingPace pace = new ReadingPace();
    private boolean ended;

    Viewer(Call call, BodyWriter writer) {
      this.call = call;
      this.writer = writer;
    }

    synchronized void write() {
      if (ended || call.isOver()) {
        return;
      }
      if (!call.isStillAllowed()) {
        ended = true;
        call.exchange().reset(Http2Error.CANCEL);
        return;
      }
      // A client that has not taken the last one gets no further one.
      if (writer.queuedByteSize() == 0) {
        SegmentedBytes event =
            SegmentedBytes.copyOfUtf8("event: topics\ndata: " + json(call.grant()) + "\n\n");
        call.sent(event.byteSize());
        pace.began();
        var _ = writer.write(event).whenComplete((_, _) -> pace.ended());
      } else if (pace.isTooSlow(writer.queuedByteSize())) {
        ended = true;
        call.giveUp();
      }
    }

    synchronized void end() {
      if (!ended) {
        ended = true;
        var _ = writer.end();
      }
    }
  }

  /** Ends the streams. */
  @Override
  public void close() {
    closed = true;
    viewers.forEach(Viewer::end);
  }

  /** The same text for all who ask within half a period, if they may see all. */
  private String json(Grant grant) {
    if (!grant.equals(Grant.all())) {
      return make(grant);
    }
    synchronized (this) {
      long now = System.nanoTime();
      if (text.isEmpty() || now - madeNanos > PERIOD.toNanos() / 2) {
        text = make(grant);
        madeNanos = System.nanoTime();
      }
      return text;
    }
  }

  private String make(Grant grant) {
    Json json =
        new Json()
            .beginObject()
            .field("time", Instant.now().toString())
            .field("forgotten", topics.forgottenCount())
            .name("topics")
            .beginArray();
    for (Topic topic : topics.all()) {
      if (grant.allowsRead(topic.keyExpr())) {
        write(json, topic, grant);
      }
    }
    return json.endArray().endObject().toString();
  }

  private void write(Json json, Topic topic, Grant grant) {
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
    if (last.attachment() != null) {
      json.field("attachment", last.attachment());
    }
    json.field(
        "writable",
        Grant.includes(writable, topic.keyExpr()) && grant.allowsWrite(topic.keyExpr()));
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
