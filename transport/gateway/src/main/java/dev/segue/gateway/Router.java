package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Exchange;
import dev.segue.http2.Handler;
import dev.segue.http2.Headers;
import java.util.Map;
import java.util.Optional;

/** Gives each request to the route of its path. */
final class Router implements Handler {
  private final Guard guard;
  private final TopicRoutes topics;
  private final Listing listing;
  private final Pages pages;

  Router(Guard guard, TopicRoutes topics, Listing listing, Pages pages) {
    this.guard = guard;
    this.topics = topics;
    this.listing = listing;
    this.pages = pages;
  }

  @Override
  public void handle(Exchange exchange) {
    Target target;
    try {
      target = Target.parse(exchange.request().path());
    } catch (HttpException e) {
      new Call(exchange, new Target("/", Map.of())).refuse(e);
      return;
    }
    Call call = new Call(exchange, target);
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
    } else if (path.equals("/healthz")) {
      call.route("healthz");
      onlyRead(call);
      call.respondText(200, Headers.empty(), "ok");
    } else {
      call.route("page");
      onlyRead(call);
      pages.handle(call);
    }
  }

  private static void onlyRead(Call call) throws HttpException {
    if (!call.method().equals("GET") && !call.isHead()) {
      throw new HttpException(
          405, call.method() + ": only to be read", Headers.of("allow", "GET, HEAD"));
    }
  }
}
