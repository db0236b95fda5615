package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.WholeBody;
import dev.segue.zenoh.CongestionControl;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Priority;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;

/** {@code /topics/KEY}: the newest value, a stream, a put, a delete. */
final class TopicRoutes {
  private static final String PREFIX = "/topics/";

  private final Session session;
  private final Topics topics;
  private final GatewayOptions options;
  private final StreamSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final BodyBudget bodies;
  private final LoanPool memory;
  private final LoanPool texts;

  TopicRoutes(
      Session session,
      Topics topics,
      GatewayOptions options,
      StreamSlots slots,
      Timers timers,
      Executor blocking,
      LoanPool memory,
      LoanPool texts) {
    this.session = session;
    this.topics = topics;
    this.options = options;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.memory = memory;
    this.texts = texts;
    this.bodies = new BodyBudget(options.bodiesByteSize);
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
    if (!Access.allows(options.readable, key)) {
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
    Pictures pictures = Pictures.of(call.target(), memory);
    if (!timeout.isZero()) {
      slots.take(call);
    }
    Latest.answer(call, key, topics, timers, timeout, pictures, blocking);
  }

  private void stream(Call call, KeyExpr key) throws HttpException {
    StreamKind kind = StreamKind.of(call, key);
    int backlog = call.target().query("backlog", kind.backlogCount(), 1, options.maxBacklogCount);
    StreamFormat format = kind.format(call.target(), Pictures.of(call.target(), memory), texts);
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
    slots.take(call);
    BodyWriter writer = call.respond(200, headers);
    StreamPump pump =
        new StreamPump(
            call,
            writer,
            format,
            blocking,
            backlog,
            options.maxBacklogByteSize,
            dropped -> topics.recordDropped(dropped.key()));
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
    // What is known already comes first, if nothing newer did.
    if (!key.isWild()) {
      topics.acquireLatest(key).ifPresent(pump::begin);
    }
  }

  private void put(Call call, KeyExpr key) throws HttpException {
    checkWritable(key);
    String own = call.header("zenoh-encoding");
    Encoding encoding =
        own.isEmpty()
            ? MediaTypes.encodingOf(call.header("content-type"))
            : MediaTypes.encodingOf(own);
    Qos qos = qosOf(call.target());
    BodyBudget.Share share = bodies.take(call, options.maxPutByteSize);
    var _ =
        call.exchange()
            .body()
            .readAll(options.maxPutByteSize)
            .whenCompleteAsync(
                (body, fault) -> {
                  try (share) {
                    if (body != null) {
                      publish(call, key, body, encoding, qos);
                    } else {
                      BodyBudget.answer(call, fault, options.maxPutByteSize);
                    }
                  }
                },
                blocking);
  }

  private void publish(Call call, KeyExpr key, WholeBody body, Encoding encoding, Qos qos) {
    try (body) {
      session.put(key, body.bytes(), qos, PutOptions.none().encoding(encoding));
      call.respond(204);
    } catch (ZenohException | IllegalStateException e) {
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      call.respondText(400, Headers.empty(), String.valueOf(e.getMessage()));
    }
  }

  private void delete(Call call, KeyExpr key) throws HttpException {
    checkWritable(key);
    Qos qos = qosOf(call.target());
    blocking.execute(
        () -> {
          try {
            session.delete(key, qos, PutOptions.none());
            call.respond(204);
          } catch (ZenohException | IllegalStateException e) {
            call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
          }
        });
  }

  private void checkWritable(KeyExpr key) throws HttpException {
    if (!Access.allows(options.writable, key)) {
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
