package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.BodyWriter;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.http2.Http2Exchange;
import dev.segue.http2.Request;
import dev.segue.http2.WebSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the gateway, and the answers that all routes give alike.
 *
 * <p>Owner: the exchange. Lifetime: that of the exchange. Threads: any.
 */
final class GatewayExchange {
  private static final int SWITCHING_PROTOCOLS = 101;
  private static final List<String> CROSS_ORIGIN =
      List.of(
          "access-control-allow-origin",
          "vary",
          "access-control-expose-headers",
          "cross-origin-resource-policy");

  private final Http2Exchange exchange;
  private final Target target;
  private final Metrics metrics;
  private final ClientSlots answers;
  private final Timers timers;
  private final long startNanos = System.nanoTime();
  private volatile String route = "other";
  private volatile int status;
  private volatile boolean over;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile Grant grant = Grant.all();
  private volatile BooleanSupplier allowed = () -> true;
  private volatile Headers crossOrigin = Headers.empty();

  /**
   * Wraps an exchange.
   *
   * @param answers the bytes of answers that are made for one request alone
   * @param timers end those that their clients take too slowly
   */
  GatewayExchange(
      Http2Exchange exchange, Target target, Metrics metrics, ClientSlots answers, Timers timers) {
    this.answers = answers;
    this.timers = timers;
    this.exchange = exchange;
    this.target = target;
    this.metrics = metrics;
    var _ =
        exchange
            .closed()
            .whenComplete(
                (_, _) -> {
                  over = true;
                  ended.complete(null);
                });
  }

  Http2Exchange exchange() {
    return exchange;
  }

  /** Returns whether the exchange has ended, so that nothing needs to be made for it any more. */
  boolean isOver() {
    return over;
  }

  /** Whom limits count the client as. */
  InetAddress client() {
    return exchange.clientNetwork();
  }

  /** Ends an exchange whose client takes too long. */
  void giveUp() {
    metrics.gaveUp(route);
    exchange.reset(Http2Error.CANCEL);
  }

  /**
   * Answers what failed: with 503 if nothing was answered yet, else by ending the stream.
   *
   * @param what what was attempted
   */
  void fail(String what, Throwable cause) {
    if (cause instanceof CancellationException) {
      exchange.reset(Http2Error.CANCEL);
      return;
    }
    System.getLogger("dev.segue.gateway").log(System.Logger.Level.WARNING, what, cause);
    if (status == 0) {
      try {
        refuse(new HttpException(503, "the gateway failed; its log says why"));
        return;
      } catch (IllegalStateException e) {
        // Answered by another thread just now.
      }
    }
    exchange.reset(Http2Error.INTERNAL_ERROR);
  }

  /** The code that answers a request. */
  interface Work {
    void run() throws HttpException;
  }

  /**
   * Runs what answers it, on a thread of its own, unless the client has gone; answers what fails.
   *
   * @param what what was attempted
   */
  void answer(String what, Work work) {
    try {
      if (!isOver()) {
        work.run();
      }
    } catch (HttpException e) {
      refuse(e);
    } catch (Throwable e) {
      fail(what, e);
    }
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

  /** Under which path the gateway is mounted; empty for the root. */
  String prefix() {
    return exchange.mountPath();
  }

  /** Returns what its client may do. */
  Grant grant() {
    return grant;
  }

  /**
   * Says what its client may do.
   *
   * @param valid whether it may still do so, for what goes on for long
   */
  void grant(Grant value, BooleanSupplier valid) {
    grant = value;
    allowed = valid;
  }

  /** Returns whether the token that was shown is valid as it was then. */
  boolean isStillAllowed() {
    return allowed.getAsBoolean();
  }

  /**
   * Checks that the token is valid still, for what has waited or goes on.
   *
   * @throws HttpException 401 if it has ended meanwhile
   */
  void checkStillAllowed() throws HttpException {
    if (!isStillAllowed()) {
      throw new HttpException(401, "the token has ended");
    }
  }

  /** Returns whether a browser says that another site made it ask, whose origin was not allowed. */
  boolean isOfOtherSite() {
    String site = header("sec-fetch-site");
    return (site.equals("cross-site") || site.equals("same-site"))
        && crossOrigin.first("vary").isEmpty();
  }

  /** Lets a page of that origin read the answer. */
  void allowOrigin(String origin) {
    crossOrigin =
        Headers.of(
            "access-control-allow-origin",
            origin,
            "vary",
            "origin",
            "access-control-expose-headers",
            "etag, last-modified, content-range, retry-after, zenoh-attachment, zenoh-encoding,"
                + " zenoh-timestamp, segue-outcome, segue-query",
            "cross-origin-resource-policy",
            "cross-origin");
  }

  /** Closes something when the exchange has ended. */
  void holds(ClientSlots.Taken taken) {
    whenOver(taken::close);
  }

  /** Runs something when the exchange has ended; {@link #isOver()} holds by then. */
  void whenOver(Runnable action) {
    var _ = ended.whenComplete((_, _) -> action.run());
  }

  /** The name of the route, for the metrics. */
  String route() {
    return route;
  }

  void route(String name) {
    route = name;
  }

  /** Returns what was answered; 0 before. */
  int status() {
    return status;
  }

  long startNanos() {
    return startNanos;
  }

  /** Begins a WebSocket instead of a response. */
  WebSocket acceptWebSocket(String protocol, int maxMessageByteSize, WebSocket.Listener listener) {
    status = SWITCHING_PROTOCOLS;
    return exchange.acceptWebSocket(protocol, maxMessageByteSize, listener);
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

  /**
   * A whole response of what counts as long as the client takes for it, which may be as long as
   * {@link ReadingPace} allows.
   *
   * @param ended runs once, when {@code bytes} are not lent any more, or nothing was sent
   */
  void respondLent(Headers headers, SegmentedBytes bytes, Runnable ended) {
    boolean begun = false;
    try {
      var sent = respond(200, headers, bytes);
      Timers.Task deadline =
          timers.after(ReadingPace.allowance(bytes.byteSize()), this::nanoTime, this::giveUp);
      begun = true;
      var _ =
          sent.whenComplete(
              (_, _) -> {
                deadline.cancel();
                ended.run();
              });
    } finally {
      if (!begun) {
        ended.run();
      }
    }
  }

  /** Now, by the client's time: {@link Http2Exchange#nanoTime()}. */
  long nanoTime() {
    return exchange.nanoTime();
  }

  /** Waits for something that the client does, until it has had so much of its time. */
  <T> T await(CompletableFuture<T> stage, long nanos)
      throws InterruptedException, ExecutionException, TimeoutException {
    long until = nanoTime() + nanos;
    long left = nanos;
    while (true) {
      try {
        return stage.get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        left = until - nanoTime();
        if (left <= 0) {
          throw e;
        }
        left = Timers.restNanos(left);
      }
    }
  }

  /** Counts bytes that were given to the response's writer. */
  void sent(long byteSize) {
    metrics.sent(route, byteSize);
  }

  void respond(int code) {
    respond(code, Headers.empty(), SegmentedBytes.empty());
  }

  /**
   * Answers with a text that is made for this request alone.
   *
   * @throws HttpException 503 if such texts take too much memory already
   */
  void respondMade(String contentType, String text) throws HttpException {
    ClientSlots.Taken room = roomFor(TextSize.ofUtf8(text));
    boolean begun = false;
    try {
      SegmentedBytes bytes = SegmentedBytes.copyOfUtf8(text);
      begun = true;
      respondLent(
          Headers.of("content-type", contentType, "cache-control", "no-store"), bytes, room::close);
    } finally {
      if (!begun) {
        room.close();
      }
    }
  }

  /**
   * Takes room for what is made for this request alone.
   *
   * @throws HttpException 503 if there is none
   */
  ClientSlots.Taken roomFor(long byteSize) throws HttpException {
    return answers.take(client(), byteSize);
  }

  /** {@link #roomFor} where to get none is usual; null if there is none. */
  ClientSlots.@Nullable Taken tryRoomFor(long byteSize) {
    return answers.tryTake(client(), byteSize);
  }

  void respondText(int code, Headers headers, String text) {
    Headers all =
        headers.with("content-type", "text/plain; charset=utf-8").with("cache-control", "no-store");
    respond(code, all, SegmentedBytes.copyOfUtf8(text + "\n"));
  }

  void refuse(HttpException refusal) {
    respondText(refusal.status(), refusal.headers(), refusal.getMessage());
  }

  /**
   * Returns what others put into topics and objects must not run as a part of this site: it is
   * neither guessed to be a script, nor rendered with the rights of this origin, nor embedded by
   * another.
   */
  private Headers guarded(Headers headers) {
    Headers all =
        headers.with("x-content-type-options", "nosniff").with("referrer-policy", "no-referrer");
    if (crossOrigin.first("vary").isEmpty()) {
      all = all.with("cross-origin-resource-policy", "same-origin");
    } else {
      for (String name : CROSS_ORIGIN) {
        all = all.with(name, crossOrigin.first(name).orElse(""));
      }
    }
    return headers.first("content-security-policy").isPresent()
        ? all
        : all.with(
            "content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'");
  }
}
