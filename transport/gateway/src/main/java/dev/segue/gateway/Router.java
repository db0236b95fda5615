package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Http2Handler;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Gives each request to the route of its path. */
final class Router implements Http2Handler {
  private final Guard guard;
  private final TopicRoutes topics;
  private final Listing listing;
  private final ObjectRoutes objects;
  private final Metrics metrics;
  private final BooleanSupplier broken;
  private final Pages pages;

  Router(
      Guard guard,
      TopicRoutes topics,
      Listing listing,
      ObjectRoutes objects,
      Metrics metrics,
      BooleanSupplier broken,
      Pages pages) {
    this.guard = guard;
    this.topics = topics;
    this.listing = listing;
    this.objects = objects;
    this.metrics = metrics;
    this.broken = broken;
    this.pages = pages;
  }

  @Override
  public void handle(Http2Exchange exchange) {
    Target target;
    try {
      target = Target.parse(exchange.request().path());
    } catch (HttpException e) {
      new Call(exchange, new Target("/", Map.of()), metrics).refuse(e);
      return;
    }
    Call call = new Call(exchange, target, metrics);
    var _ = exchange.closed().whenComplete((_, _) -> metrics.ended(call));
    try {
      route(call);
    } catch (HttpException e) {
      call.refuse(e);
    }
  }

  private void route(Call call) throws HttpException {
    Optional<Headers> login = guard.login(call);
    if (login.isPresent()) {
      var _ = call.respond(303, login.get(), SegmentedBytes.empty());
      return;
    }
    guard.check(call);
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
      metrics.handle(call);
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
  private void openSession(Call call) throws HttpException {
    if (!call.method().equals("POST")) {
      throw new HttpException(
          405, call.method() + ": only to be posted", Headers.of("allow", "POST"));
    }
    var _ = call.respond(204, guard.session(), SegmentedBytes.empty());
  }

  static void onlyRead(Call call) throws HttpException {
    if (!call.method().equals("GET") && !call.isHead()) {
      throw new HttpException(
          405, call.method() + ": only to be read", Headers.of("allow", "GET, HEAD"));
    }
  }
}
