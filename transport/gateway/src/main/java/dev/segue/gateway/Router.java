package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Http2Handler;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Gives each request to the route of its path. */
final class Router implements Http2Handler {
  /** The answer to what a browser asks before a request of an allowed origin. */
  private static final Headers PREFLIGHT =
      Headers.of(
          "access-control-allow-methods",
          "GET, HEAD, PUT, DELETE, POST",
          "access-control-allow-headers",
          "authorization, content-type, zenoh-encoding, range, if-range, if-match, if-none-match,"
              + " if-modified-since, if-unmodified-since, last-event-id",
          "access-control-max-age",
          "600");

  /** Lists and figures that are on their way to clients. */
  private static final long ANSWERS_BYTE_SIZE = 64L << 20;

  /** The most that a list says of a topic, besides its key, encoding, and attachment. */
  private static final long TOPIC_BYTE_SIZE = 1024;

  private final Guard guard;
  private final LiveRoutes live;
  private final TopicRoutes topics;
  private final Listing listing;
  private final ObjectRoutes objects;
  private final Metrics metrics;
  private final BooleanSupplier broken;
  private final Pages pages;
  private final Timers timers;
  private final Executor blocking;
  private final ClientSlots answers;

  /**
   * Makes a router.
   *
   * @param maxTopicCount how many topics a list may have
   */
  Router(
      Guard guard,
      LiveRoutes live,
      TopicRoutes topics,
      Listing listing,
      ObjectRoutes objects,
      Metrics metrics,
      BooleanSupplier broken,
      Pages pages,
      Timers timers,
      Executor blocking,
      int maxTopicCount) {
    long byteSize = answersByteSize(maxTopicCount);
    this.answers = new ClientSlots("answersByteSize", byteSize, byteSize / 2, 1);
    this.guard = guard;
    this.live = live;
    this.topics = topics;
    this.listing = listing;
    this.objects = objects;
    this.metrics = metrics;
    this.broken = broken;
    this.pages = pages;
    this.timers = timers;
    this.blocking = blocking;
    metrics.gauge(
        "segue_answer_bytes",
        "Bytes of lists, figures, and replies as JSON that are on their way.",
        answers::takenCount);
  }

  /** One address may have half of it, where a list of all topics must have room. */
  static long answersByteSize(int maxTopicCount) {
    return Math.max(
        ANSWERS_BYTE_SIZE, 2 * (Topics.MAX_TEXT_BYTE_SIZE + TOPIC_BYTE_SIZE * maxTopicCount));
  }

  @Override
  public void handle(Http2Exchange exchange) {
    Target target = new Target("/", Map.of());
    @Nullable HttpException malformed = null;
    try {
      target = Target.parse(exchange.request().path());
    } catch (HttpException e) {
      malformed = e;
    }
    GatewayExchange call = new GatewayExchange(exchange, target, metrics, answers, timers);
    call.whenOver(() -> metrics.ended(call));
    try {
      if (malformed != null) {
        throw malformed;
      }
      route(call);
    } catch (HttpException e) {
      call.refuse(e);
    } catch (Throwable e) {
      call.fail("request of " + call.target().path(), e);
    }
  }

  private void route(GatewayExchange call) throws HttpException {
    String origin = call.header("origin");
    if (guard.isAllowedOrigin(origin)) {
      call.allowOrigin(origin);
      if (call.method().equals("OPTIONS")) {
        call.respond(204, PREFLIGHT, SegmentedBytes.empty());
        return;
      }
    }
    guard.check(call);
    if (call.exchange().isWebSocket()) {
      call.route("websocket-stream");
      live.handle(call);
      return;
    }
    Optional<Headers> login = guard.login(call);
    if (login.isPresent()) {
      call.respond(303, login.get(), SegmentedBytes.empty());
      return;
    }
    String path = call.target().path();
    if (path.startsWith("/topics/") && path.length() > "/topics/".length()) {
      call.route("topic");
      topics.handle(call);
    } else if (path.equals("/topics")) {
      call.route("topics");
      onlyRead(call);
      listing.handle(call);
    } else if (path.equals("/objects") || path.startsWith("/objects/")) {
      call.route("object");
      objects.handle(call);
    } else if (path.equals("/session")) {
      call.route("session");
      openSession(call);
    } else if (path.equals("/metrics")) {
      call.route("metrics");
      onlyRead(call);
      // What it asks, such as subscribers, may wait for those who use it.
      blocking.execute(() -> call.answer("metrics", () -> metrics.handle(call)));
    } else if (path.equals("/healthz")) {
      call.route("healthz");
      onlyRead(call);
      if (broken.getAsBoolean()) {
        throw new HttpException(503, "the Zenoh session is closed");
      }
      call.respondText(200, Headers.empty(), "ok");
    } else {
      call.route("page");
      onlyRead(call);
      pages.handle(call);
    }
  }

  /** The page shows the token once, in a header, and the browser a cookie from then on. */
  private void openSession(GatewayExchange call) throws HttpException {
    Headers answer =
        switch (call.method()) {
          case "POST" -> guard.session(call);
          case "DELETE" -> guard.noSession(call);
          default ->
              throw new HttpException(
                  405,
                  call.method() + ": use POST, or DELETE to log out",
                  Headers.of("allow", "POST, DELETE"));
        };
    call.respond(204, answer, SegmentedBytes.empty());
  }

  static void onlyRead(GatewayExchange call) throws HttpException {
    if (!call.method().equals("GET") && !call.isHead()) {
      throw new HttpException(
          405, call.method() + ": it can only be read", Headers.of("allow", "GET, HEAD"));
    }
  }
}
