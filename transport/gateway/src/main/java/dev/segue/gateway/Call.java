package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Request;
import java.util.StringJoiner;
import java.util.concurrent.CompletionStage;

/**
 * One request on its way through the gateway, and the answers that all routes give alike.
 *
 * <p>Owner: the exchange. Lifetime: that of the exchange. Threads: any.
 */
final class Call {

  private final Http2Exchange exchange;
  private final Target target;
  private final Metrics metrics;
  private final long startNanos = System.nanoTime();
  private volatile String route = "other";
  private volatile int status;

  Call(Http2Exchange exchange, Target target, Metrics metrics) {
    this.exchange = exchange;
    this.target = target;
    this.metrics = metrics;
  }

  Http2Exchange exchange() {
    return exchange;
  }

  Request request() {
    return exchange.request();
  }

  Target target() {
    return target;
  }

  String method() {
    return request().method();
  }

  boolean isHead() {
    return method().equals("HEAD");
  }

  String header(String name) {
    return request().headers().first(name).orElse("");
  }

  /** All values of a field that may come in pieces, as cookies do in HTTP/2. */
  String allOf(String name, String separator) {
    StringJoiner all = new StringJoiner(separator);
    request()
        .headers()
        .forEach(
            (each, value) -> {
              if (each.equals(name)) {
                all.add(value);
              }
            });
    return all.toString();
  }

  /** The name of the route, for the metrics. */
  String route() {
    return route;
  }

  void route(String name) {
    route = name;
  }

  /** What was answered; 0 before. */
  int status() {
    return status;
  }

  long startNanos() {
    return startNanos;
  }

  /** Begins a response whose body is written by and by. */
  BodyWriter respond(int code, Headers headers) {
    status = code;
    return exchange.respond(code, guarded(headers));
  }

  /** A whole response; completes when {@code bytes} are not lent any more. */
  CompletionStage<Void> respond(int code, Headers headers, SegmentedBytes bytes) {
    status = code;
    if (!isHead()) {
      sent(bytes.byteSize());
    }
    return exchange.respond(code, guarded(headers), bytes);
  }

  /** Counts bytes that were given to the response's writer. */
  void sent(long byteSize) {
    metrics.sent(route, byteSize);
  }

  void respond(int code) {
    var _ = respond(code, Headers.empty(), SegmentedBytes.empty());
  }

  void respondJson(int code, String json) {
    var _ =
        respond(
            code,
            Headers.of("content-type", "application/json", "cache-control", "no-store"),
            SegmentedBytes.copyOfUtf8(json));
  }

  void respondText(int code, Headers headers, String text) {
    Headers all =
        headers.with("content-type", "text/plain; charset=utf-8").with("cache-control", "no-store");
    var _ = respond(code, all, SegmentedBytes.copyOfUtf8(text + "\n"));
  }

  void refuse(HttpException refusal) {
    respondText(refusal.status(), refusal.headers(), refusal.getMessage());
  }

  /**
   * What others put into topics and objects must not run as a part of this site: it is neither
   * guessed to be a script, nor rendered with the rights of this origin, nor embedded by another.
   */
  private static Headers guarded(Headers headers) {
    Headers all =
        headers
            .with("x-content-type-options", "nosniff")
            .with("cross-origin-resource-policy", "same-origin")
            .with("referrer-policy", "no-referrer");
    return headers.first("content-security-policy").isPresent()
        ? all
        : all.with(
            "content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'");
  }
}
