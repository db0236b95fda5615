package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.zenoh.KeyExpr;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@code /topics}: all topics and their figures, once or each second as Server-Sent Events. */
final class Listing implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final int MAX_MADE_COUNT = 8;

  private final Topics topics;
  private final MessageTypes types;
  private final List<KeyExpr> writable;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final LoanPool memory;
  private final Set<Viewer> viewers = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private final LinkedHashMap<Grant, Made> made = new LinkedHashMap<>(16, 0.75f, true);

  private record Made(String text, long nanos) {
    private boolean isOld() {
      return System.nanoTime() - nanos > PERIOD.toNanos() / 2;
    }
  }

  Listing(
      Topics topics,
      MessageTypes types,
      List<KeyExpr> writable,
      ClientSlots slots,
      Timers timers,
      Executor blocking,
      LoanPool memory) {
    this.topics = topics;
    this.types = types;
    this.writable = writable;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.memory = memory;
  }

  void handle(GatewayExchange call) throws HttpException {
    if (!call.target().has("stream")) {
      run(call, () -> call.respondMade("application/json", json(call.grant())));
      return;
    }
    call.route("topics-stream");
    Headers headers =
        Headers.of("content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store");
    if (call.isHead()) {
      call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    call.holds(slots.take(call.client(), 1));
    BodyWriter writer = call.respond(200, headers);
    Viewer viewer = new Viewer(call, writer);
    viewers.add(viewer);
    run(call, viewer::write);
    Timers.Task task = timers.every(PERIOD, blocking, () -> answer(call, viewer::write));
    call.whenOver(
        () -> {
          task.cancel();
          viewers.remove(viewer);
        });
    if (closed) {
      viewer.end();
    }
  }

  /** To look at all topics takes a while. */
  private void run(GatewayExchange call, GatewayExchange.Work work) {
    blocking.execute(() -> answer(call, work));
  }

  private static void answer(GatewayExchange call, GatewayExchange.Work work) {
    call.answer("list of topics", work);
  }

  private final class Viewer {
    private final GatewayExchange call;
    private final BodyWriter writer;
    private final ReadingPace pace;
    private boolean ended;

    Viewer(GatewayExchange call, BodyWriter writer) {
      this.call = call;
      this.writer = writer;
      this.pace = new ReadingPace(call::nanoTime);
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
        String text = "event: topics\ndata: " + json(call.grant()) + "\n\n";
        ClientSlots.Taken room = call.tryRoomFor(TextSize.ofUtf8(text));
        if (room != null) { // Else as for a client that has not taken it: there is the next one.
          send(text, room);
        }
      } else if (pace.isTooSlow(writer.queuedByteSize())) {
        ended = true;
        call.giveUp();
      }
    }

    private void send(String text, ClientSlots.Taken room) {
      boolean begun = false;
      try {
        SegmentedBytes event = SegmentedBytes.copyOfUtf8(text);
        call.sent(event.byteSize());
        pace.began();
        var sent = writer.write(event);
        begun = true;
        var _ =
            sent.whenComplete(
                (_, _) -> {
                  pace.ended();
                  room.close();
                });
      } finally {
        if (!begun) {
          room.close();
        }
      }
    }

    synchronized void end() {
      if (!ended) {
        ended = true;
        writer.end();
      }
    }
  }

  /** Ends the streams. */
  @Override
  public void close() {
    closed = true;
    viewers.forEach(Viewer::end);
  }

  /**
   * The same text for all who ask within half a period and may see the same, and one text made at a
   * time: with many topics each costs as much as thousands of other requests.
   */
  private String json(Grant grant) {
    synchronized (made) {
      made.values().removeIf(Made::isOld); // They may be long.
      Made known = made.get(grant);
      if (known == null) {
        known = new Made(make(grant), System.nanoTime());
        made.put(grant, known);
        if (made.size() > MAX_MADE_COUNT) {
          made.remove(made.firstEntry().getKey());
        }
      }
      return known.text();
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
    Predicate<KeyExpr> readable = Grant.includedIn(grant.readable());
    Predicate<KeyExpr> writableHere =
        Grant.includedIn(writable).and(Grant.includedIn(grant.writable()));
    for (Topic topic : topics.all()) {
      if (readable.test(topic.keyExpr())) {
        write(json, topic, writableHere);
      }
    }
    return json.endArray().endObject().toString();
  }

  private void write(Json json, Topic topic, Predicate<KeyExpr> writableHere) {
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
        .field("view", nameOf(view, topic, last))
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
    json.field("writable", writableHere.test(topic.keyExpr()));
    view.camera().ifPresent(shape -> write(json, shape));
    write(json, figures.latencies());
    json.endObject();
  }

  /** Bytes whose schema is known are a message. */
  private String nameOf(Topic.View view, Topic topic, Metadata last) {
    boolean isMessage =
        view.name().equals("bytes") && types.known(topic.keyExpr(), last.encoding()).isPresent();
    return isMessage ? "message" : view.name();
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
