package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Locality;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.Publisher;
import dev.segue.zenoh.PublisherOptions;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** {@code /topics/KEY}: the newest value, a stream, a put, a delete. */
final class TopicRoutes {
  private static final String PREFIX = "/topics/";

  /** The gateway itself subscribes to all that may be read, so only others count. */
  private static final PublisherOptions OTHERS =
      PublisherOptions.defaults().qos(Qos.defaults().destination(Locality.REMOTE));

  private final Session session;
  private final Topics topics;
  private final GatewayOptions options;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final Executor publishing;
  private final ClientSlots bodies;
  private final PictureMaker maker;
  private final LoanPool texts;

  TopicRoutes(
      Session session,
      Topics topics,
      GatewayOptions options,
      ClientSlots slots,
      ClientSlots bodies,
      Timers timers,
      Executor blocking,
      Executor publishing,
      PictureMaker maker,
      LoanPool texts) {
    this.session = session;
    this.topics = topics;
    this.options = options;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.publishing = publishing;
    this.maker = maker;
    this.texts = texts;
    this.bodies = bodies;
  }

  void handle(Call call) throws HttpException {
    KeyExpr key = keyOf(call.target().path());
    switch (call.method()) {
      case "GET", "HEAD" -> read(call, key);
      case "PUT" -> put(call, key);
      case "DELETE" -> delete(call, key);
      default ->
          throw new HttpException(
              405,
              call.method() + ": not for a topic",
              Headers.of("allow", "GET, HEAD, PUT, DELETE"));
    }
  }

  private static KeyExpr keyOf(String path) throws HttpException {
    String key = Target.decode(path.substring(PREFIX.length()));
    try {
      return KeyExpr.of(key);
    } catch (IllegalArgumentException e) {
      throw HttpException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private void read(Call call, KeyExpr key) throws HttpException {
    if (!Grant.includes(options.readable, key) || !call.grant().allowsRead(key)) {
      throw new HttpException(403, key + ": not among what may be read (--allow-read)");
    }
    if (call.target().has("stream")) {
      call.route("topic-stream");
      stream(call, key);
      return;
    }
    if (key.isWild()) {
      throw HttpException.badRequest(key + ": one key, or a stream of several with ?stream");
    }
    Duration timeout = Durations.query(call.target(), "timeout", Duration.ZERO, options.maxWait);
    PictureRequest picture = PictureRequest.of(call.target());
    if (!timeout.isZero()) {
      call.holds(slots.take(call.client(), 1));
    }
    NewestAnswer.answer(call, key, topics, timers, timeout, picture, maker);
  }

  private void stream(Call call, KeyExpr key) throws HttpException {
    StreamKind kind = StreamKind.of(call, key);
    int backlog = call.target().query("backlog", kind.backlogCount(), 1, options.maxBacklogCount);
    StreamFormat format = kind.format(call, PictureRequest.of(call.target()), maker, texts);
    Headers headers =
        Headers.of(
            "content-type",
            format.contentType(),
            "cache-control",
            "no-store",
            "x-accel-buffering",
            "no");
    if (call.isHead()) {
      var _ = call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    call.holds(slots.take(call.client(), 1));
    BodyWriter writer = call.respond(200, headers);
    StreamPump pump =
        new StreamPump(
            call,
            SampleSink.of(writer),
            format,
            maker.threads(),
            backlog,
            options.maxBacklogByteSize,
            (topic, _) -> topics.recordDropped(topic));
    if (!format.beginning().isEmpty()) {
      var _ = writer.write(format.beginning());
    }
    Timers.Task heart = timers.every(options.heartbeat, pump::heartbeat);
    topics.add(key, pump);
    var _ =
        call.exchange()
            .closed()
            .whenComplete(
                (_, _) -> {
                  heart.cancel();
                  topics.remove(pump);
                  pump.close();
                });
    // What is known already comes first, if nothing newer did. To look for it takes a while.
    long known = kind == StreamKind.SSE ? EventsFormat.knownTo(call) : 0;
    if (key.isWild()) {
      blocking.execute(() -> pump.begin(topics.matching(key), known));
    } else {
      pump.begin(topics.matching(key), known);
    }
  }

  private void put(Call call, KeyExpr key) throws HttpException {
    checkWritable(call, key);
    String own = call.header("zenoh-encoding");
    Encoding encoding =
        own.isEmpty()
            ? MediaTypes.encodingOf(call.header("content-type"))
            : MediaTypes.encodingOfHeader(own);
    Qos qos = qosOf(call.target());
    BodyReceiver.receive(
        call,
        options.maxPutByteSize,
        bodies,
        timers,
        body -> publish(call, body, () -> publish(call, key, body, encoding, qos)));
  }

  /** The core may wait in its own code, which would stop a carrier of virtual threads. */
  private void publish(Call call, BodyReceiver.Body body, Runnable work) {
    try {
      publishing.execute(work);
    } catch (RejectedExecutionException e) {
      body.close();
      call.refuse(tooMany());
    }
  }

  private static HttpException tooMany() {
    return new HttpException(503, "too many puts are under way", Headers.of("retry-after", "1"));
  }

  private void publish(Call call, KeyExpr key, BodyReceiver.Body body, Encoding encoding, Qos qos) {
    try (body) {
      if (!call.isOver()) {
        PutOptions put = PutOptions.none().encoding(encoding);
        String outcome = put(key, body, qos, put);
        var _ = call.respond(204, Headers.of("segue-outcome", outcome), SegmentedBytes.empty());
      }
    } catch (ZenohException | IllegalStateException e) {
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      call.respondText(400, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      call.fail("put of " + key, e);
    }
  }

  /**
   * Puts, and says what the core knows of it: {@code matched} by a subscriber, {@code nobody}, or
   * {@code dropped} when messages of this session were dropped meanwhile.
   */
  private String put(KeyExpr key, BodyReceiver.Body body, Qos qos, PutOptions put)
      throws ZenohException {
    long before = session.droppedCount();
    boolean matched;
    try (Publisher publisher = session.declarePublisher(key, OTHERS)) {
      matched = publisher.hasMatchingSubscribers();
      session.put(key, body.bytes(), qos, put);
    }
    if (session.droppedCount() > before) {
      return "dropped";
    }
    return matched ? "matched" : "nobody";
  }

  private void delete(Call call, KeyExpr key) throws HttpException {
    checkWritable(call, key);
    Qos qos = qosOf(call.target());
    try {
      publishing.execute(() -> delete(call, key, qos));
    } catch (RejectedExecutionException e) {
      throw tooMany();
    }
  }

  private void delete(Call call, KeyExpr key, Qos qos) {
    try {
      session.delete(key, qos, PutOptions.none());
      call.respond(204);
    } catch (ZenohException | IllegalStateException e) {
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      call.fail("delete of " + key, e);
    }
  }

  private void checkWritable(Call call, KeyExpr key) throws HttpException {
    if (!Grant.includes(options.writable, key) || !call.grant().allowsWrite(key)) {
      throw new HttpException(403, key + ": not among what may be written (--allow-write)");
    }
    if (key.isWild()) {
      throw HttpException.badRequest(key + ": one key is needed to write");
    }
  }

  private static Qos qosOf(Target target) throws HttpException {
    Qos qos = Qos.defaults().express(target.flag("express"));
    Optional<CongestionControl> congestion =
        oneOf(CongestionControl.values(), "congestion", target);
    Optional<Priority> priority = oneOf(Priority.values(), "priority", target);
    if (congestion.isPresent()) {
      qos = qos.congestionControl(congestion.get());
    }
    return priority.isPresent() ? qos.priority(priority.get()) : qos;
  }

  private static <E extends Enum<E>> Optional<E> oneOf(E[] all, String name, Target target)
      throws HttpException {
    if (!target.has(name)) {
      return Optional.empty();
    }
    String text = target.query(name, "");
    for (E each : all) {
      if (each.name().replace('_', '-').toLowerCase(Locale.ROOT).equals(text)) {
        return Optional.of(each);
      }
    }
    throw HttpException.badRequest(name + "=" + text + ": unknown");
  }
}
