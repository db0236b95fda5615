package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Parameters;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.QueryTarget;
import dev.segue.zenoh.Selector;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

/** {@code /topics/KEY}: the newest value, a stream, a put, a delete. */
final class TopicRoutes {
  private static final String PREFIX = "/topics/";

  private final Topics topics;
  private final MessageTypes types;
  private final TopicAccess access;
  private final GatewayOptions options;
  private final ClientSlots slots;
  private final Timers timers;
  private final Executor blocking;
  private final Publishing publishing;
  private final ClientSlots bodies;
  private final PictureMaker maker;
  private final LoanPool texts;
  private final Asking asking;

  TopicRoutes(
      Topics topics,
      MessageTypes types,
      TopicAccess access,
      GatewayOptions options,
      ClientSlots slots,
      ClientSlots bodies,
      Timers timers,
      Executor blocking,
      Publishing publishing,
      PictureMaker maker,
      LoanPool texts,
      Asking asking) {
    this.topics = topics;
    this.types = types;
    this.access = access;
    this.options = options;
    this.slots = slots;
    this.timers = timers;
    this.blocking = blocking;
    this.publishing = publishing;
    this.maker = maker;
    this.texts = texts;
    this.bodies = bodies;
    this.asking = asking;
  }

  void handle(GatewayExchange call) throws HttpException {
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
    return TopicAccess.parse(Target.decode(path.substring(PREFIX.length())));
  }

  private void read(GatewayExchange call, KeyExpr key) throws HttpException {
    access.checkReadable(call, key);
    if (call.target().has("stream")) {
      call.route("topic-stream");
      stream(call, key);
      return;
    }
    if (call.target().has("query")) {
      query(call, key);
      return;
    }
    if (key.isWild()) {
      throw HttpException.badRequest(
          key + ": one key, or a stream of several with ?stream, or ?query");
    }
    if (MessageAnswer.isAskedFor(call.target())) {
      if (call.target().has("timeout")) {
        throw HttpException.badRequest("as=json: the newest message, without a timeout");
      }
      MessageAnswer.answer(call, key, topics, types, maker, blocking);
      return;
    }
    Duration timeout = Durations.query(call.target(), "timeout", Duration.ZERO, options.maxWait);
    PictureRequest picture = PictureRequest.of(call.target());
    if (!timeout.isZero()) {
      call.holds(slots.take(call.client(), 1));
    }
    SampleResponse response = new SampleResponse(call, key, picture, maker);
    Runnable otherwise =
        timeout.isZero() && access.isAskable(call, key)
            ? () -> askForUnseen(response)
            : () -> call.respondText(404, Headers.empty(), key + ": no value seen");
    NewestAnswer.answer(response, topics, timers, timeout, otherwise);
  }

  private void askForUnseen(SampleResponse response) {
    GatewayExchange call = response.call();
    try {
      asking.ask(
          call,
          Selector.of(response.key()),
          QueryTarget.BEST_MATCHING,
          Asking.USUAL_TIMEOUT,
          new OneReply(call, response.key(), asking, response));
    } catch (HttpException e) {
      call.refuse(e);
    }
  }

  private void query(GatewayExchange call, KeyExpr key) throws HttpException {
    access.checkAskable(call, key);
    Target target = call.target();
    Duration timeout = Durations.query(target, "timeout", Asking.USUAL_TIMEOUT, options.maxWait);
    boolean several = key.isWild() || target.has("replies");
    PictureRequest picture = PictureRequest.of(target);
    if (MessageAnswer.isAskedFor(target) || (several && picture != null)) {
      throw HttpException.badRequest("as=: a picture of the one reply to ?query of one key");
    }
    QueryAnswer answer =
        several
            ? new ManyReplies(call, key, asking, texts, options.maxBacklogByteSize)
            : new OneReply(call, key, asking, new SampleResponse(call, key, picture, maker));
    asking.ask(
        call,
        new Selector(key, Parameters.of(target.query("query", ""))),
        targetOf(target),
        timeout,
        answer);
  }

  private static QueryTarget targetOf(Target target) throws HttpException {
    String name = target.query("target", "best-matching");
    return switch (name) {
      case "best-matching" -> QueryTarget.BEST_MATCHING;
      case "all" -> QueryTarget.ALL;
      case "all-complete" -> QueryTarget.ALL_COMPLETE;
      default ->
          throw HttpException.badRequest("target=" + name + ": best-matching, all or all-complete");
    };
  }

  private void stream(GatewayExchange call, KeyExpr key) throws HttpException {
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
      call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    call.holds(slots.take(call.client(), 1));
    BodyWriter writer = call.respond(200, headers);
    StreamPump pump =
        new StreamPump(
            call,
            topics,
            key,
            SampleSink.of(writer),
            format,
            maker.threads(call.client()),
            backlog,
            options.maxBacklogByteSize,
            topics::recordDropped);
    if (!format.beginning().isEmpty()) {
      writer.write(format.beginning());
    }
    Timers.Task heart = timers.every(options.beat(call.exchange().idle()), pump::heartbeat);
    topics.add(key, pump);
    call.whenOver(
        () -> {
          heart.cancel();
          topics.remove(pump);
          pump.close();
        });
    // What is known already comes first, if nothing newer did. To look for it takes a while.
    long known = kind == StreamKind.SSE ? EventsFormat.knownTo(call) : 0;
    if (key.isWild()) {
      blocking.execute(() -> begin(call, pump, key, known));
    } else {
      pump.begin(topics.matching(key), known);
    }
  }

  private void begin(GatewayExchange call, StreamPump pump, KeyExpr key, long known) {
    if (!call.isOver()) { // A client that comes and goes costs no more than that.
      pump.begin(topics.matching(key), known);
    }
  }

  private void put(GatewayExchange call, KeyExpr key) throws HttpException {
    access.checkWritable(call, key);
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

  private void publish(GatewayExchange call, BodyReceiver.Body body, Runnable work) {
    try {
      publishing.execute(work);
    } catch (HttpException e) {
      body.close();
      call.refuse(e);
    }
  }

  private void publish(
      GatewayExchange call, KeyExpr key, BodyReceiver.Body body, Encoding encoding, Qos qos) {
    try (body) {
      if (!call.isOver()) {
        call.checkStillAllowed(); // The body may have taken long.
        String outcome = publishing.putForOutcome(key, body.bytes(), encoding, qos);
        call.respond(204, Headers.of("segue-outcome", outcome), SegmentedBytes.empty());
      }
    } catch (HttpException e) {
      call.refuse(e);
    } catch (ZenohException | IllegalStateException e) {
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      call.respondText(400, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      call.fail("put of " + key, e);
    }
  }

  private void delete(GatewayExchange call, KeyExpr key) throws HttpException {
    access.checkWritable(call, key);
    Qos qos = qosOf(call.target());
    publishing.execute(() -> delete(call, key, qos));
  }

  private void delete(GatewayExchange call, KeyExpr key, Qos qos) {
    try {
      publishing.delete(key, qos);
      call.respond(204);
    } catch (ZenohException | IllegalStateException e) {
      call.respondText(503, Headers.empty(), String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      call.fail("delete of " + key, e);
    }
  }

  private static Qos qosOf(Target target) throws HttpException {
    for (String name : List.of("congestion", "priority")) {
      if (target.has(name) && target.query(name, "").isEmpty()) {
        throw HttpException.badRequest(name + "=: unknown");
      }
    }
    return Publishing.qosOf(name -> target.query(name, ""), target.flag("express"));
  }
}
